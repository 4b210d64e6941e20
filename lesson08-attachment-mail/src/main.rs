//! A program that sends a mail with an attachment (case 08).
//!
//! Run it: `cargo run -p practice-servers` in another terminal, then `cargo run -p lesson08-attachment-mail`.
//! New here: several parts in a multipart container: the text, and a file.
//! Diff it: with lesson 06, which sends the text alone.

use std::fs;

use lettre::message::header::{ContentTransferEncoding, ContentType, To};
use lettre::message::{Attachment, Body, Mailbox, Mailboxes, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Message, SmtpTransport, Transport};
use shared::{Config, OrCannot};

const CONTENT: &str = "Dear student,\n\nthis mail came to you over SMTP.\n\n老师\n";
const PICTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/picture.png");

fn main() -> shared::Result {
    let config = shared::load(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_DESCRIPTION"));
    let url = &config.smtp_url;

    // Step 1: build the message.
    let built = build_message(&config);
    let message = built?;

    // Step 2: prepare the way to the MTA.
    let prepared = prepare_mta(&config);
    let mta = prepared?;

    // Step 3: send the message; the MTA's reply says whether it has taken it.
    let reply = mta.send(&message).or_cannot("send the mail to", url)?;
    shared::info!("sent the mail to {url}");
    let text: Vec<&str> = reply.message().collect();
    shared::print(format!("{} {}", reply.code(), text.join(" ")))
}

/// Builds the message: its headers, and what it says.
fn build_message(config: &Config) -> shared::Result<Message> {
    let sender = config.mail_from.parse::<Mailbox>();
    let from = sender.or_cannot("use", "LESSON_MAIL_FROM")?;
    let to: Mailboxes = config.mail_to.parse().or_cannot("use", "LESSON_MAIL_TO")?;

    let mut message = Message::builder();
    message = message.from(from);
    message = message.mailbox(To::from(to));
    message = message.subject("A mail with an attachment");
    message = message.message_id(None);
    let body = SinglePart::plain(CONTENT.to_string());
    let path = config.attachment.as_deref().unwrap_or(PICTURE);
    let bytes = fs::read(path).or_cannot("read", path)?;
    // In base64, any bytes arrive as they are; it refuses none.
    let encoded = Body::new_with_encoding(bytes, ContentTransferEncoding::Base64);
    let content = encoded.unwrap_or_else(Body::new);
    let kind = ContentType::parse("application/octet-stream").or_cannot("use", "its type")?;
    let name = shared::file_name(path);
    let file = Attachment::new(name.to_string()).body(content, kind);
    let parts = MultiPart::mixed().singlepart(body).singlepart(file);
    message.multipart(parts).or_cannot("build", "the mail")
}

/// Prepares the way to the MTA: where it is, who we are, and how long we wait for it.
fn prepare_mta(config: &Config) -> shared::Result<SmtpTransport> {
    let url = &config.smtp_url;
    let user = config.smtp_user.clone();
    let password = config.smtp_password.clone();
    let credentials = Credentials::new(user, password);

    let mut mta = SmtpTransport::from_url(&url.text).or_cannot("use", url)?;
    mta = mta.credentials(credentials);
    mta = mta.timeout(Some(config.timeout));
    Ok(mta.build())
}
