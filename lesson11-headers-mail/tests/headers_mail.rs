//! Lesson 11 against an SMTP server of plain sockets.
#![cfg(test)]

use testing::{come_in_order, handed_in};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson11-headers-mail");

#[test]
fn all_headers_but_bcc() {
    let lines = handed_in(LESSON, &[]);
    let recipients = ["xuesheng@sina.example", "banzhang@sina.example", "zhujiao@qq.example"];
    assert_eq!(lines[3..6], recipients.map(|address| format!("RCPT TO:<{address}>")));
    let message = &lines[6..];
    let expected = [
        "DATA",
        "Cc: banzhang@sina.example",
        // 王老师, 学生 and 你好：一封有抄送的邮件, as RFC 2047 writes them.
        "From: =?utf-8?b?546L6ICB5biI?= <laoshi@qq.example>",
        "To: =?utf-8?b?5a2m55Sf?= <xuesheng@sina.example>",
        "Reply-To: \"Teacher Wang\" <laoshi@qq.example>",
        "Subject: =?utf-8?b?5L2g5aW977ya5LiA5bCB5pyJ5oqE6YCB55qE6YKu5Lu2?=",
    ];
    come_in_order(message, &expected);
    assert!(!message.iter().any(|line| line.contains("zhujiao") || line.starts_with("Bcc")));
}

#[test]
fn copies_to_several_or_to_none() {
    let lines = handed_in(LESSON, &["--mail-cc", "", "--mail-bcc", "a@b.example,c@d.example"]);
    assert_eq!(lines[4..7], ["RCPT TO:<a@b.example>", "RCPT TO:<c@d.example>", "DATA"]);
    let none = ["--mail-cc", "", "--mail-bcc", "", "--mail-reply-to", "x@y.example"];
    let lines = handed_in(LESSON, &none);
    assert_eq!(lines[3..5], ["RCPT TO:<xuesheng@sina.example>", "DATA"]);
    // An empty field would be a wrong one (RFC 5322 section 3.6.3).
    assert!(!lines.iter().any(|line| line.starts_with("Cc")), "{lines:?}");
    // Its own setting says who gets the answers, with a name or without.
    assert!(lines.contains(&"Reply-To: x@y.example".to_string()), "{lines:?}");
}
