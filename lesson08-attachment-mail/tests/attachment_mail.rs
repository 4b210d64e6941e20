//! Lesson 08 against an SMTP server of plain sockets.
#![cfg(test)]

use std::fs;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use testing::{Ended, Folder, fails, polite_smtp, refuses, run, smtp_server};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson08-attachment-mail");

/// The lines of the part with the attachment, for which `--attachment` names the file.
fn attachment(arguments: &[&str]) -> Vec<String> {
    let (addr, server) = smtp_server(polite_smtp);
    let url = format!("smtp://{addr}");
    let ended = run(LESSON, &[&["--smtp-url", &url], arguments].concat());
    assert_eq!((ended.status, &*ended.stdout), (Some(0), "250 taken\n"), "{ended:?}");
    let lines = server.join().unwrap();
    let place = |start: &str| lines.iter().position(|line| line.starts_with(start)).unwrap();
    assert!(place("Content-Type: multipart/mixed;") < place("this mail came"));
    let start = place("Content-Disposition: attachment;");
    assert!(place("this mail came") < start);
    lines[start..].to_vec()
}

/// The bytes that the lines of base64 after the empty one stand for.
fn decoded(part: &[String]) -> Vec<u8> {
    let start = part.iter().position(|line| line.is_empty()).unwrap() + 1;
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let mut bits = 0_u32;
    let mut count = 0;
    for digit in part[start..]
        .iter()
        .take_while(|line| !line.starts_with("--"))
        .flat_map(|line| line.chars())
    {
        if let Some(value) = alphabet.find(digit) {
            bits = bits << 6 | value as u32;
            count += 6;
        }
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

#[test]
fn sends_its_picture() {
    let part = attachment(&[]);
    assert_eq!(part[0], "Content-Disposition: attachment; filename=\"picture.png\"");
    assert!(decoded(&part) == include_bytes!("../picture.png"));
}

#[test]
fn sends_any_file_byte_for_byte_under_its_name() {
    let folder = Folder::create();
    let every_byte: Vec<u8> = (0..=255).cycle().take(1_000_000).collect();
    for (name, bytes) in [
        ("报告 最终.bin", &every_byte[..]),
        ("text.txt", b"bare\nline ends\r.\r\n.\r\n\0"),
        ("empty", b""),
        ("quote\".bin", b"x"),
    ] {
        let path = folder.path().join(name);
        // Windows has no such name.
        if fs::write(&path, bytes).is_err() {
            continue;
        }
        let part = attachment(&["--attachment", path.to_str().unwrap()]);
        assert!(decoded(&part) == bytes, "{name}");
        let header = part[..4].join("");
        match name {
            // RFC 2231: UTF-8, percent-encoded, in pieces.
            "报告 最终.bin" => {
                let start = "filename*0*=utf-8''%E6%8A%A5%E5%91%8A%20%E6%9C%80%E7%BB%88.b;";
                assert!(header.contains(start) && header.contains("filename*1*=in"), "{header}");
            }
            "quote\".bin" => assert!(header.contains(r#"quote\".bin"#), "{header}"),
            name => assert!(header.contains(&format!("filename=\"{name}\"")), "{header}"),
        }
    }
}

/// What the lesson ends with when the server says this in the middle of the mail, and hangs up.
fn broken_off(words: &'static str) -> Ended {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let mut sender = listener.accept().unwrap().0;
        let mut lines = BufReader::new(sender.try_clone().unwrap()).lines();
        sender.write_all(&polite_smtp("")).unwrap();
        while let Some(Ok(line)) = lines.next() {
            sender.write_all(&polite_smtp(&line)).unwrap();
            if line == "DATA" {
                break;
            }
        }
        lines.by_ref().take(100).for_each(drop);
        sender.write_all(words.as_bytes()).unwrap();
    });
    let folder = Folder::create();
    let file = folder.path().join("large.bin");
    fs::write(&file, vec![0; 20_000_000]).unwrap();
    let url = format!("smtp://{addr}");
    let ended = run(LESSON, &["--smtp-url", &url, "--attachment", file.to_str().unwrap()]);
    server.join().unwrap();
    ended
}

#[test]
fn a_mail_that_is_too_large_is_called_so_in_its_middle() {
    fails(&broken_off(""), "cannot send the mail", "has not taken it: perhaps it is too large");
    // Elsewhere, what the server said may be lost with the connection.
    if cfg!(target_os = "linux") {
        let ended = broken_off("552 5.3.4 too much\r\n");
        fails(&ended, "(552): 5.3.4 too much", "the mail is too large");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    for path in ["missing file.txt", "."] {
        let ended = run(LESSON, &["--attachment", path]);
        refuses(
            &ended,
            &format!("LESSON_ATTACHMENT is \"{path}\" (from the flag"),
            "see what it takes",
        );
    }
}
