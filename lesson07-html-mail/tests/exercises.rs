//! The exercises of lesson 07, checked from outside: `cargo run -- check 07`.
#![cfg(test)]

use mailparse::{MailHeaderMap, ParsedMail, parse_mail};
use testing::exercise::{Check, not_yet, readable, sent_mail, show};

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
            if !page.contains(expected) {
                let page = page.trim_end();
                return not_yet(
                    format!("`{expected}` in the page for {to}"),
                    format!("The page is `{page}`."),
                );
            }
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
    if kinds != ["multipart/related", "text/html", "image/png"] {
        let kinds = kinds.join(", ");
        return not_yet(
            "a mail of the parts multipart/related, text/html, image/png",
            format!("Its parts are {kinds}."),
        );
    }
    let page = html(&mail)?;
    let is_shown = ["src=\"cid:picture\"", "src='cid:picture'", "src=cid:picture"];
    if !is_shown.iter().any(|source| page.contains(source)) {
        let came = format!("The page is `{}`.", page.trim_end());
        return not_yet("`<img src=\"cid:picture\">` in the page", came);
    }
    let picture = &mail.subparts[1];
    match picture.headers.get_first_value("Content-ID").as_deref() {
        Some("<picture>") => {}
        Some(id) => {
            return not_yet("the picture to have Content-ID: <picture>", format!("It is {id}."));
        }
        None => return not_yet("the picture to have Content-ID: <picture>", "It has none."),
    }
    match readable("a picture", picture.get_body_raw())? {
        bytes if bytes == PICTURE => Ok(()),
        bytes => not_yet("the bytes of picture.png", format!("They are {}.", show(&bytes))),
    }
}
