//! Lesson 06 with exercise 2 solved: it tries again later.
//!
//! Diff it: `cargo run -- diff 06 --exercise 2`.

use std::error::Error;
use std::thread;
use std::time::Duration;

use accounts::Account;
use lettre::Message;
use lettre::message::SinglePart;
use lettre::message::header::To;
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use shared::{Config, OrCannot};

const CONTENT: &str = "Dear student,\n\nthis mail came to you over SMTP.\n\n老师\n";
/// The mail is handed in at most this many times.
const MAX_TRIES: usize = 3;

fn main() -> shared::Result {
    let config = accounts::load!(Smtp, "LESSON_MAIL_FROM", "LESSON_MAIL_TO");
    let account = accounts::smtp(&config);

    // Step 1: build the message.
    let message = build_message(&config)?;

    for _ in 1..MAX_TRIES {
        match deliver(&account, &message) {
            Err(error) if is_transient(&error) => shared::report(&error),
            delivered => return delivered,
        }
        thread::sleep(Duration::from_millis(500));
    }
    deliver(&account, &message)
}

/// Whether the MTA has refused with 4xx, so that it may take the mail later.
fn is_transient(error: &shared::Error) -> bool {
    let source = error.source().and_then(|source| source.downcast_ref::<smtp::Error>());
    source.is_some_and(smtp::Error::is_transient)
}

/// Hands in the message over a new connection.
fn deliver(account: &Account, message: &Message) -> shared::Result {
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
    Message::builder()
        .from(accounts::sender(config))
        // `to` would add one recipient; the header takes all.
        .mailbox(To::from(accounts::recipients(config)))
        .subject("A plain text mail")
        // lettre makes up an id.
        .message_id(None)
        .singlepart(SinglePart::plain(CONTENT.to_string()))
        .or_cannot("build", "the mail")
}
