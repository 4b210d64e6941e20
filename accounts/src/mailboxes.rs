//! Who sends a mail, and who gets it.

use std::str::FromStr;

use lettre::Address;
use lettre::message::{Mailbox, Mailboxes};
use shared::Config;
use url::Host;

/// The sender: `LESSON_MAIL_FROM`, or `LESSON_SMTP_USER` where that is empty. What is no mailbox
/// ends the program with status 2.
pub fn sender(config: &Config) -> Mailbox {
    let user = config.text("LESSON_SMTP_USER");
    let sender = match config.text("LESSON_MAIL_FROM") {
        "" => user.parse().unwrap_or_else(|_| {
            let why = "LESSON_SMTP_USER is no address, so the mail needs one of a sender";
            config.refuse_with("LESSON_MAIL_FROM", why, "give it: --mail-from you@sina.example")
        }),
        _ => parsed(config, "LESSON_MAIL_FROM"),
    };
    in_ascii(sender)
}

/// Where answers go: `LESSON_MAIL_REPLY_TO`, if it says so. What is no mailbox ends the program
/// with status 2.
pub fn reply_to(config: &Config) -> Option<Mailbox> {
    match config.text("LESSON_MAIL_REPLY_TO") {
        "" => None,
        _ => Some(in_ascii(parsed(config, "LESSON_MAIL_REPLY_TO"))),
    }
}

/// Who gets the mail: `LESSON_MAIL_TO`. What is no list of mailboxes ends the program with status
/// 2.
pub fn recipients(config: &Config) -> Mailboxes {
    if config.text("LESSON_MAIL_TO").trim().is_empty() {
        config.refuse("LESSON_MAIL_TO", "nobody would get the mail");
    }
    let recipients: Mailboxes = parsed(config, "LESSON_MAIL_TO");
    recipients.into_iter().map(in_ascii).collect()
}

/// Who gets a copy: `LESSON_MAIL_CC`; it may be nobody. What is no list of mailboxes ends the
/// program with status 2.
pub fn cc(config: &Config) -> impl Iterator<Item = Mailbox> {
    copies(config, "LESSON_MAIL_CC")
}

/// Who gets a copy that the others do not see: `LESSON_MAIL_BCC`. All else is as in [`cc`].
pub fn bcc(config: &Config) -> impl Iterator<Item = Mailbox> {
    copies(config, "LESSON_MAIL_BCC")
}

fn copies(config: &Config, name: &str) -> impl Iterator<Item = Mailbox> {
    let copies = match config.text(name).trim() {
        "" => Mailboxes::new(),
        _ => parsed(config, name),
    };
    copies.into_iter().map(in_ascii)
}

/// Parses mailboxes. The commas of Chinese text count as commas.
fn parsed<T: FromStr>(config: &Config, name: &str) -> T {
    let text = separated(config.text(name));
    text.trim_matches([',', ' ']).parse().unwrap_or_else(|_| {
        let hint = "write a@b.example or Name <a@b.example>, with commas between several";
        config.refuse_with(name, "something in it is not an address", hint)
    })
}

/// The mailbox with its domain in ASCII, as every server knows it: `xn--5nq051n.example` for
/// `邮件.example` (RFC 5891).
fn in_ascii(mailbox: Mailbox) -> Mailbox {
    let email = match Host::parse(mailbox.email.domain()) {
        Ok(Host::Domain(domain)) if !mailbox.email.domain().is_ascii() => {
            Address::new(mailbox.email.user(), &domain).ok()
        }
        _ => None,
    };
    match email {
        Some(email) => Mailbox::new(mailbox.name, email),
        None => mailbox,
    }
}

/// The text with a comma in place of each `，` and `；` outside of quotes.
fn separated(text: &str) -> String {
    let mut is_quoted = false;
    let separate = |character| {
        is_quoted ^= character == '"';
        match character {
            '，' | '；' if !is_quoted => ',',
            character => character,
        }
    };
    text.chars().map(separate).collect()
}
