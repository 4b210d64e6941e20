//! Lesson 12 against an SMTP server of plain sockets.
#![cfg(test)]

use testing::{come_in_order, handed_in};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson12-alternative-mail");

#[test]
fn sends_the_text_before_the_html() {
    let expected = [
        "Content-Type: multipart/alternative;",
        "Content-Type: text/plain; charset=utf-8",
        "this text came",
        "Content-Type: text/html; charset=utf-8",
        "<h1>Dear student</h1>",
    ];
    come_in_order(&handed_in(LESSON, &[]), &expected);
}
