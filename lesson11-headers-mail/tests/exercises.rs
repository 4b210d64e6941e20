//! The exercises of lesson 11, checked from outside: `cargo run -- check 11`.
#![cfg(test)]

use mailparse::{MailHeaderMap, parse_mail};
use testing::exercise::{Check, not_yet, sent_mail};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson11-headers-mail");

/// An answer.
#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let mail = sent_mail(LESSON, &[])?;
    let mail = parse_mail(mail.message.as_bytes()).unwrap();
    for name in ["In-Reply-To", "References"] {
        let id = mail.headers.get_first_value(name).unwrap_or("not there".into());
        if id != "<chapter-8@sina.example>" {
            return not_yet(format!("expected {name}: <chapter-8@sina.example>: it is {id}"));
        }
    }
    match mail.headers.get_first_value("Subject").unwrap_or_default() {
        subject if subject.starts_with("Re: ") => Ok(()),
        subject => not_yet(format!("expected a subject that begins with `Re: `: it is {subject}")),
    }
}

/// Each of them once.
#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let arguments = [
        "--mail-to",
        "z@b.example, c@d.example",
        "--mail-cc",
        "z@b.example, a@d.example",
        "--mail-bcc",
        "c@d.example, b@b.example, a@d.example",
    ];
    let mail = sent_mail(LESSON, &arguments)?;
    for address in &mail.to {
        let count = mail.to.iter().filter(|other| *other == address).count();
        if count > 1 {
            return not_yet(format!("expected {address} once: it came {count} times"));
        }
    }
    let expected = ["z@b.example", "c@d.example", "a@d.example", "b@b.example"];
    if mail.to != expected {
        let (expected, came) = (expected.join(", "), mail.to.join(", "));
        return not_yet(format!("expected the recipients {expected}: {came} came"));
    }
    let headers = parse_mail(mail.message.as_bytes()).unwrap().headers;
    for (name, expected) in [("To", arguments[1]), ("Cc", arguments[3])] {
        let value = headers.get_first_value(name).unwrap_or("not there".into());
        if value != expected {
            return not_yet(format!("expected {name}: {expected}: it is {value}"));
        }
    }
    Ok(())
}
