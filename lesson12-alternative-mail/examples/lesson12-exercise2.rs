//! Lesson 12 with exercise 2 solved: the versions and a file.
//!
//! Diff it: `cargo run -- diff 12 --exercise 2`.

use lettre::Message;
use lettre::message::header::{ContentType, To};
use lettre::message::{Attachment, MultiPart};
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use shared::{Config, OrCannot};

const TEXT: &str = "Dear student,\n\nthis text came to you over SMTP.\n\n老师\n";
const CONTENT: &str = "<h1>Dear student</h1><p>This came to you over <b>SMTP</b>.</p><p>老师</p>";

fn main() -> shared::Result {
    let config = accounts::load!(Smtp, "LESSON_MAIL_FROM", "LESSON_MAIL_TO");
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
    // Mail programs show the last version that they can: the plainest comes first (RFC 2046
    // section 5.1.4).
    let versions = MultiPart::alternative_plain_html(TEXT.to_string(), CONTENT.to_string());
    let file = Attachment::new("homework.txt".to_string())
        .body("Read chapter 8.\n".to_string(), ContentType::TEXT_PLAIN);
    Message::builder()
        .from(accounts::sender(config))
        // `to` would add one recipient; the header takes all.
        .mailbox(To::from(accounts::recipients(config)))
        .subject("A mail in text and HTML")
        // lettre makes up an id.
        .message_id(None)
        .multipart(MultiPart::mixed().multipart(versions).singlepart(file))
        .or_cannot("build", "the mail")
}
