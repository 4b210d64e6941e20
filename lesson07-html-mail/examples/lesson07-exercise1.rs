//! Lesson 07 with exercise 1 solved: the page greets its reader by name.
//!
//! Diff it: `cargo run -- diff 07 --exercise 1`.

use lettre::Message;
use lettre::message::SinglePart;
use lettre::message::header::To;
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use shared::{Config, OrCannot};

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
    // Whatever the name holds is text; `&` comes first, as the others bring new ones.
    let first = accounts::recipients(config).into_single();
    let name = first.map(|first| first.name.unwrap_or(first.email.to_string()));
    let name = name.unwrap_or_default().replace('&', "&amp;");
    let name = name.replace('<', "&lt;").replace('>', "&gt;");
    let content = CONTENT.replace("Dear student", &format!("Dear {name}"));
    Message::builder()
        .from(accounts::sender(config))
        // `to` would add one recipient; the header takes all.
        .mailbox(To::from(accounts::recipients(config)))
        .subject("An HTML mail")
        // lettre makes up an id.
        .message_id(None)
        .singlepart(SinglePart::html(content))
        .or_cannot("build", "the mail")
}
