//! Lesson 07 with exercise 2 solved: the page shows a picture that travels with the mail.
//!
//! Diff it: `cargo run -- diff 07 --exercise 2`.

use lettre::Message;
use lettre::message::header::{ContentType, To};
use lettre::message::{Attachment, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use shared::{Config, OrCannot};

const CONTENT: &str = "<h1>Dear student</h1><p><img src=\"cid:picture\"></p><p>This came to you over <b>SMTP</b>.</p><p>老师</p>";
const PICTURE: &[u8] = include_bytes!("../../lesson08-attachment-mail/picture.png");

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
    let page = SinglePart::html(CONTENT.to_string());
    let kind = ContentType::parse("image/png").or_cannot("use", "its type")?;
    let picture = Attachment::new_inline("picture".to_string()).body(PICTURE.to_vec(), kind);
    Message::builder()
        .from(accounts::sender(config))
        // `to` would add one recipient; the header takes all.
        .mailbox(To::from(accounts::recipients(config)))
        .subject("An HTML mail")
        // lettre makes up an id.
        .message_id(None)
        .multipart(MultiPart::related().singlepart(page).singlepart(picture))
        .or_cannot("build", "the mail")
}
