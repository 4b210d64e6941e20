//! Lesson 12 against an SMTP server of plain sockets.
#![cfg(test)]

use testing::{polite_smtp, run, smtp_server};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson12-alternative-mail");

#[test]
fn sends_the_text_before_the_html() {
    let (addr, server) = smtp_server(polite_smtp);
    let ended = run(LESSON, &["--smtp-url", &format!("smtp://{addr}")]);
    assert_eq!((ended.status, &*ended.stdout), (Some(0), "250 taken\n"));
    let lines = server.join().unwrap();
    let place = |start: &str| {
        let place = lines.iter().position(|line| line.starts_with(start));
        place.unwrap_or_else(|| panic!("{start}: {lines:?}"))
    };
    place("MIME-Version: 1.0");
    place("Date: ");
    place("Message-ID: <");
    let container = place("Content-Type: multipart/alternative;");
    let text = place("Content-Type: text/plain; charset=utf-8");
    let html = place("Content-Type: text/html; charset=utf-8");
    assert!(container < text && text < html);
    assert!(text < place("this text came") && place("<h1>Dear student</h1>") > html);
}
