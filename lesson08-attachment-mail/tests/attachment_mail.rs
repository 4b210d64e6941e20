//! Lesson 08 against an SMTP server of plain sockets.
#![cfg(test)]

use std::fs;

use mailparse::{DispositionType, parse_mail};
use testing::{Folder, handed_in, refuses, run};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson08-attachment-mail");

/// Expects the lesson to send these bytes in an attachment whose header, in one line, holds this.
#[track_caller]
fn attaches(arguments: &[&str], bytes: &[u8], expected: &str) {
    let lines = handed_in(LESSON, arguments);
    let data = lines.iter().position(|line| line == "DATA").unwrap();
    let message = lines[data + 1..].join("\r\n");
    let mail = parse_mail(message.as_bytes()).unwrap();
    assert_eq!(mail.ctype.mimetype, "multipart/mixed");
    let [text, attachment] = &mail.subparts[..] else { panic!("{message}") };
    assert!(text.get_body().unwrap().contains("this mail came"), "{message}");
    let disposition = attachment.get_content_disposition();
    assert_eq!(disposition.disposition, DispositionType::Attachment);
    let header = String::from_utf8_lossy(attachment.get_headers().get_raw_bytes());
    assert!(header.replace("\r\n", "").contains(expected), "{header}");
    assert!(attachment.get_body_raw().unwrap() == bytes, "{header}");
}

#[test]
fn sends_any_file_byte_for_byte_under_its_name() {
    let folder = Folder::create();
    let every_byte: Vec<u8> = (0..=255).cycle().take(1_000_000).collect();
    // RFC 2231: UTF-8, percent-encoded, in pieces.
    let pieces = "filename*0*=utf-8''%E6%8A%A5%E5%91%8A%20%E6%9C%80%E7%BB%88.b; filename*1*=in";
    for (name, bytes, expected) in [
        ("报告 最终.bin", &every_byte[..], pieces),
        ("text.txt", b"bare\nline ends\r.\r\n.\r\n\0", "filename=\"text.txt\""),
        ("empty", b"", "filename=\"empty\""),
        ("quote\".bin", b"x", r#"quote\".bin"#),
    ] {
        let path = folder.path().join(name);
        // Windows has no file of the last name.
        if fs::write(&path, bytes).is_ok() {
            attaches(&["--attachment", path.to_str().unwrap()], bytes, expected);
        }
    }
    attaches(&[], include_bytes!("../picture.png"), "filename=\"picture.png\"");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    for path in ["missing file.txt", "."] {
        let ended = run(LESSON, &["--attachment", path]);
        let problem = format!("LESSON_ATTACHMENT is \"{path}\" (from the flag");
        refuses(&ended, &problem, "see what it takes");
    }
}
