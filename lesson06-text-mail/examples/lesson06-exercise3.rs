//! Lesson 06 with exercise 3 solved: one recipient is refused, the others get the mail.
//!
//! Diff it: `cargo run -- diff 06 --exercise 3`.

use accounts::Phase::{self, SendMail, Sender};
use lettre::Message;
use lettre::message::SinglePart;
use lettre::message::header::To;
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::response::Severity::{PositiveCompletion, PositiveIntermediate};
use shared::{Config, OrCannot};

const CONTENT: &str = "Dear student,\n\nthis mail came to you over SMTP.\n\n老师\n";

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
    let envelope = message.envelope();
    let mail = Mail::new(envelope.from().cloned(), vec![]);
    account.accept(PositiveCompletion, mta.smtp.command(mail), Sender)?;
    let mut refused = 0;
    for to in envelope.to() {
        match mta.smtp.command(Rcpt::new(to.clone(), vec![])) {
            // The MTA has replied, with 4xx or 5xx.
            Err(error) if error.status().is_some() => {
                shared::print(format!("refused {to}: {error}"))?;
                refused += 1;
            }
            reply => drop(account.accept(PositiveCompletion, reply, Phase::Recipient)?),
        }
    }
    account.accept(PositiveIntermediate, mta.smtp.command(Data), Phase::Data)?;
    let reply = mta.smtp.message(&message.formatted());
    let reply = account.accept(PositiveCompletion, reply, SendMail)?;
    shared::info!("sent the mail to {account}: {}", account.said(&reply));
    shared::print(account.said(&reply))?;

    // Step 5: quit. The MTA has taken the mail, whatever it says now.
    if let Err(error) = mta.quit() {
        shared::report(&error);
    }
    if refused > 0 {
        let problem = format!("the MTA refused {refused} of {} recipients", envelope.to().len());
        return Err(shared::Error::new(problem, "check them in LESSON_MAIL_TO"));
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
