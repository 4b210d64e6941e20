//! A program that sends a mail with names, copies and a place for answers (beyond the cases).
//!
//! Run it: `cargo run -p lesson11-headers-mail`, with the practice servers in another terminal.
//! New here: display names, Cc, Bcc and Reply-To, and a subject in Chinese.
//! Diff it: with lesson 06, which has the fewest headers.

use accounts::Phase::{Connect, LogIn, Quit, SendMail, StartTls};
use accounts::{Account, InPhase, Tls};
use lettre::Message;
use lettre::message::header::To;
use lettre::message::{MessageBuilder, SinglePart};
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use lettre::transport::smtp::client::SmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use shared::{Config, OrCannot};

const CONTENT: &str = "Dear student,\n\nthis mail came to you over SMTP.\n\n老师\n";

fn main() -> shared::Result {
    let config = shared::load!(
        "LESSON_SMTP_URL",
        "LESSON_SMTP_USER",
        "LESSON_SMTP_PASSWORD",
        "LESSON_ALLOW_PLAINTEXT",
        "LESSON_TIMEOUT",
        "LESSON_MAIL_FROM",
        "LESSON_MAIL_TO=学生 <xuesheng@sina.example>",
        "LESSON_MAIL_CC",
        "LESSON_MAIL_BCC",
        "LESSON_MAIL_REPLY_TO",
    );
    let account = accounts::smtp(&config);

    // Step 1: build the message.
    let message = build_message(&config)?;

    // Step 2: connect to the MTA.
    let mut mta = connect_mta(&account)?;

    // Step 3: log in.
    let reply = mta.auth(DEFAULT_MECHANISMS, &account.credentials()).in_phase(LogIn, &account)?;
    shared::info!("logged in as {}: {}", account.user, account.said(&reply));

    // Step 4: send the message; the MTA's reply says whether it has taken it.
    let reply = mta.send(message.envelope(), &message.formatted()).in_phase(SendMail, &account)?;
    shared::info!("sent the mail to {account}: {}", account.said(&reply));

    // Step 5: quit. The MTA has taken the mail, whatever it says now.
    let _ = mta.quit().in_phase(Quit, &account).inspect_err(shared::report);
    shared::print(account.said(&reply))
}

/// Builds the message: its headers, and what it says.
fn build_message(config: &Config) -> shared::Result<Message> {
    let (mut from, mut reply_to) = (accounts::sender(config), accounts::reply_to(config));
    from.name.get_or_insert("王老师".to_string());
    reply_to.name.get_or_insert("Teacher Wang".to_string());
    let builder = accounts::cc(config).fold(Message::builder(), MessageBuilder::cc);
    let builder = accounts::bcc(config).fold(builder, MessageBuilder::bcc);
    builder
        .from(from)
        .mailbox(To::from(accounts::recipients(config)))
        .reply_to(reply_to)
        .subject("你好：一封有抄送的邮件")
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
