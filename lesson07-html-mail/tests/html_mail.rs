//! Lesson 07 against an SMTP server of plain sockets.
#![cfg(test)]

use testing::{polite_smtp, run, smtp_server};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson07-html-mail");

#[test]
fn sends_html() {
    let (addr, server) = smtp_server(polite_smtp);
    let ended = run(LESSON, &["--smtp-url", &format!("smtp://{addr}")]);
    assert_eq!((ended.status, &*ended.stdout), (Some(0), "250 taken\n"));
    let lines = server.join().unwrap();
    for line in
        ["Subject: An HTML mail", "MIME-Version: 1.0", "Content-Type: text/html; charset=utf-8"]
    {
        assert!(lines.iter().any(|other| other == line), "{line}: {lines:?}");
    }
    for start in ["Date: ", "Message-ID: <", "<h1>Dear student</h1>"] {
        assert!(lines.iter().any(|line| line.starts_with(start)), "{start}: {lines:?}");
    }
}
