//! Lesson 11 with exercise 2 solved: nobody gets it twice.
//!
//! Diff it: `cargo run -- diff 11 --exercise 2`.

use lettre::Message;
use lettre::address::Envelope;
use lettre::message::header::To;
use lettre::message::{Mailbox, SinglePart};
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use shared::{Config, OrCannot, Takes};

const CONTENT: &str = "Dear student,\n\nthis mail came to you over SMTP.\n\n老师\n";

fn main() -> shared::Result {
    let config = accounts::load!(
        Smtp,
        "LESSON_MAIL_FROM",
        Takes::WithDefault("LESSON_MAIL_TO", "学生 <xuesheng@sina.example>"),
        "LESSON_MAIL_CC",
        "LESSON_MAIL_BCC",
        "LESSON_MAIL_REPLY_TO",
    );
    let account = accounts::smtp(&config);

    // Step 1: build the message.
    let message = build_message(&config)?;

    // Step 2: connect to the MTA, and go on in TLS as the account says.
    let mut mta = account.connect_mta()?;

    // Step 3: log in.
    let reply = mta.auth(DEFAULT_MECHANISMS, &account.credentials())?;
    shared::info!("logged in as {}: {}", account.user, account.said(&reply));

    // Step 4: send the message; the MTA's reply says whether it has taken it.
    let envelope = each_once(message.envelope())?;
    let reply = mta.send(&envelope, &message.formatted())?;
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
    let mut from = accounts::sender(config);
    from.name.get_or_insert("王老师".to_string());
    let named = Mailbox::new(Some("Teacher Wang".to_string()), from.email.clone());
    let reply_to = accounts::reply_to(config).unwrap_or(named);
    let mut builder = Message::builder();
    for mailbox in accounts::cc(config) {
        builder = builder.cc(mailbox);
    }
    for mailbox in accounts::bcc(config) {
        builder = builder.bcc(mailbox);
    }
    builder
        .from(from)
        // `to` would add one recipient; the header takes all.
        .mailbox(To::from(accounts::recipients(config)))
        .reply_to(reply_to)
        .subject("你好：一封有抄送的邮件")
        // lettre makes up an id.
        .message_id(None)
        .singlepart(SinglePart::plain(CONTENT.to_string()))
        .or_cannot("build", "the mail")
}

/// The envelope without the addresses that have come before.
fn each_once(envelope: &Envelope) -> shared::Result<Envelope> {
    let mut once = Vec::new();
    for address in envelope.to() {
        if !once.contains(address) {
            once.push(address.clone());
        }
    }
    Envelope::new(envelope.from().cloned(), once).or_cannot("build", "the envelope")
}
