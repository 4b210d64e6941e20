//! The exercises of lesson 12, checked from outside: `cargo run -- check 12`.
#![cfg(test)]

use mailparse::{DispositionType, ParsedMail, parse_mail};
use testing::exercise::{Check, ensure, is, not_yet, readable, sent_mail, show};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson12-alternative-mail");

/// The types of the parts.
fn kinds(container: &ParsedMail) -> String {
    let kinds: Vec<_> =
        container.subparts.iter().map(|part| part.ctype.mimetype.as_str()).collect();
    kinds.join(", ")
}

#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let mail = sent_mail(LESSON, &[])?;
    let mail = readable("a mail", parse_mail(mail.message.as_bytes()))?;
    // Exercise 2 puts it into another container.
    let container = mail.parts().find(|part| part.ctype.mimetype == "multipart/alternative");
    let Some(container) = container else {
        return not_yet("a multipart/alternative in the mail", "There is none.");
    };
    let expected = "text/plain, text/markdown, text/html";
    is("the types of the versions", kinds(container), expected)?;
    let markdown = &container.subparts[1];
    let disposition = markdown.get_content_disposition().disposition;
    let is_shown = disposition != DispositionType::Attachment;
    ensure(is_shown, "text/markdown to be shown", "It is an attachment.")?;
    let charset = markdown.ctype.charset.to_lowercase();
    is("the charset of text/markdown", charset, "utf-8")?;
    let text = readable("the Markdown", markdown.get_body())?;
    ensure(
        text.starts_with("# Dear student") && text.trim_end().ends_with("老师"),
        "Markdown that begins with `# Dear student` and ends with `老师`",
        format!("It is {}.", show(&text)),
    )
}

#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let mail = sent_mail(LESSON, &[])?;
    let mail = readable("a mail", parse_mail(mail.message.as_bytes()))?;
    is("the type of the mail", &mail.ctype.mimetype, "multipart/mixed")?;
    let [versions, file] = &mail.subparts[..] else {
        return not_yet("a mail of two parts", format!("Its parts are {}.", kinds(&mail)));
    };
    is("the type of its first part", &versions.ctype.mimetype, "multipart/alternative")?;
    // Exercise 1 puts a third one between the two.
    let came = kinds(versions);
    let are_so = came.starts_with("text/plain, ") && came.ends_with(", text/html");
    ensure(are_so, "text/plain and text/html in it", format!("Its parts are {came}."))?;
    let disposition = file.get_content_disposition();
    let name = disposition.params.get("filename").map_or("", String::as_str);
    is("the name of the second part", name, "homework.txt")?;
    let is_attached = disposition.disposition == DispositionType::Attachment;
    ensure(is_attached, "the second part to be an attachment", "It is none.")?;
    let text = readable("homework.txt", file.get_body())?;
    is("the text in homework.txt", text.trim_end(), "Read chapter 8.")
}
