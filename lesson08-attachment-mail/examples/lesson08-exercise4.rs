//! Lesson 08 with exercise 4 solved: old programs, too, can read the name of the file.
//!
//! Diff it: `cargo run -- diff 08 --exercise 4`.

#[path = "../src/file.rs"]
mod file;

use lettre::Message;
use lettre::message::header::{ContentTransferEncoding, ContentType, Headers, Subject, To};
use lettre::message::{Attachment, Body, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use shared::{Config, OrCannot};

const CONTENT: &str = "Dear student,\n\nthis mail came to you over SMTP.\n\n老师\n";

fn main() -> shared::Result {
    let config = accounts::load!(Smtp, "LESSON_MAIL_FROM", "LESSON_MAIL_TO", "LESSON_ATTACHMENT");
    let account = accounts::smtp(&config);

    // Step 1: build the message.
    let message = build_message(&config)?;

    // Step 2: connect to the MTA, and go on in TLS as the account says.
    let mut mta = account.connect_mta()?;

    // Step 3: log in.
    let reply = mta.auth(DEFAULT_MECHANISMS, &account.credentials())?;
    shared::info!("logged in as {}: {}", account.user, account.said(&reply));

    // Step 4: send the message; the MTA's reply says whether it has taken it.
    let reply = mta.send(message.envelope(), &message.formatted())?;
    shared::info!("sent the mail to {account}: {}", account.said(&reply));
    shared::print(account.said(&reply))?;

    // Step 5: quit. The MTA has taken the mail, whatever it says now.
    if let Err(error) = mta.quit() {
        shared::report(&error);
    }
    Ok(())
}

/// Builds the message: its headers, and what it says.
fn build_message(config: &Config) -> shared::Result<Message> {
    let text = SinglePart::plain(CONTENT.to_string());
    let (name, bytes) = file::read(config);
    // The name goes twice: `filename*` beside this one is for programs that know RFC 2231.
    let kind = format!("application/octet-stream; name=\"{}\"", encoded_words(&name));
    let kind = ContentType::parse(&kind).or_cannot("use", "its type")?;
    // Base64 keeps any bytes as they are, and never fails: `Body::new` is not called. Left to
    // itself, lettre might send a text as it is, and on the way the ends of its lines may change.
    let body = Body::new_with_encoding(bytes, ContentTransferEncoding::Base64);
    let file = Attachment::new(name).body(body.unwrap_or_else(Body::new), kind);
    Message::builder()
        .from(accounts::sender(config))
        // `to` would add one recipient; the header takes all.
        .mailbox(To::from(accounts::recipients(config)))
        .subject("A mail with an attachment")
        // lettre makes up an id.
        .message_id(None)
        .multipart(MultiPart::mixed().singlepart(text).singlepart(file))
        .or_cannot("build", "the mail")
}

/// The text in encoded words (RFC 2047), as lettre writes a subject.
fn encoded_words(text: &str) -> String {
    let mut headers = Headers::new();
    headers.set(Subject::from(text.replace(['"', '\\'], "_")));
    let line = headers.to_string().replace("\r\n", "");
    line.trim_start_matches("Subject: ").to_string()
}
