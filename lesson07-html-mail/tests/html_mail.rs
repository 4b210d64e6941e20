//! Lesson 07 against an SMTP server of plain sockets.
#![cfg(test)]

use testing::{come_in_order, handed_in};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson07-html-mail");

#[test]
fn sends_html() {
    let content = ["Content-Type: text/html; charset=utf-8", "<h1>Dear student</h1>"];
    come_in_order(&handed_in(LESSON, &[]), &content);
}
