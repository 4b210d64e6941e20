//! The exercises of lesson 11, checked from outside: `cargo run -- check 11`.
#![cfg(test)]

use mailparse::{MailHeaderMap, parse_mail};
use testing::exercise::{Check, ensure, is, readable, sent_mail};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson11-headers-mail");

#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let mail = sent_mail(LESSON, &[])?;
    let mail = readable("a mail", parse_mail(mail.message.as_bytes()))?;
    for name in ["In-Reply-To", "References"] {
        let id = mail.headers.get_first_value(name).unwrap_or_default();
        is(&format!("the header {name}"), id, "<chapter-8@sina.example>")?;
    }
    let subject = mail.headers.get_first_value("Subject").unwrap_or_default();
    let came = format!("It is `{subject}`.");
    ensure(subject.starts_with("Re: "), "a subject that begins with `Re: `", came)
}

#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let arguments = [
        "--mail-to",
        "z@b.example, c@d.example",
        "--mail-cc",
        "z@b.example, a@d.example",
        "--mail-bcc",
        "c@d.example, b@b.example, a@d.example, f@b.example, f@b.example, e@d.example, d@b.example",
    ];
    let mail = sent_mail(LESSON, &arguments)?;
    // So many that a set without an order does not have them in order by chance.
    let expected =
        "z@b.example, c@d.example, a@d.example, b@b.example, f@b.example, e@d.example, d@b.example";
    is("the recipients in the envelope", mail.to.join(", "), expected)?;
    let headers = readable("a mail", parse_mail(mail.message.as_bytes()))?.headers;
    for (name, expected) in [("To", "c@d.example, z@b.example"), ("Cc", "a@d.example, z@b.example")]
    {
        let value = headers.get_first_value(name).unwrap_or_default();
        let plain = |address: &str| address.trim_matches([' ', '<', '>']).to_string();
        let mut addresses: Vec<_> = value.split(',').map(plain).collect();
        addresses.sort();
        is(&format!("the header {name}"), addresses.join(", "), expected)?;
    }
    let has_bcc = headers.get_first_header("Bcc").is_some();
    ensure(!has_bcc, "no header Bcc", "There is one.")
}
