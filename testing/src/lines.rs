//! The other side of a lesson that speaks SMTP or POP3: servers that answer line after line.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use crate::{PATIENCE, Server, run, succeed};

/// The server's side of one connection. What it says is up to `answer`, which gets each command,
/// the empty text for the greeting, and `.` for the end of a message; an empty answer closes the
/// connection. Returns every line that came.
pub fn talk(stream: TcpStream, mut answer: impl FnMut(&str) -> Vec<u8>) -> Vec<String> {
    succeed("set a time-out", stream.set_read_timeout(Some(PATIENCE)));
    let mut sender = succeed("copy", stream.try_clone());
    let mut lines = Vec::new();
    let mut is_message = false;
    let mut answered = answer("");
    let mut received = BufReader::new(stream).lines();
    while is_message || !answered.is_empty() {
        if sender.write_all(&answered).is_err() {
            break;
        }
        let Some(Ok(line)) = received.next() else {
            break;
        };
        let is_content = is_message && line != ".";
        answered = if is_content { Vec::new() } else { answer(&line) };
        is_message = is_content || (line == "DATA" && answered.starts_with(b"3"));
        lines.push(line);
    }
    lines
}

/// What an SMTP server answers that takes everything.
pub fn polite_smtp(command: &str) -> Vec<u8> {
    let verb = command.get(..4).unwrap_or(command);
    let answer = match verb {
        "" => "220 test.example",
        "EHLO" => "250-test.example\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN",
        "AUTH" => "235 welcome",
        "DATA" => "354 go on",
        "QUIT" => "221 goodbye",
        "." => "250 taken",
        _ => "250 yes",
    };
    format!("{answer}\r\n").into_bytes()
}

/// Runs a lesson that sends a mail, against a server that takes everything. Returns every line that
/// came there, among them the fields that each mail has.
#[track_caller]
pub fn handed_in(lesson: &str, arguments: &[&str]) -> Vec<String> {
    let server = Server::start(|_, stream| talk(stream, polite_smtp));
    let url = format!("smtp://{}", server.addr);
    let ended = run(lesson, &[&["--smtp-url", &url], arguments].concat());
    assert_eq!((ended.status, &*ended.stdout), (Some(0), "250 taken\n"), "{ended:?}");
    let last = format!("sent the mail to {url}: 250 taken\n");
    assert!(ended.stderr.ends_with(&last), "{ended:?}");
    let lines = server.results().concat();
    for start in ["Date: ", "Message-ID: <", "MIME-Version: 1.0"] {
        assert!(lines.iter().any(|line| line.starts_with(start)), "{start}: {lines:#?}");
    }
    lines
}

/// Expects lines that begin so, in this order; others may stand between them.
#[track_caller]
pub fn come_in_order(lines: &[String], starts: &[&str]) {
    let mut rest = lines.iter();
    for start in starts {
        // The next search goes on behind the line that this one finds.
        assert!(rest.any(|line| line.starts_with(start)), "{start}: {lines:#?}");
    }
}

/// A reply with lines, of which those that begin with a dot get one more (RFC 1939 section 3).
pub fn pop3_lines(text: &[u8]) -> Vec<u8> {
    let mut reply = b"+OK\r\n".to_vec();
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            reply.push(b'.');
        }
        reply.extend(line);
    }
    reply.extend(if text.ends_with(b"\r\n") { &b".\r\n"[..] } else { b"\r\n.\r\n" });
    reply
}
