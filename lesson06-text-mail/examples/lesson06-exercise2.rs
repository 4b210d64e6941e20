//! Lesson 06 with exercise 2 solved: it tries again later.
//!
//! Check it: `cargo run -- check solutions 06`.
//! Diff it: `cargo run -- diff 06 --exercise 2`.

use std::thread;
use std::time::Duration;

use accounts::Phase::{Connect, LogIn, Quit, SendMail, StartTls};
use accounts::{Account, InPhase, Tls};
use lettre::Message;
use lettre::message::SinglePart;
use lettre::message::header::To;
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use lettre::transport::smtp::client::SmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use shared::{Config, OrCannot};

const CONTENT: &str = "Dear student,\n\nthis mail came to you over SMTP.\n\n老师\n";
/// So often the mail is handed in, as long as the MTA says that it cannot take it now.
const MAX_TRIES: usize = 3;

fn main() -> shared::Result {
    let config = shared::load!(
        "LESSON_SMTP_URL",
        "LESSON_SMTP_USER",
        "LESSON_SMTP_PASSWORD",
        "LESSON_ALLOW_PLAINTEXT",
        "LESSON_TIMEOUT",
        "LESSON_MAIL_FROM",
        "LESSON_MAIL_TO",
    );
    let account = accounts::smtp(&config);

    // Step 1: build the message.
    let message = build_message(&config)?;

    for _ in 1..MAX_TRIES {
        match deliver(&account, &message)? {
            Err(error) if error.is_transient() => {
                shared::info!("the MTA does not take the mail now: {error}");
                thread::sleep(Duration::from_millis(500));
            }
            sent => return shared::print(account.said(&sent.in_phase(SendMail, &account)?)),
        }
    }
    let sent = deliver(&account, &message)?;
    shared::print(account.said(&sent.in_phase(SendMail, &account)?))
}

/// Hands in the message over a new connection, and returns what the MTA says to it.
fn deliver(account: &Account, message: &Message) -> shared::Result<Result<Response, smtp::Error>> {
    // Step 2: connect to the MTA.
    let mut mta = connect_mta(account)?;

    // Step 3: log in.
    let reply = mta.auth(DEFAULT_MECHANISMS, &account.credentials()).in_phase(LogIn, account)?;
    shared::info!("logged in as {}: {}", account.user, account.said(&reply));

    // Step 4: send the message; the MTA's reply says whether it has taken it.
    let sent = mta.send(message.envelope(), &message.formatted());
    let Ok(reply) = &sent else { return Ok(sent) };
    shared::info!("sent the mail to {account}: {}", account.said(reply));

    // Step 5: quit. The MTA has taken the mail, whatever it says now.
    let _ = mta.quit().in_phase(Quit, account).inspect_err(shared::report);
    Ok(sent)
}

/// Builds the message: its headers, and what it says.
fn build_message(config: &Config) -> shared::Result<Message> {
    Message::builder()
        .from(accounts::sender(config))
        .mailbox(To::from(accounts::recipients(config)))
        .subject("A plain text mail")
        .message_id(None)
        .singlepart(SinglePart::plain(CONTENT.to_string()))
        .or_cannot("build", "the mail")
}

/// Connects to the MTA, and goes on in TLS as the account says.
fn connect_mta(account: &Account) -> shared::Result<SmtpConnection> {
    let (addr, tls) = (account.resolve()?, account.tls_parameters()?);
    let name = ClientId::default();
    let from_the_start = (account.tls == Tls::FromTheStart).then_some(&tls);
    let timeout = Some(account.timeout);
    let mut mta = SmtpConnection::connect(addr, timeout, &name, from_the_start, None)
        .in_phase(Connect, account)?;
    shared::info!("connected to {account}: {}", mta.server_info().name());
    if account.tls == Tls::Required || account.tls == Tls::IfOffered && mta.can_starttls() {
        mta.starttls(&tls, &name).in_phase(StartTls, account)?;
        shared::info!("in TLS from here on");
    }
    Ok(mta)
}
