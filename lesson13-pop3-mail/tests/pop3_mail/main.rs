//! Lesson 13 against POP3 servers written with plain sockets.
#![cfg(test)]

mod mails;
mod server;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use server::{Session, against, answers, attachment, multipart, session, session_with};
use testing::{Folder, PATIENCE};

const LOGIN: &str = "log in as xuesheng@sina.example";
const LOGIN_HINT: &str = "check LESSON_POP3_USER and LESSON_POP3_PASSWORD";
const ANSWER_HINT: &str = "answers oddly: try again";
const REFUSED_HINT: &str = "the server gives its reason above";

#[test]
fn fetches_the_newest_and_shows_headers_tree_and_text() {
    let message =
        b"From: =?utf-8?B?6ICB5biI?= <laoshi@qq.example>\r\nTo: xuesheng@sina.example\r\n\
        Subject: =?gb18030?B?xOO6ww==?= and\r\n more\r\nDate: Mon, 23 Nov 2026 22:00:00 +0000\r\n\
        X-Other: not shown\r\n\r\nHello\r\n.\r\n..two\r\nend";
    let mut answers = answers(message);
    answers.insert("STAT", b"+OK 12 4000 and more\r\n".to_vec());
    let list = (1..=12).map(|number| format!("{number} {}\r\n", number * 100));
    answers.insert("LIST", format!("+OK\r\n{}.\r\n", list.collect::<String>()).into());
    let session = session(&[], answers);
    let commands =
        ["USER xuesheng@sina.example", "PASS practice", "STAT", "LIST", "RETR 12", "QUIT"];
    assert_eq!(session.commands, commands);
    assert_eq!((session.ended.status, session.ended.stderr.as_str()), (Some(0), ""));
    let (list, mail) = session.ended.stdout.split_once("\n\n").unwrap();
    assert!(list.starts_with(
        "messages in the mailbox: 12 (4000 bytes)\n  (2 older ones)\n  number 3: 300 bytes\n"
    ));
    assert!(list.ends_with("  number 12: 1200 bytes"));
    assert_eq!(
        mail,
        "From: 老师 <laoshi@qq.example>\nTo: xuesheng@sina.example\nSubject: 你好 and more\n\
         Date: Mon, 23 Nov 2026 22:00:00 +0000\n\ntext/plain, 22 bytes\n\n\
         Hello\n.\n..two\nend\n\n"
    );
    session.saves(&[]);
}

#[test]
fn logs_each_line_but_never_the_password() {
    let session = session_with(&["--log", "debug"], "PASS", b"+OK PASS practice 320\r\n");
    let log = &session.ended.stderr;
    for line in ["received +OK hello", "sent PASS ****", "received +OK PASS **** 320", "sent QUIT"]
    {
        // At debug, the line of the source follows.
        let line = format!(" lesson13-pop3-mail: {line} (lesson13-pop3-mail");
        assert!(log.contains(&line), "{line}{log}");
    }
    assert!(log.contains(r#": "Subject: hello\r\n\r\nhello\r\n"#), "{log}");
    assert!(!log.contains("practice"), "{log}");
}

#[test]
fn a_user_goes_out_as_it_is() {
    let session = session_with(&["--pop3-user", " a b "], "PASS", b"");
    assert_eq!(session.commands, ["USER  a b ", "PASS practice"]);
}

#[test]
fn an_empty_mailbox_is_said() {
    let mut answers = answers(b"");
    answers.insert("STAT", b"+OK 0 0\r\n".to_vec());
    answers.insert("LIST", b"+OK\r\n.\r\n".to_vec());
    let session = session(&[], answers);
    assert_eq!(session.commands[2..], ["STAT", "LIST", "QUIT"]);
    assert_eq!(
        session.ended.stdout,
        "messages in the mailbox: 0 (0 bytes)\n\
         the mailbox is empty; lesson 06 sends a mail\n"
    );
    assert_eq!((session.ended.status, session.ended.stderr.as_str()), (Some(0), ""));
}

#[test]
fn attachments_have_safe_names() {
    let long = format!("filename=\"{}.txt\"", "a".repeat(900));
    let cut = format!("{}.txt", "a".repeat(196));
    let wide = format!("filename=\"{}\"", "报".repeat(300));
    let wide_cut = "报".repeat(66);
    let cases = [
        ("filename=\"../../evil\"", "evil"),
        ("filename=\"..\\\\..\\\\evil.exe\"", "evil.exe"),
        ("filename=\"/etc/passwd\"", "passwd"),
        ("filename=\"C:\\\\bad\"", "bad"),
        ("filename=\"file.txt:stream\"", "file.txtstream"),
        ("filename=\"what? <a>|b*.txt\"", "what ab.txt"),
        ("filename=\"...\"", "attachment-7"),
        ("filename=\"\"", "attachment-8"),
        ("filename=\"a/\"", "attachment-9"),
        ("filename=\".bashrc\"", "attachment-10.bashrc"),
        ("filename=\"name. .\"", "name"),
        ("filename=\"con.txt\"", "con_.txt"),
        ("filename=\"LPT9\"", "LPT9_"),
        ("filename=\"comb\"", "comb"),
        ("filename*=utf-8''a%00b%0d%0a%1b%5b2J", "ab[2J"),
        ("filename*=utf-8''..%2F..%2Fcoded", "coded"),
        ("filename*=utf-8''gpj%E2%80%AEtxt.exe", "gpjtxt.exe"),
        ("filename=\"=?utf-8?B?Li4vLi4v5oql5ZGKLmJpbg==?=\"", "报告.bin"),
        (&long, &cut),
        (&wide, &wide_cut),
    ];
    let parts = cases.map(|(name, _)| attachment(name, "content"));
    let expected = cases.map(|(_, name)| (name, &b"content"[..]));
    server::fetch(multipart("mixed", &parts)).saves(&expected);
}

#[test]
fn no_file_is_ever_replaced() {
    let named = [("a.txt", "1"), ("a.txt", "2"), ("README", "3"), ("README", "4"), ("a.txt", "5")];
    let parts = named.map(|(name, content)| attachment(&format!("filename={name}"), content));
    let mail = multipart("mixed", &parts);
    server::fetch(&mail).saves(&[
        ("a.txt", b"1"),
        ("a (2).txt", b"2"),
        ("a (3).txt", b"5"),
        ("README", b"3"),
        ("README (2)", b"4"),
    ]);
    // Nor one that was there.
    let before = Folder::create();
    before.write("a.txt", "mine");
    let save_dir = before.path().display().to_string();
    let session = session(&["--save-dir", &save_dir], answers(mail.as_bytes()));
    let saved = before.path().join("a (2).txt");
    assert!(session.ended.stdout.contains(&format!("saved {}\n", saved.display())));
    assert_eq!(fs::read(before.path().join("a.txt")).unwrap(), b"mine");
    assert_eq!(fs::read(saved).unwrap(), b"1");
}

#[test]
fn a_folder_that_cannot_be_is_said() {
    let mail = attachment("filename=a", "1");
    let session = session(&["--save-dir", ".env"], answers(mail.as_bytes()));
    session.fails("cannot make the folder .env: ", "");
}

#[test]
fn a_server_that_refuses_is_said() {
    let session = session_with(&[], "", b"-ERR [SYS/TEMP] busy\r\n");
    let why = format!("cannot connect to {}: -ERR [SYS/TEMP] busy", session.url);
    session.fails(&why, "the server cannot do it now: try again later");
    for (verb, doing, hint) in [
        ("USER", LOGIN, LOGIN_HINT),
        ("PASS", LOGIN, LOGIN_HINT),
        ("STAT", "ask for the number of messages", REFUSED_HINT),
        ("LIST", "list the messages", REFUSED_HINT),
        ("RETR", "fetch message 1", REFUSED_HINT),
    ] {
        let session = session_with(&[], verb, b"-ERR no \xc4\xe3 today\r\n");
        session.fails(&format!("cannot {doing}: -ERR no 你 today"), hint);
    }
    // The mail is there by then.
    let session = session_with(&[], "QUIT", b"-ERR no\r\n");
    assert_eq!(session.ended.status, Some(0));
    assert!(session.ended.stdout.ends_with("hello\n\n"), "{}", session.ended.stdout);
    let logged = format!("cannot leave {}: -ERR no\n", session.url);
    assert!(session.ended.stderr.ends_with(&logged), "{:?}", session.ended);
}

#[test]
fn a_server_that_is_none_is_said() {
    for greeting in ["220 ready", "", "+OKAY", "\x1b[2J"] {
        let session = session_with(&[], "", format!("{greeting}\r\n").as_bytes());
        let shown = greeting.replace('\x1b', "\\u{1b}");
        let why = format!("cannot connect to {}: {shown}", session.url);
        session.fails(&why, "is it the right server?");
    }
    for answer in ["1", "-1 2", "one two", "1 99999999999999999999999", "\x1b[2J"] {
        let session = session_with(&[], "STAT", format!("+OK {answer}\r\n").as_bytes());
        let shown = answer.replace('\x1b', "\\u{1b}");
        let problem = "cannot ask for the number of messages";
        session.fails(&format!("{problem}: \"{shown}\" is not two numbers"), ANSWER_HINT);
    }
    let session = session_with(&[], "LIST", b"+OK\r\n1\r\n.\r\n");
    session.fails("cannot list the messages: \"1\" is not two numbers", ANSWER_HINT);
}

/// Runs the lesson against a server that answers rightly up to this verb, then with `part`, and
/// then does `last`.
fn breaks_off(
    arguments: &[&str],
    verb: &'static str,
    part: &'static str,
    last: impl Fn(TcpStream) + Send + Sync + 'static,
) -> Session {
    let answers = answers(b"Subject: here\r\n\r\nx\r\n");
    against(arguments, move |mut stream| {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let mut asked = String::new();
        // On a busy machine, the client may go before that.
        while asked != verb && stream.write_all(&answers[&*asked]).is_ok() {
            let Some(Ok(command)) = lines.next() else { break };
            asked = command.split(' ').next().unwrap_or_default().into();
        }
        let _ = stream.write_all(part.as_bytes());
        last(stream);
        Vec::new()
    })
}

/// Waits until the client has gone.
fn wait(stream: TcpStream) {
    BufReader::new(stream).lines().next();
}

#[test]
fn a_server_that_closes_is_said() {
    for (verb, part) in [
        ("", "+OK hel"),
        ("USER", ""),
        ("PASS", "-ER"),
        ("STAT", ""),
        ("LIST", "+OK\r\n1 320\r\n"),
        ("RETR", "+OK\r\n"),
        ("RETR", "+OK\r\nSubject: half"),
    ] {
        let is_login = ["USER", "PASS"].contains(&verb);
        let hint = if is_login { LOGIN_HINT } else { "the server broke off: see what it says" };
        breaks_off(&[], verb, part, drop).fails(": unexpected end of file", hint);
    }
}

#[test]
fn a_server_that_keeps_silent_or_lets_bytes_drip_is_left() {
    let drip = |mut stream: TcpStream| {
        while stream.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    };
    for verb in ["", "LIST", "RETR"] {
        for session in [
            breaks_off(&["--timeout", "0.2"], verb, "+OK", wait),
            breaks_off(&["--timeout", "0.1"], verb, "+OK", drip),
        ] {
            session.fails(": timed out", "wait longer: --timeout 60");
        }
    }
    // At its end, it holds nobody.
    let ended = breaks_off(&["--timeout", "3600"], "QUIT", "", wait).ended;
    assert!(ended.status == Some(0) && ended.stdout.contains("Subject: here\n"), "{ended:?}");
    assert!(ended.stderr.contains("cannot leave pop3://127.0.0.1:"), "{ended:?}");
}

#[test]
fn a_server_that_never_stops_is_left() {
    let lines = b"1 320\r\n".repeat(200_000);
    let long = [b'x'; 70_000];
    let message = b"a line of a mail that has no end\r\n".repeat(2_000_000);
    for (verb, start, bytes, max, hint) in [
        ("", "+OK ", &long[..], 512, "is it the right server?"),
        ("LIST", "+OK\r\n", &lines, 1_048_576, "a mail program can fetch it"),
        ("RETR", "+OK\r\n", &message, 67_108_864, "a mail program can fetch it"),
    ] {
        let session = session_with(&[], verb, &[start.as_bytes(), bytes].concat());
        session.fails(&format!("the server sends more than {max} bytes"), hint);
    }
}

#[test]
fn only_cr_lf_dot_cr_lf_ends_a_message() {
    let session = session_with(&[], "RETR", b"+OK\r\n\r\na\n.\n\r.\r\nb\n.\r\n..c\r\n.\r\n");
    assert_eq!(session.shown(), "\ntext/plain, 21 bytes\n\na\n.\n\n.\nb\n.\n.c\n\n");
}
