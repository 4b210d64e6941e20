//! Lesson 11 against an SMTP server of plain sockets.
#![cfg(test)]

use testing::{polite_smtp, run, smtp_server};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson11-headers-mail");

/// Everything that the server is told.
fn told(arguments: &[&str]) -> Vec<String> {
    let (addr, server) = smtp_server(polite_smtp);
    let url = format!("smtp://{addr}");
    let ended = run(LESSON, &[&["--smtp-url", &url], arguments].concat());
    assert_eq!((ended.status, &*ended.stdout), (Some(0), "250 taken\n"), "{ended:?}");
    server.join().unwrap()
}

fn recipients(lines: &[String]) -> Vec<&str> {
    let recipients = lines.iter().filter_map(|line| line.strip_prefix("RCPT TO:"));
    recipients.collect()
}

#[test]
fn all_headers_but_bcc() {
    let lines = told(&[]);
    assert_eq!(
        recipients(&lines),
        ["<xuesheng@sina.example>", "<banzhang@sina.example>", "<zhujiao@qq.example>"]
    );
    for line in [
        // 王老师, 学生 and 你好：一封有抄送的邮件, as RFC 2047 writes them.
        "From: =?utf-8?b?546L6ICB5biI?= <laoshi@qq.example>",
        "To: =?utf-8?b?5a2m55Sf?= <xuesheng@sina.example>",
        "Cc: banzhang@sina.example",
        "Reply-To: \"Teacher Wang\" <laoshi@qq.example>",
        "Subject: =?utf-8?b?5L2g5aW977ya5LiA5bCB5pyJ5oqE6YCB55qE6YKu5Lu2?=",
        "MIME-Version: 1.0",
    ] {
        assert!(lines.iter().any(|other| other == line), "{line}: {lines:?}");
    }
    let data = lines.iter().position(|line| line == "DATA").unwrap();
    assert!(!lines[data..].iter().any(|line| line.contains("zhujiao") || line.starts_with("Bcc")));
}

#[test]
fn copies_to_several_or_to_none() {
    let lines = told(&["--mail-cc", "", "--mail-bcc", "a@b.example,c@d.example"]);
    let expected = ["<xuesheng@sina.example>", "<a@b.example>", "<c@d.example>"];
    assert_eq!(recipients(&lines), expected);
    // An empty field would be a wrong one (RFC 5322 section 3.6.3).
    let lines = told(&["--mail-cc", "", "--mail-bcc", "", "--mail-reply-to", "x@y.example"]);
    assert_eq!(recipients(&lines), ["<xuesheng@sina.example>"]);
    assert!(!lines.iter().any(|line| line.starts_with("Cc")), "{lines:?}");
    // It has a name of its own, or none.
    assert!(lines.iter().any(|line| line == "Reply-To: x@y.example"), "{lines:?}");
}
