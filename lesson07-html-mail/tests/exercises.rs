//! The exercises of lesson 07, checked from outside: `cargo run -- check 07`.
#![cfg(test)]

use mailparse::{MailHeaderMap, parse_mail};
use testing::exercise::{Check, not_yet, sent_mail, show};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson07-html-mail");
const PICTURE: &[u8] = include_bytes!("../../lesson08-attachment-mail/picture.png");

/// The HTML in the mail, wherever it lies.
fn html(message: &str) -> String {
    let mail = parse_mail(message.as_bytes()).unwrap();
    let html = mail.parts().find(|part| part.ctype.mimetype == "text/html");
    html.and_then(|part| part.get_body().ok()).unwrap_or_default()
}

/// A name in the page.
#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    for (to, name) in [
        ("Tom & Jerry <x@sina.example>, Other <y@sina.example>", "Tom &amp; Jerry"),
        ("a&b@sina.example", "a&amp;b@sina.example"),
        ("\"1 < 2 > 0\" <x@sina.example>", "1 &lt; 2 &gt; 0"),
    ] {
        let page = html(&sent_mail(LESSON, &["--mail-to", to])?.message);
        let heading = format!("<h1>Dear {name}</h1>");
        for expected in [heading.as_str(), "<b>SMTP</b>"] {
            if !page.contains(expected) {
                let page = page.trim_end();
                return not_yet(format!(
                    "the mail goes to {to}, expected `{expected}`: it is `{page}`"
                ));
            }
        }
    }
    Ok(())
}

/// A picture inside.
#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let message = sent_mail(LESSON, &[])?.message;
    let mail = parse_mail(message.as_bytes()).unwrap();
    let kinds: Vec<_> = mail.parts().map(|part| part.ctype.mimetype.as_str()).collect();
    if kinds != ["multipart/related", "text/html", "image/png"] {
        let kinds = kinds.join(", ");
        return not_yet(format!(
            "expected a multipart/related of text/html and image/png: it is {kinds}"
        ));
    }
    let page = html(&message);
    let tag = "<img src=\"cid:picture\"";
    if !page.contains(tag) {
        return not_yet(format!("expected `{tag}>` in the page: it is `{}`", page.trim_end()));
    }
    let picture = &mail.subparts[1];
    match picture.headers.get_first_value("Content-ID").as_deref() {
        Some("<picture>") => {}
        Some(id) => return not_yet(format!("expected Content-ID: <picture>: it is {id}")),
        None => return not_yet("expected Content-ID: <picture>: there is none"),
    }
    match picture.get_body_raw().unwrap() {
        bytes if bytes == PICTURE => Ok(()),
        bytes => not_yet(format!("expected the bytes of picture.png: they are {}", show(&bytes))),
    }
}
