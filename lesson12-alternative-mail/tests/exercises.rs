//! The exercises of lesson 12, checked from outside: `cargo run -- check 12`.
#![cfg(test)]

use mailparse::{DispositionType, ParsedMail, parse_mail};
use testing::exercise::{Check, not_yet, sent_mail, show};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson12-alternative-mail");

/// The types of the parts.
fn kinds(container: &ParsedMail) -> String {
    let kinds: Vec<_> =
        container.subparts.iter().map(|part| part.ctype.mimetype.as_str()).collect();
    kinds.join(", ")
}

/// A third version.
#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let mail = sent_mail(LESSON, &[])?;
    let mail = parse_mail(mail.message.as_bytes()).unwrap();
    // Exercise 2 puts it into another container.
    let container = mail.parts().find(|part| part.ctype.mimetype == "multipart/alternative");
    let Some(container) = container else {
        return not_yet("expected a multipart/alternative: there is none");
    };
    let (expected, came) = ("text/plain, text/markdown, text/html", kinds(container));
    if came != expected {
        return not_yet(format!("expected {expected}: it is {came}"));
    }
    let kind = &container.subparts[1].ctype;
    if !kind.charset.eq_ignore_ascii_case("utf-8") {
        return not_yet(format!(
            "expected text/markdown with charset=utf-8: it is {}",
            kind.charset
        ));
    }
    let text = container.subparts[1].get_body().unwrap();
    match text.starts_with("# Dear student") && text.trim_end().ends_with("老师") {
        true => Ok(()),
        false => not_yet(format!(
            "expected a version from `# Dear student` to `老师`: it is {}",
            show(text.as_bytes())
        )),
    }
}

/// A container in a container.
#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let mail = sent_mail(LESSON, &[])?;
    let mail = parse_mail(mail.message.as_bytes()).unwrap();
    let (kind, count) = (&mail.ctype.mimetype, mail.subparts.len());
    if kind != "multipart/mixed" || count != 2 {
        return not_yet(format!("expected multipart/mixed of two parts: it is {kind} of {count}"));
    }
    let [versions, file] = &mail.subparts[..] else { unreachable!("there are two") };
    // Exercise 1 puts a third one between the two.
    let came = kinds(versions);
    if versions.ctype.mimetype != "multipart/alternative"
        || !(came.starts_with("text/plain, ") && came.ends_with(", text/html"))
    {
        let kind = &versions.ctype.mimetype;
        return not_yet(format!(
            "expected as the first part a multipart/alternative of text/plain, text/html: it is \
             {kind} of {came}"
        ));
    }
    let disposition = file.get_content_disposition();
    let name = disposition.params.get("filename").map_or("none", String::as_str);
    if disposition.disposition != DispositionType::Attachment || name != "homework.txt" {
        return not_yet(format!("expected an attachment named homework.txt: its name is {name}"));
    }
    match file.get_body().unwrap().replace("\r\n", "\n").as_str() {
        "Read chapter 8." | "Read chapter 8.\n" => Ok(()),
        text => not_yet(format!(
            "homework.txt: expected `Read chapter 8.`: it is {}",
            show(text.as_bytes())
        )),
    }
}
