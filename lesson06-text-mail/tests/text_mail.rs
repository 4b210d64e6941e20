//! Lesson 06 against SMTP servers of plain sockets.
#![cfg(test)]

use std::net::TcpListener;
use std::sync::mpsc::channel;

use testing::{Ended, Folder, Program, command, fails, polite_smtp, refuses, run, smtp_server};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson06-text-mail");

/// Runs the lesson with these lines in its `.env`.
fn run_with(lines: &[&str], arguments: &[&str]) -> Ended {
    let folder = Folder::create();
    folder.write(".env", &lines.join("\n"));
    Program::start(command(LESSON, &folder).args(arguments)).finish()
}

#[test]
fn hands_the_mail_to_the_server() {
    let (addr, server) = smtp_server(polite_smtp);
    let url = format!("smtp://{addr}");
    let to = "a@b.example，Student <c@d.example>";
    let ended = run(LESSON, &["--smtp-url", &url, "--mail-to", to]);
    assert_eq!((ended.status, &*ended.stdout), (Some(0), "250 taken\n"));
    assert!(ended.stderr.ends_with(&format!("sent the mail to {url}: 250 taken\n")));
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
fn each_step_that_fails_ends_the_lesson() {
    for (command, answer, why, hint) in [
        ("EHLO", "530 log in\r\n", "cannot connect to URL: permanent", "is it the right server?"),
        (
            "AUTH",
            "535 no practice\r\n",
            "cannot log in as laoshi@qq.example: ",
            "authorization code",
        ),
        ("RCPT", "550 unknown\r\n", "cannot send the mail to URL: permanent", "LESSON_MAIL_TO"),
        (".", "", "cannot send the mail to URL: no whole reply", "may have taken the mail"),
    ] {
        let (addr, server) =
            smtp_server(
                move |line| {
                    if line.starts_with(command) { answer.into() } else { polite_smtp(line) }
                },
            );
        let url = format!("smtp://{addr}");
        let ended = run(LESSON, &["--smtp-url", &url]);
        assert_eq!(ended.stdout, "");
        fails(&ended, &why.replace("URL", &url), hint);
        server.join().unwrap();
    }
}

#[test]
fn a_server_silent_at_quit_holds_nobody() {
    let (end, has_ended) = channel::<()>();
    let (addr, server) = smtp_server(move |line| {
        if line == "QUIT" {
            let _ = has_ended.recv();
        }
        polite_smtp(line)
    });
    let url = format!("smtp://{addr}");
    let ended = run(LESSON, &["--smtp-url", &url, "--timeout", "3600"]);
    assert_eq!((ended.status, &*ended.stdout), (Some(0), "250 taken\n"), "{ended:?}");
    assert!(ended.stderr.contains(&format!("cannot leave {url}: timed out")), "{ended:?}");
    drop(end);
    server.join().unwrap();
}

/// Linux takes a connection to 0.0.0.0 for one to this machine, but nobody would call that
/// loopback: so a server listens here where another machine could be.
#[test]
fn nothing_built_in_goes_to_another_machine() {
    let (addr, server) = smtp_server(polite_smtp);
    let url = format!("smtp://0.0.0.0:{}", addr.port());
    let flags = ["--smtp-url", &url, "--allow-plaintext", "yes"];
    let lines = [
        "LESSON_SMTP_USER=me@y.example",
        "LESSON_SMTP_PASSWORD=secret",
        "LESSON_MAIL_TO=you@y.example",
    ];
    let ended = run_with(&lines[..1], &flags);
    let missing = "LESSON_SMTP_PASSWORD, LESSON_MAIL_TO must be filled in";
    refuses(&ended, missing, "LESSON_SMTP_PASSWORD=...  LESSON_MAIL_TO=...");
    let help = run_with(&lines[..1], &[&flags[..], &["--help"]].concat()).stdout;
    let empty = help.matches("now:  (from the default for another machine)").count();
    assert_eq!(empty, 2, "{help}");
    if cfg!(target_os = "linux") {
        assert_eq!(run_with(&lines, &flags).status, Some(0));
        // me@y.example and its password: nobody has connected before.
        assert_eq!(server.join().unwrap()[1], "AUTH PLAIN AG1lQHkuZXhhbXBsZQBzZWNyZXQ=");
    }
}

#[test]
fn nobody_listens() {
    let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ended = run(LESSON, &["--smtp-url", &format!("smtp://{addr}")]);
    let command = format!("cargo run -p practice-servers -- --qq-smtp-addr {addr}");
    fails(&ended, "connection refused", &command);
}

#[test]
fn wrong_settings_are_found_before_anything_is_sent() {
    for (flag, value, problem, hint) in [
        ("--smtp-url", "smtp.163.example", "does not begin with", "smtps://smtp.163.example"),
        ("--smtp-url", "smtp://mail.example", "would travel in clear", "--allow-plaintext yes"),
        ("--mail-to", "", "nobody would get the mail", "a right one is --mail-to"),
        ("--mail-to", "a@b.example,nonsense", "something in it is not an address", "a@b.example"),
        ("--mail-from", "a b@c.example", "LESSON_MAIL_FROM is ", "a@b.example"),
    ] {
        refuses(&run(LESSON, &[flag, value]), problem, hint);
    }
}
