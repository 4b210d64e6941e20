//! A program that sends a mail in text and HTML (beyond the cases).
//!
//! Run it: `cargo run -p practice-servers` in another terminal, then `cargo run -p lesson12-alternative-mail`.
//! New here: two versions of the content in a multipart container of subtype alternative.
//! Diff it: with lesson 07, which sends the HTML alone.

use lettre::message::header::To;
use lettre::message::{Mailbox, Mailboxes, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Message, SmtpTransport, Transport};
use shared::{Config, OrCannot};

const TEXT: &str = "Dear student,\n\nthis text came to you over SMTP.\n\n老师\n";
const CONTENT: &str = "<h1>Dear student</h1><p>This came to you over <b>SMTP</b>.</p><p>老师</p>";

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
    message = message.subject("A mail in text and HTML");
    message = message.message_id(None);
    // Mail programs show the last version that they can: the plainest comes first (RFC 2046 section 5.1.4).
    let (text, html) = (TEXT.to_string(), CONTENT.to_string());
    let body = MultiPart::alternative_plain_html(text, html);
    message.multipart(body).or_cannot("build", "the mail")
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
