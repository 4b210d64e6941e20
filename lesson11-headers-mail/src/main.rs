//! A program that sends a mail with names, copies and a place for answers (beyond the cases).
//!
//! Run it: `cargo run -p practice-servers` in another terminal, then `cargo run -p lesson11-headers-mail`.
//! New here: display names, Cc, Bcc and Reply-To, and a subject in Chinese.
//! Diff it: with lesson 06, which has the fewest headers.

use lettre::message::header::{Bcc, Cc, To};
use lettre::message::{Mailbox, Mailboxes, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Message, SmtpTransport, Transport};
use shared::{Config, OrCannot};

const CONTENT: &str = "Dear student,\n\nthis mail came to you over SMTP.\n\n老师\n";

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
    let mut from = sender.or_cannot("use", "LESSON_MAIL_FROM")?;
    let to: Mailboxes = config.mail_to.parse().or_cannot("use", "LESSON_MAIL_TO")?;
    let answers = config.mail_reply_to.parse::<Mailbox>();
    let mut reply_to = answers.or_cannot("use", "LESSON_MAIL_REPLY_TO")?;
    from.name = Some("王老师".to_string());
    reply_to.name = Some("Teacher Wang".to_string());

    let mut message = Message::builder();
    message = message.from(from);
    message = message.mailbox(To::from(to));
    message = message.reply_to(reply_to);
    if !config.mail_cc.is_empty() {
        let cc: Mailboxes = config.mail_cc.parse().or_cannot("use", "LESSON_MAIL_CC")?;
        message = message.mailbox(Cc::from(cc));
    }
    if !config.mail_bcc.is_empty() {
        let bcc: Mailboxes = config.mail_bcc.parse().or_cannot("use", "LESSON_MAIL_BCC")?;
        message = message.mailbox(Bcc::from(bcc));
    }
    message = message.subject("你好：一封有抄送的邮件");
    message = message.message_id(None);
    let body = SinglePart::plain(CONTENT.to_string());
    message.singlepart(body).or_cannot("build", "the mail")
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
