//! Who sends a mail, and who gets it.

use std::str::FromStr;

use lettre::message::{Mailbox, Mailboxes};
use shared::Config;

/// The sender: `LESSON_MAIL_FROM`, or `LESSON_SMTP_USER` where that is empty. What is no mailbox
/// ends the program with status 2.
pub fn sender(config: &Config) -> Mailbox {
    parsed(config, set_one(config, ["LESSON_MAIL_FROM", "LESSON_SMTP_USER"]))
}

/// Where answers go: `LESSON_MAIL_REPLY_TO`, or else the address of the sender. What is no mailbox
/// ends the program with status 2.
pub fn reply_to(config: &Config) -> Mailbox {
    match config.text("LESSON_MAIL_REPLY_TO") {
        "" => Mailbox::new(None, sender(config).email),
        _ => parsed(config, "LESSON_MAIL_REPLY_TO"),
    }
}

/// Who gets the mail: `LESSON_MAIL_TO`. What is no list of mailboxes ends the program with status
/// 2.
pub fn recipients(config: &Config) -> Mailboxes {
    if config.text("LESSON_MAIL_TO").trim().is_empty() {
        config.refuse("LESSON_MAIL_TO", "nobody would get the mail");
    }
    parsed(config, "LESSON_MAIL_TO")
}

/// Who gets a copy, by the setting `name`; it may be nobody. What is no list of mailboxes ends the
/// program with status 2.
///
/// The default is for the practice servers: nobody at another server gets a copy because of it.
pub fn copies(config: &Config, name: &str) -> Mailboxes {
    let is_for_others = config.is_default(name) && !crate::smtp(config).is_loopback();
    match config.text(name).trim() {
        "" => Mailboxes::new(),
        _ if is_for_others => Mailboxes::new(),
        _ => parsed(config, name),
    }
}

/// The first of these settings that is not empty, or the last.
fn set_one<'a>(config: &Config, names: [&'a str; 2]) -> &'a str {
    if config.text(names[0]).is_empty() { names[1] } else { names[0] }
}

/// Parses mailboxes. The commas of Chinese text count as commas.
fn parsed<T: FromStr>(config: &Config, name: &str) -> T {
    let text = separated(config.text(name));
    text.trim_matches([',', ' ']).parse().unwrap_or_else(|_| {
        let hint = "write a@b.example or Name <a@b.example>, with commas between several";
        config.refuse_with(name, "something in it is not an address", hint)
    })
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
