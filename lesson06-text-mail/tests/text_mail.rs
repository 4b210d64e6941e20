//! Lesson 06 against SMTP servers of plain sockets.
#![cfg(test)]

use std::net::{SocketAddr, TcpListener};

use shared::testing::{Ended, Folder, Program, command, polite_smtp, run, smtp_server};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson06-text-mail");

fn send_to(addr: SocketAddr, arguments: &[&str]) -> Ended {
    let url = format!("smtp://{addr}");
    run(LESSON, &[&["--smtp-url", &url], arguments].concat())
}

/// What the lesson ends with when a server gives this answer to the command that begins so.
fn ends_with(command: &'static str, answer: &'static [u8]) -> Ended {
    let (addr, server) = smtp_server(move |line| match line.starts_with(command) {
        true if !command.is_empty() || line.is_empty() => answer.to_vec(),
        _ => polite_smtp(line),
    });
    let ended = send_to(addr, &["--timeout", "0.5"]);
    server.join().unwrap();
    ended
}

#[track_caller]
fn fails(ended: &Ended, why: &str, hint: &str) {
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert_eq!(ended.stdout, "");
    let (problem, said) = ended.stderr.split_once("\nhint: ").unwrap();
    let start = "Error: cannot send the mail to smtp://127.0.0.1:";
    assert!(problem.starts_with(start) && problem.contains(why), "{problem}");
    assert!(said.contains(hint) && said.lines().count() == 1, "{ended:?}");
    assert!(!ended.stderr.contains("practice\n") && !ended.stderr.contains("cHJhY3RpY2U"));
}

#[test]
fn hands_the_mail_to_the_server() {
    let (addr, server) = smtp_server(polite_smtp);
    let ended = send_to(addr, &["--mail-to", "a@b.example, Student <c@d.example>"]);
    assert_eq!((ended.status, &*ended.stdout), (Some(0), "250 taken\n"));
    assert!(ended.stderr.ends_with(&format!("sent the mail to smtp://{addr}\n")));
    let lines = server.join().unwrap();
    // laoshi@qq.example and the password, in base64.
    let login = "AUTH PLAIN AGxhb3NoaUBxcS5leGFtcGxlAHByYWN0aWNl";
    assert_eq!(lines[1], login);
    assert!(lines[2].starts_with("MAIL FROM:<laoshi@qq.example>"), "{}", lines[2]);
    assert_eq!(lines[3..6], ["RCPT TO:<a@b.example>", "RCPT TO:<c@d.example>", "DATA"]);
    let end = lines.iter().position(|line| line == ".").unwrap();
    assert_eq!(lines[end + 1..], ["QUIT"]);
    let mail = lines[6..end].join("\n");
    for line in [
        "From: laoshi@qq.example",
        "To: a@b.example, Student <c@d.example>",
        "Subject: A plain text mail",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "this mail came to you over SMTP.",
    ] {
        assert!(mail.contains(&format!("\n{line}\n")) || mail.starts_with(line), "{line}: {mail}");
    }
    assert!(mail.contains("\nDate: ") && mail.contains("\nMessage-ID: <"), "{mail}");
}

#[test]
fn settings_say_who_sends_and_to_whom() {
    let (addr, server) = smtp_server(polite_smtp);
    let folder = Folder::create();
    folder.write(".env", "LESSON_SMTP_USER=x@y.example\nLESSON_SMTP_PASSWORD='p w'\n");
    let mut command = command(LESSON, &folder);
    command.args(["--smtp-url", &format!("smtp://{addr}"), "--mail-from", "z@y.example"]);
    let ended = Program::start(&mut command).finish();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let lines = server.join().unwrap();
    assert_eq!(lines[1], "AUTH PLAIN AHhAeS5leGFtcGxlAHAgdw==");
    assert!(lines[2].starts_with("MAIL FROM:<z@y.example>"), "{}", lines[2]);
}

#[test]
fn a_password_that_the_server_repeats_is_not_shown() {
    let (addr, server) = smtp_server(|line| match line.starts_with("AUTH") {
        true => b"535 top secret is wrong\r\n".to_vec(),
        false => polite_smtp(line),
    });
    let folder = Folder::create();
    folder.write(".env", "LESSON_SMTP_PASSWORD='top secret'\n");
    let mut command = command(LESSON, &folder);
    command.args(["--smtp-url", &format!("smtp://{addr}")]);
    let ended = Program::start(&mut command).finish();
    fails(&ended, "(535): **** is wrong", "authorization code");
    server.join().unwrap();
}

#[test]
fn what_a_server_refuses_is_explained() {
    let code = "authorization code";
    fails(&ends_with("AUTH", b"535 Login fail.\r\n"), "(535)", code);
    // Real providers say it in GBK.
    let gbk = b"535 \xb5\xc7\xc2\xbc\xca\xa7\xb0\xdc\r\n";
    fails(&ends_with("AUTH", gbk), "UTF-8", code);
    fails(&ends_with("MAIL", b"501 not you\r\n"), "(501): not you", "LESSON_MAIL_FROM");
    fails(
        &ends_with("MAIL", b"530 STARTTLS first\r\n"),
        "(530): STARTTLS first",
        "?tls=required with port 587",
    );
    fails(&ends_with("MAIL", b"553 not you\r\n"), "(553): not you", "LESSON_MAIL_FROM");
    fails(&ends_with("RCPT", b"550 unknown\r\n"), "(550): unknown", "LESSON_MAIL_TO");
    fails(&ends_with(".", b"552 too much\r\n"), "(552): too much", "too large");
    fails(&ends_with("EHLO", b"250 nothing\r\n"), "No compatible", "?tls=required");
    fails(&ends_with("DATA", b"451 later\r\n"), "(451): later", "try again later");
}

#[test]
fn whatever_a_server_does_ends_in_one_line_and_one_hint() {
    let ports = "smtp:// goes with port 25, ?tls=required with 587";
    fails(&ends_with("", b"421 busy\r\n"), "(421): busy", "try again later");
    fails(&ends_with("", b"HTTP/1.1 400\r\n"), "response error", "SMTP server");
    fails(&ends_with("", b"250"), "timed out", ports);
    fails(&ends_with("EHLO", b"250-half\r\n"), "timed out", ports);
    for closing in ["", "EHLO", "AUTH", "RCPT", "."] {
        fails(&ends_with(closing, b""), "incomplete", "broke off");
    }
    // Nothing of it does anything to a terminal.
    let ended = ends_with("MAIL", b"553 \x1b[2J\x07\r\n");
    fails(&ended, "\\u{1b}[2J\\u{7}", "LESSON_MAIL_FROM");
    let mut endless = [&b"250-"[..], &[b'x'; 400], b"\r\n"].concat().repeat(10_000);
    fails(&ends_with("EHLO", endless.leak()), "too large", "SMTP server");
    endless = vec![b'x'; 1 << 20];
    fails(&ends_with("", endless.leak()), "timed out", ports);
}

#[test]
fn nobody_listens() {
    let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    fails(&send_to(addr, &[]), "connection refused", "cargo run -p practice-servers");
}

#[test]
fn wrong_settings_are_found_before_anything_is_sent() {
    for (flag, value, problem) in [
        ("--smtp-url", "http://127.0.0.1", "it does not begin with smtp:// or smtps://"),
        ("--smtp-url", "smtp://127.0.0.1:0", "port 0 is for servers"),
        ("--smtp-url", "smtp://127.0.0.1:25x", "not ADDRESS:PORT"),
        (
            "--smtp-url",
            "smtps://mail.example?tls=nonsense",
            "what follows the ? means nothing here",
        ),
        ("--smtp-url", "smtp://mail.example", "the password would travel in clear"),
        (
            "--smtp-url",
            "smtp://192.0.2.1:25?tls=opportunistic",
            "the password would travel in clear",
        ),
        ("--mail-to", "", "nobody would get the mail"),
        ("--mail-to", "a@b.example,nonsense", "\"nonsense\" is not an address"),
        ("--mail-from", "a b@c.example", "is not an address"),
        ("--allow-plaintext", "maybe", "not one of yes and no"),
    ] {
        let ended = run(LESSON, &[flag, value]);
        assert_eq!(ended.status, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(problem), "{ended:?}");
        assert!(ended.stderr.contains("\nhint: "), "{ended:?}");
    }
    let ended = run(LESSON, &["--smtp-url", "smtp://me:secret@mail.example"]);
    assert!(ended.stderr.contains("users and passwords have settings of their own"), "{ended:?}");
    assert!(ended.stderr.contains("\"****@mail.example\"") && !ended.stderr.contains("secret"));
    let ended = run(LESSON, &["--smtp-password=secret"]);
    assert_eq!(ended.status, Some(2), "{ended:?}");
    assert!(!ended.stderr.contains("secret"), "{ended:?}");
    let help = run(LESSON, &["--help"]).stdout;
    assert!(
        help.contains("LESSON_SMTP_PASSWORD (no flag)") && help.contains("now: ****"),
        "{help}"
    );
}
