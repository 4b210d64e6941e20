//! Who sends a mail, and who gets it.

use std::str::FromStr;

use lettre::Address;
use lettre::message::{Mailbox, Mailboxes};
use shared::{Config, right_or_end};
use url::Host;

/// The sender: `LESSON_MAIL_FROM`, or `LESSON_SMTP_USER` where that is empty. What is no mailbox
/// ends the program with status 2.
pub fn sender(config: &Config) -> Mailbox {
    right_or_end(read_sender(config))
}

fn read_sender(config: &Config) -> shared::Result<Mailbox> {
    let name = "LESSON_MAIL_FROM";
    if let Some(sender) = read_one(config, name)? {
        return Ok(sender);
    }
    let sender = config.text("LESSON_SMTP_USER").parse().map_err(|_| {
        let why = "LESSON_SMTP_USER is no address, so the mail needs one of a sender";
        config.wrong_with(name, why, "give it: --mail-from you@sina.example")
    });
    sender.map(in_ascii)
}

/// Where answers go: `LESSON_MAIL_REPLY_TO`, if it says so. What is no mailbox ends the program
/// with status 2.
pub fn reply_to(config: &Config) -> Option<Mailbox> {
    right_or_end(read_one(config, "LESSON_MAIL_REPLY_TO"))
}

/// Who gets the mail: `LESSON_MAIL_TO`. What is no list of mailboxes ends the program with status
/// 2.
pub fn recipients(config: &Config) -> Mailboxes {
    let name = "LESSON_MAIL_TO";
    if config.text(name).trim().is_empty() {
        config.refuse(name, "nobody would get the mail");
    }
    right_or_end(read_list(config, name)).into()
}

/// Who gets a copy: `LESSON_MAIL_CC`; it may be nobody. What is no list of mailboxes ends the
/// program with status 2.
pub fn cc(config: &Config) -> Vec<Mailbox> {
    right_or_end(read_list(config, "LESSON_MAIL_CC"))
}

/// Who gets a copy that the others do not see: `LESSON_MAIL_BCC`. All else is as in [`cc`].
pub fn bcc(config: &Config) -> Vec<Mailbox> {
    right_or_end(read_list(config, "LESSON_MAIL_BCC"))
}

/// The one mailbox of a setting, which may be empty.
fn read_one(config: &Config, name: &str) -> shared::Result<Option<Mailbox>> {
    if config.text(name).is_empty() {
        return Ok(None);
    }
    let mailbox = parsed(config, name).map_err(|_| {
        let hint = "write a@b.example or Name <a@b.example>";
        config.wrong_with(name, "it is not one address", hint)
    })?;
    Ok(Some(in_ascii(mailbox)))
}

/// The mailboxes of a setting, which may be empty.
fn read_list(config: &Config, name: &str) -> shared::Result<Vec<Mailbox>> {
    if config.text(name).trim().is_empty() {
        return Ok(Vec::new());
    }
    let list: Mailboxes = parsed(config, name).map_err(|_| {
        let hint = "write a@b.example or Name <a@b.example>, with commas between several";
        config.wrong_with(name, "something in it is not an address", hint)
    })?;
    Ok(list.into_iter().map(in_ascii).collect())
}

/// Parses a mailbox, or mailboxes. The commas of Chinese text count as commas.
fn parsed<T: FromStr>(config: &Config, name: &str) -> Result<T, T::Err> {
    separated(config.text(name)).trim_matches([',', ' ']).parse()
}

/// The mailbox with its domain in ASCII, as every server knows it: `xn--5nq051n.example` for
/// `邮件.example` (RFC 5891).
fn in_ascii(mailbox: Mailbox) -> Mailbox {
    let Ok(Host::Domain(domain)) = Host::parse(mailbox.email.domain()) else {
        return mailbox;
    };
    match Address::new(mailbox.email.user(), &domain) {
        Ok(email) => Mailbox::new(mailbox.name, email),
        Err(_) => mailbox,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(list: impl IntoIterator<Item = Mailbox>) -> String {
        list.into_iter().map(|mailbox| mailbox.to_string()).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn addresses_are_written_as_people_write_them() {
        let quoted = "\"Wang, Laoshi\" <a@b.example>, c@d.example";
        for (text, expected) in [
            ("a+b@b.example", "a+b@b.example"),
            (quoted, quoted),
            ("学生 <a@b.example>，c@d.example", "学生 <a@b.example>, c@d.example"),
            ("Student <a@b.example> ； c@d.example；", "Student <a@b.example>, c@d.example"),
            (" a@b.example , c@d.example , ", "a@b.example, c@d.example"),
            ("\"王，李\" <a@b.example>，c@d.example", "王，李 <a@b.example>, c@d.example"),
            ("学生@邮件.example", "学生@xn--5nq051n.example"),
        ] {
            let names = ["LESSON_MAIL_TO", "LESSON_MAIL_CC", "LESSON_MAIL_BCC"];
            let config = Config::of(&names.map(|name| (name, text)));
            assert_eq!(listed(recipients(&config)), expected);
            assert_eq!(listed(cc(&config)), expected);
            assert_eq!(listed(bcc(&config)), expected);
        }
        for wrong in
            ["nonsense", "a@", "@b.example", "a@b.example c@d.example", "<a@b.example", "a b@c"]
        {
            let config = Config::of(&[("LESSON_MAIL_TO", wrong)]);
            let error = format!("{:?}", read_list(&config, "LESSON_MAIL_TO").unwrap_err());
            assert!(error.starts_with(&format!("LESSON_MAIL_TO is \"{wrong}\"")), "{error}");
            assert!(error.contains("\nhint: write a@b.example or Name <a@b.example>"), "{error}");
        }
        assert_eq!(cc(&Config::of(&[("LESSON_MAIL_CC", " ")])), []);
    }

    #[test]
    fn the_sender_is_the_user_unless_somebody_else_is_named() {
        let not_one = "LESSON_MAIL_FROM is \"a@b.example, c@d.example\" (from the environment): it is \
                       not one address\nhint: write a@b.example or Name <a@b.example>";
        let no_user = "LESSON_MAIL_FROM is \"\" (from the environment): LESSON_SMTP_USER is no \
                       address, so the mail needs one of a sender\n\
                       hint: give it: --mail-from you@sina.example";
        for (from, user, expected) in [
            ("", "you@邮件.example", "you@xn--5nq051n.example"),
            ("老师 <a@邮件.example>", "you@y.example", "老师 <a@xn--5nq051n.example>"),
            ("a@b.example", "you", "a@b.example"),
            ("a@b.example, c@d.example", "you@y.example", not_one),
            ("", "you", no_user),
        ] {
            let config = Config::of(&[("LESSON_MAIL_FROM", from), ("LESSON_SMTP_USER", user)]);
            let sender = read_sender(&config).map(|sender| sender.to_string());
            assert_eq!(sender.unwrap_or_else(|error| format!("{error:?}")), expected);
        }
    }

    #[test]
    fn answers_go_elsewhere_only_if_somebody_says_so() {
        for (text, expected) in [("", ""), ("a@邮件.example", "a@xn--5nq051n.example")] {
            assert_eq!(listed(reply_to(&Config::of(&[("LESSON_MAIL_REPLY_TO", text)]))), expected);
        }
    }
}
