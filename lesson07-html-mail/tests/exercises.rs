//! The exercises of lesson 07, checked from outside: `cargo run -- check 07`.
#![cfg(test)]

use mailparse::{MailHeaderMap, ParsedMail, parse_mail};
use testing::exercise::{Check, ensure, is, not_yet, readable, sent_mail, show};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson07-html-mail");
const PICTURE: &[u8] = include_bytes!("../../lesson08-attachment-mail/picture.png");

/// The HTML in the mail, wherever it lies.
fn html(mail: &ParsedMail) -> Check<String> {
    match mail.parts().find(|part| part.ctype.mimetype == "text/html") {
        Some(part) => readable("HTML", part.get_body()),
        None => not_yet("a mail with a part of type text/html", "It has none."),
    }
}

#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    for (to, name) in [
        ("Tom & Jerry & I <x@sina.example>, Other <y@sina.example>", "Tom &amp; Jerry &amp; I"),
        ("a&b@sina.example", "a&amp;b@sina.example"),
        ("\"<1> < <2>\" <x@sina.example>", "&lt;1&gt; &lt; &lt;2&gt;"),
        ("\"&lt;\" <x@sina.example>", "&amp;lt;"),
    ] {
        let mail = sent_mail(LESSON, &["--mail-to", to])?;
        let mail = readable("a mail", parse_mail(mail.message.as_bytes()))?;
        let page = html(&mail)?;
        let heading = format!("<h1>Dear {name}</h1>");
        for expected in [heading.as_str(), "<b>SMTP</b>"] {
            let came = format!("The page is `{}`.", page.trim_end());
            let expectation = format!("`{expected}` in the page for {to}");
            ensure(page.contains(expected), expectation, came)?;
        }
    }
    Ok(())
}

#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let message = sent_mail(LESSON, &[])?.message;
    let mail = readable("a mail", parse_mail(message.as_bytes()))?;
    let kinds: Vec<_> = mail.parts().map(|part| part.ctype.mimetype.as_str()).collect();
    let expected = "multipart/related, text/html, image/png";
    is("the types of the parts", kinds.join(", "), expected)?;
    let page = html(&mail)?;
    let sources = ["src=\"cid:picture\"", "src='cid:picture'", "src=cid:picture"];
    ensure(
        sources.iter().any(|source| page.contains(source)),
        "`<img src=\"cid:picture\">` in the page",
        format!("The page is `{}`.", page.trim_end()),
    )?;
    let picture = &mail.subparts[1];
    let id = picture.headers.get_first_value("Content-ID").unwrap_or_default();
    is("the Content-ID of the picture", id, "<picture>")?;
    let bytes = readable("a picture", picture.get_body_raw())?;
    ensure(bytes == PICTURE, "the bytes of picture.png", format!("They are {}.", show(&bytes)))
}
