//! Lesson 06 against SMTP servers of plain sockets.
#![cfg(test)]

use std::net::TcpListener;

use testing::{Server, come_in_order, fails, handed_in, polite_smtp, refuses, run, talk};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson06-text-mail");

#[test]
fn hands_the_mail_to_the_server() {
    let lines = handed_in(LESSON, &["--mail-to", "a@b.example，Student <c@d.example>"]);
    let expected = [
        // laoshi@qq.example and the password, in base64.
        "AUTH PLAIN AGxhb3NoaUBxcS5leGFtcGxlAHByYWN0aWNl",
        "MAIL FROM:<laoshi@qq.example>",
        "RCPT TO:<a@b.example>",
        "RCPT TO:<c@d.example>",
        "DATA",
        "From: laoshi@qq.example",
        "To: a@b.example, Student <c@d.example>",
        "Subject: A plain text mail",
        "Content-Type: text/plain; charset=utf-8",
        "this mail came to you over SMTP.",
        ".",
        "QUIT",
    ];
    come_in_order(&lines, &expected);
}

#[test]
fn each_step_that_fails_ends_the_lesson_but_the_last_one() {
    for (command, answer, why, hint) in [
        ("EHLO", "530 log in\r\n", "cannot connect to URL: permanent", "is it the right server?"),
        ("AUTH", "535 no\r\n", "cannot log in as laoshi@qq.example: ", "authorization code"),
        ("RCPT", "550 unknown\r\n", "cannot send the mail to URL: permanent", "LESSON_MAIL_TO"),
        (".", "", "cannot send the mail to URL: no whole reply", "may have taken the mail"),
        // The server begins a reply, and no more comes.
        ("QUIT", "221-", "cannot leave URL: timed out", ""),
    ] {
        let answer = move |line: &str| {
            if line.starts_with(command) { answer.into() } else { polite_smtp(line) }
        };
        let server = Server::start(move |_, stream| talk(stream, answer));
        let url = format!("smtp://{}", server.addr);
        let why = why.replace("URL", &url);
        let ended = run(LESSON, &["--smtp-url", &url, "--timeout", "3600"]);
        if command == "QUIT" {
            assert_eq!((ended.status, &*ended.stdout), (Some(0), "250 taken\n"), "{ended:?}");
            assert!(ended.stderr.contains(&why), "{ended:?}");
        } else {
            assert_eq!(ended.stdout, "");
            fails(&ended, &why, hint);
        }
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
        // What is built in is for the practice servers alone.
        ("--smtp-url", "smtps://mail.example", "LESSON_MAIL_TO must be filled", "LESSON_MAIL_TO="),
        ("--mail-to", "", "nobody would get the mail", "a right one is --mail-to"),
        ("--mail-from", "a b@c.example", "LESSON_MAIL_FROM is ", "a@b.example"),
    ] {
        refuses(&run(LESSON, &[flag, value]), problem, hint);
    }
}

#[test]
fn help_does_not_show_what_is_for_the_practice_servers_alone() {
    let help = run(LESSON, &["--smtp-url", "smtps://mail.example", "--help"]).stdout;
    // The user, the password and the recipients.
    let empty = help.matches("now:  (from the default for another machine)").count();
    assert_eq!(empty, 3, "{help}");
}
