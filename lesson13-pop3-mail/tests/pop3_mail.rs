//! Lesson 13 against POP3 servers written with plain sockets.
#![cfg(test)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::thread;

use testing::{Ended, Folder, PATIENCE, Program, command, fails, native, refuses, run};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson13-pop3-mail");
const LOGIN_HINT: &str = "check LESSON_POP3_USER and LESSON_POP3_PASSWORD";
const SERVER_HINT: &str = "is it the right server?";
const ANSWER_HINT: &str = "answers oddly: try again";
const REFUSED_HINT: &str = "the server gives its reason above";
const CLOSED_HINT: &str = "the server broke off: see what it says";

/// What a session came to.
struct Session {
    ended: Ended,
    addr: String,
    /// The verbs that the server got.
    verbs: Vec<String>,
    folder: Folder,
}

/// Runs the lesson against a server that greets, and answers each verb with what `answers` has for
/// it, byte for byte; with nothing for it, it closes.
fn session(arguments: &[&str], answers: &[(&str, Vec<u8>)]) -> Session {
    serve(arguments, |mut stream| {
        let mut verbs = Vec::new();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let mut verb = String::new();
        loop {
            let answer = answers.iter().find(|(known, _)| *known == verb);
            // A client that does not want the rest closes.
            if answer.is_none_or(|(_, bytes)| stream.write_all(bytes).is_err()) {
                return verbs;
            }
            let Some(Ok(line)) = lines.next() else {
                return verbs;
            };
            verb = line.split(' ').next().unwrap().into();
            verbs.push(verb.clone());
        }
    })
}

/// Runs the lesson against one that `talk` is.
fn serve(arguments: &[&str], talk: impl FnOnce(TcpStream) -> Vec<String> + Send) -> Session {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = format!("pop3://{}", listener.local_addr().unwrap());
    let folder = Folder::create();
    let mut command = command(LESSON, &folder);
    command.args(["--pop3-url", &addr, "--log", "off"]);
    command.args(arguments);
    thread::scope(|scope| {
        let lesson = Program::start(&mut command);
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let server = scope.spawn(|| talk(stream));
        let ended = lesson.finish();
        let verbs = server.join().unwrap();
        Session { ended, addr, verbs, folder }
    })
}

/// The answers of a right server that has one message.
fn answers(message: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut answer = b"+OK here it is\r\n".to_vec();
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        if line[0] == b'.' {
            answer.push(b'.');
        }
        answer.extend(line);
    }
    answer.extend(b"\r\n.\r\n");
    vec![
        ("", b"+OK hello\r\n".into()),
        ("USER", b"+OK\r\n".into()),
        ("PASS", b"+OK welcome\r\n".into()),
        ("STAT", b"+OK 1 320\r\n".into()),
        ("LIST", b"+OK one\r\n1 320\r\n.\r\n".into()),
        ("RETR", answer),
        ("QUIT", b"+OK bye\r\n".into()),
    ]
}

/// A session with that server, in which one of the answers is another one.
fn session_with(arguments: &[&str], verb: &str, bytes: &[u8]) -> Session {
    let mut answers = answers(b"Subject: hello\r\n\r\nhello\r\n");
    for answer in &mut answers {
        if answer.0 == verb {
            answer.1 = bytes.into();
        }
    }
    session(arguments, &answers)
}

/// Fetches one mail.
fn mail(message: &[u8]) -> Session {
    let answers = answers(message);
    session(&[], &answers)
}

impl Session {
    /// What was shown of the mail, after the line of the list.
    #[track_caller]
    fn shown(&self) -> &str {
        assert_eq!((self.ended.status, self.ended.stderr.as_str()), (Some(0), ""));
        let (_, shown) = self.ended.stdout.split_once("  number 1: 320 bytes\n\n").unwrap();
        shown
    }

    #[track_caller]
    fn shows(&self, shown: &str) {
        assert_eq!(self.shown(), shown);
    }

    #[track_caller]
    fn fails(&self, error: &str, hint: &str) {
        fails(&self.ended, error, hint);
        self.saved(&[]);
    }

    /// The files in the folder for downloads are these, and there is nothing beside it.
    #[track_caller]
    fn saved(&self, expected: &[(&str, &[u8])]) {
        let mut beside: Vec<_> = names(&self.folder, "");
        beside.retain(|name| name != ".env" && name != "downloads");
        assert_eq!(beside, [""; 0]);
        let mut expected: Vec<_> = expected.to_vec();
        expected.sort();
        let found = names(&self.folder, "downloads");
        let expected_names: Vec<_> = expected.iter().map(|(name, _)| *name).collect();
        assert_eq!(found, expected_names);
        for (name, content) in expected {
            let path = self.folder.path().join("downloads").join(name);
            assert_eq!(fs::read(path).unwrap(), content, "{name}");
        }
    }
}

fn names(folder: &Folder, within: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder.path().join(within)) else {
        return Vec::new();
    };
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<_> = entries.map(name).map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

/// A mail with one part for each header and content.
fn multipart(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut mail = String::from("Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    for (header, content) in parts {
        mail += &format!("--b\r\n{header}\r\n\r\n{content}\r\n");
    }
    (mail + "--b--\r\n").into_bytes()
}

fn attachment(name: &str) -> String {
    format!("Content-Type: application/octet-stream\r\nContent-Disposition: attachment; {name}")
}

#[test]
fn fetches_the_newest_and_shows_headers_tree_and_text() {
    let message =
        b"From: =?utf-8?B?6ICB5biI?= <laoshi@qq.example>\r\nTo: xuesheng@sina.example\r\n\
        Subject: =?gb18030?B?xOO6ww==?= and\r\n more\r\nDate: Mon, 23 Nov 2026 22:00:00 +0000\r\n\
        X-Other: not shown\r\n\r\nHello\r\n.\r\n..two\r\nend";
    let mut answers = answers(message);
    answers[3].1 = b"+OK 12 4000 and more\r\n".into();
    let mut list = String::from("+OK\r\n");
    for number in 1..=12 {
        list += &format!("{number} {}\r\n", number * 100);
    }
    answers[4].1 = (list + ".\r\n").into();
    let session = session(&[], &answers);
    assert_eq!(session.verbs, ["USER", "PASS", "STAT", "LIST", "RETR", "QUIT"]);
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
    session.saved(&[]);
}

#[test]
fn logs_each_line_but_never_the_password() {
    let session = session_with(&["--log", "debug"], "PASS", b"+OK PASS practice 320\r\n");
    let log = &session.ended.stderr;
    for line in [
        "received +OK hello\n",
        "sent USER xuesheng@sina.example\n",
        "sent PASS ****\n",
        "received +OK PASS **** 320\n",
        "sent RETR 1\n",
        "received +OK\n",
        "sent QUIT\n",
        "received +OK bye\n",
    ] {
        // At debug, the line of the source follows.
        let line = format!(" lesson13-pop3-mail: {} (lesson13-pop3-mail", line.trim_end());
        assert!(log.contains(&line), "{line}{log}");
    }
    assert!(log.contains(r#": "Subject: hello\r\n\r\nhello\r\n"#), "{log}");
    assert!(!log.contains("practice"), "{log}");
}

#[test]
fn user_and_password_go_out_as_they_are() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("pop3://{}", listener.local_addr().unwrap());
    let folder = Folder::create();
    let mut command = command(LESSON, &folder);
    command.args(["--pop3-url", &url, "--pop3-user", " a b "]);
    let lesson = Program::start(command.env("LESSON_POP3_PASSWORD", "ab "));
    let (mut stream, _) = listener.accept().unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).split(b'\n');
    for command in ["USER  a b \r", "PASS ab \r", "STAT\r"] {
        stream.write_all(b"+OK\r\n").unwrap();
        assert_eq!(lines.next().unwrap().unwrap(), command.as_bytes());
    }
    drop((stream, lines));
    assert_eq!(lesson.finish().status, Some(1));
}

#[test]
fn an_empty_mailbox_is_said() {
    let mut answers = answers(b"");
    answers[3].1 = b"+OK 0 0\r\n".into();
    answers[4].1 = b"+OK\r\n.\r\n".into();
    let session = session(&[], &answers);
    assert_eq!(session.verbs, ["USER", "PASS", "STAT", "LIST", "QUIT"]);
    assert_eq!(
        session.ended.stdout,
        "messages in the mailbox: 0 (0 bytes)\n\
         the mailbox is empty; lesson 06 sends a mail\n"
    );
    assert_eq!((session.ended.status, session.ended.stderr.as_str()), (Some(0), ""));
}

#[test]
fn texts_in_many_charsets() {
    let cases: [(&str, &[u8], &str); 9] = [
        ("text/plain; charset=GB18030", b"\xc4\xe3\xba\xc3\r\n", "你好\n"),
        ("text/plain; charset=gb2312", b"\xc4\xe3", "你"),
        ("text/plain; charset=\"UTF-8\"", "你好".as_bytes(), "你好"),
        ("text/plain; charset=iso-8859-1", b"caf\xe9", "café"),
        ("text/plain; charset=no-such", "你好".as_bytes(), "你好"),
        ("text/plain; charset=no-such", b"a\xc4\xe3b", "a你b"),
        ("text/plain", "你好".as_bytes(), "你好"),
        ("text/plain; charset=us-ascii", "你好".as_bytes(), "你好"),
        ("text/plain; charset=utf-8", b"a\xffb", "a\u{fffd}b"),
    ];
    for (kind, text, expected) in cases {
        let header = format!("Content-Type: {kind}\r\n\r\n");
        let session = mail(&[header.as_bytes(), text].concat());
        let expected = expected.trim_end();
        let shown = session.shown();
        assert!(shown.ends_with(&format!(" bytes\n\n{expected}\n\n")), "{shown}");
    }
}

#[test]
fn encoded_texts_even_when_the_encoding_is_broken() {
    let cases = [
        ("base64", "xOO6ww==", "你好"),
        ("BASE64", "xOO6\r\nww==", "你好"),
        ("base64", "xOO!", "你\n(not all of this could be decoded)"),
        ("base64", "no base64", "no base64\n(not all of this could be decoded)"),
        ("quoted-printable", "=C4=E3=BA=C3 =\r\nx", "你好 x"),
        ("x-unknown", "hello", "hello"),
    ];
    for (encoding, text, expected) in cases {
        let session = mail(
            format!(
                "Content-Type: text/plain; charset=gb18030\r\n\
                 Content-Transfer-Encoding: {encoding}\r\n\r\n{text}"
            )
            .as_bytes(),
        );
        let (_, shown) = session.shown().split_once(" bytes\n\n").unwrap();
        assert_eq!(shown.trim_end(), expected, "{encoding} {text}");
    }
}

#[test]
fn parts_within_parts() {
    let session = mail(
        b"Content-Type: multipart/mixed; boundary=\"out er\"\r\n\r\npreamble\r\n--out er\r\n\
          Content-Type: multipart/alternative; boundary=out\r\n\r\n\
          --out  \r\nContent-Type: text/html\r\n\r\n<p>hi</p>\r\n\
          --out\r\nContent-Type: text/plain\r\n\r\nhi\r\n--outside\r\n--out--\r\nignored\r\n\
          --out er\r\nContent-Type: image/png; name=\"a.png\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\
          aGk=\r\n--out er--\r\nepilogue",
    );
    let saved = native("downloads/a.png");
    session.shows(&format!(
        "\nmultipart/mixed, 24 bytes\n  multipart/alternative, 22 bytes\n    text/html, 9 bytes\n    \
         text/plain, 13 bytes\n  image/png \"a.png\", 2 bytes\n\nhi\n--outside\n\n\
         saved {saved}\n",
    ));
    session.saved(&[("a.png", b"hi")]);
}

#[test]
fn html_is_shown_as_it_is_when_there_is_no_plain_text() {
    let session = mail(b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>hi</p>");
    session.shows("\ntext/html, 11 bytes\n\n<p>hi</p>\n\n");
    let session = mail(b"Content-Type: image/png\r\n\r\nhi");
    let saved = native("downloads/attachment-1.png");
    session.shows(&format!("\nimage/png, 4 bytes\n\n(no text)\n\nsaved {saved}\n"));
}

#[test]
fn attachments_have_safe_names() {
    let long = format!("filename=\"{}.txt\"", "a".repeat(900));
    let cut = format!("{}.txt", "a".repeat(200));
    let wide = format!("filename=\"{}\"", "报".repeat(300));
    let wide_cut = "报".repeat(66);
    let cases = [
        ("filename=\"../../evil\"", "evil"),
        ("filename=\"..\\\\..\\\\evil.exe\"", "evil.exe"),
        ("filename=\"/etc/passwd\"", "passwd"),
        ("filename=\"C:\\\\evil\"", "evil"),
        ("filename=\"file.txt:stream\"", "file.txtstream"),
        ("filename=\"...\"", "attachment-1"),
        ("filename=\"\"", "attachment-1"),
        ("filename=\"a/\"", "attachment-1"),
        ("filename=\".bashrc\"", "bashrc"),
        ("filename=\"name. .\"", "name"),
        ("filename=\"con.txt\"", "_con.txt"),
        ("filename=\"LPT9\"", "_LPT9"),
        ("filename=\"comb\"", "comb"),
        ("filename*=utf-8''a%00b%0d%0a%1b%5b2J", "ab[2J"),
        ("filename*=utf-8''..%2F..%2Fevil", "evil"),
        ("filename*=utf-8''gpj%E2%80%AEtxt.exe", "gpjtxt.exe"),
        ("filename*0*=gb18030''%B1%A8;\r\n filename*1*=%B8%E6", "报告"),
        ("filename=\"=?utf-8?B?5oql5ZGKLmJpbg==?=\"", "报告.bin"),
        (&long, &cut),
        (&wide, &wide_cut),
    ];
    for (name, expected) in cases {
        let session = mail(&multipart(&[(&attachment(name), "content")]));
        let last = session.shown().trim_end().lines().last().unwrap();
        assert_eq!(last, format!("saved {}", native(&format!("downloads/{expected}"))), "{name}");
        session.saved(&[(expected, b"content")]);
    }
}

#[test]
fn no_file_is_ever_replaced() {
    let txt = attachment("filename=a.txt");
    let tar = attachment("filename=README");
    let session =
        mail(&multipart(&[(&txt, "1"), (&txt, "2"), (&tar, "3"), (&tar, "4"), (&txt, "5")]));
    session.saved(&[
        ("a.txt", b"1"),
        ("a (2).txt", b"2"),
        ("a (3).txt", b"5"),
        ("README", b"3"),
        ("README (2)", b"4"),
    ]);
}

/// As with `lesson13 | head -n 1`.
#[test]
fn files_are_saved_though_nobody_reads_the_results() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("pop3://{}", listener.local_addr().unwrap());
    let folder = Folder::create();
    let mut command = command(LESSON, &folder);
    command.args(["--pop3-url", &url, "--log", "off"]);
    let mut lesson = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(lesson.stdout.take());
    let (mut stream, _) = listener.accept().unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let parts =
        [(&attachment("filename=a.txt")[..], "1"), (&attachment("filename=b.txt")[..], "2")];
    for (_, bytes) in answers(&multipart(&parts)) {
        stream.write_all(&bytes).unwrap();
        lines.next();
    }
    let ended = lesson.wait_with_output().unwrap();
    assert_eq!(
        (ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()),
        (Some(0), "")
    );
    assert_eq!(names(&folder, "downloads"), ["a.txt", "b.txt"]);
}

#[test]
fn files_that_were_there_stay() {
    let before = Folder::create();
    before.write("a.txt", "mine");
    let save_dir = before.path().display().to_string();
    let answers = answers(&multipart(&[(&attachment("filename=a.txt"), "1")]));
    let session = session(&["--save-dir", &save_dir], &answers);
    let saved = format!("saved {save_dir}/a (2).txt\n").replace('/', std::path::MAIN_SEPARATOR_STR);
    assert!(session.ended.stdout.replace('/', std::path::MAIN_SEPARATOR_STR).ends_with(&saved));
    assert_eq!(names(&before, ""), [".env", "a (2).txt", "a.txt"]);
    assert_eq!(fs::read(before.path().join("a.txt")).unwrap(), b"mine");
}

#[test]
fn a_folder_that_cannot_be_is_said() {
    let answers = answers(&multipart(&[(&attachment("filename=a"), "1")]));
    let session = session(&["--save-dir", ".env"], &answers);
    assert_eq!(session.ended.status, Some(1));
    let error = "Error: cannot make the folder .env: ";
    assert!(session.ended.stderr.starts_with(error), "{}", session.ended.stderr);
    assert_eq!(session.ended.stderr.lines().count(), 2);
}

#[test]
fn a_server_that_refuses_is_said() {
    let session = session_with(&[], "", b"-ERR [SYS/TEMP] busy\r\n");
    let why = format!("cannot connect to {}: -ERR [SYS/TEMP] busy", session.addr);
    session.fails(&why, "the server cannot do it now: try again later");
    for (verb, doing, hint) in [
        ("USER", "log in as xuesheng@sina.example", LOGIN_HINT),
        ("PASS", "log in as xuesheng@sina.example", LOGIN_HINT),
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
    let logged = format!("cannot leave {}: -ERR no\n", session.addr);
    assert!(session.ended.stderr.ends_with(&logged), "{:?}", session.ended);
}

/// The words of the server are shown, and the hint is about the login.
#[test]
fn a_login_that_is_refused_is_said() {
    let in_use = "another session has the mailbox open: try again when that has ended";
    let later = "the server cannot do it now: try again later";
    let switch_on =
        "it says why above; POP3 may be off in the account's settings; check LESSON_POP3_USER";
    let login =
        "it says why above; if that does not help, check LESSON_POP3_USER and LESSON_POP3_PASS";
    for (reply, hint) in [
        ("-ERR [IN-USE] locked", in_use),
        ("-ERR [in-use] locked", in_use),
        ("-ERR [SYS/TEMP] overloaded", later),
        ("-ERR [LOGIN-DELAY] wait", later),
        ("-ERR [SYS/PERM] not enabled for POP access", switch_on),
        ("-ERR [AUTH] wrong", LOGIN_HINT),
        ("-ERR login frequency limited", login),
        ("-ERR", login),
        ("+ERR no", login),
        ("* BAD", login),
    ] {
        let session = session_with(&[], "PASS", format!("{reply}\r\n").as_bytes());
        session.fails(&format!("cannot log in as xuesheng@sina.example: {reply}"), hint);
    }
}

#[test]
fn a_server_that_is_none_is_said() {
    for greeting in ["220 ready", "", "+OKAY", "HTTP/1.1 400 Bad Request", "\x1b[2J"] {
        let session = session_with(&[], "", format!("{greeting}\r\n").as_bytes());
        let shown = greeting.replace('\x1b', "\\u{1b}");
        session.fails(&format!("cannot connect to {}: {shown}", session.addr), SERVER_HINT);
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

#[test]
fn a_server_that_closes_is_said() {
    let message: &[u8] = b"+OK\r\nSubject: half";
    for (verb, part) in [
        ("", &b""[..]),
        ("", b"+OK hel"),
        ("USER", b""),
        ("PASS", b"-ER"),
        ("STAT", b""),
        ("LIST", b"+OK\r\n1 320\r\n"),
        ("RETR", b"+OK\r\n"),
        ("RETR", message),
    ] {
        let answers = answers(b"");
        let whole = answers.iter().take_while(|(known, _)| *known != verb);
        let session = serve(&[], |mut stream| {
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            for (_, bytes) in whole.clone() {
                stream.write_all(bytes).unwrap();
                lines.next();
            }
            stream.write_all(part).unwrap();
            Vec::new()
        });
        let is_login = ["USER", "PASS"].contains(&verb);
        let hint = if is_login { LOGIN_HINT } else { CLOSED_HINT };
        session.fails(": unexpected end of file", hint);
    }
}

#[test]
fn a_server_that_keeps_silent_or_lets_bytes_drip_is_left() {
    for drip in [None, Some("x")] {
        for verb in ["", "LIST", "RETR"] {
            let answers = answers(b"");
            let whole = answers.iter().take_while(|(known, _)| *known != verb);
            let timeout = if drip.is_none() { "0.2" } else { "0.1" };
            let session = serve(&["--timeout", timeout], |mut stream| {
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                for (_, bytes) in whole.clone() {
                    // On a busy machine, the client may have gone by now.
                    let _ = stream.write_all(bytes);
                    lines.next();
                }
                let _ = stream.write_all(b"+OK");
                while let Some(drip) = drip
                    && stream.write_all(drip.as_bytes()).is_ok()
                {
                    thread::sleep(std::time::Duration::from_millis(20));
                }
                // Until the client has gone.
                lines.next();
                Vec::new()
            });
            session.fails(": timed out", "wait longer: --timeout 60");
            session.saved(&[]);
        }
    }
}

#[test]
fn a_server_silent_at_quit_holds_nobody() {
    let session = serve(&["--timeout", "3600"], |mut stream| {
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        for (_, bytes) in answers(b"Subject: here\r\n\r\nx\r\n") {
            stream.write_all(&bytes).unwrap();
            if lines.next().unwrap().unwrap() == "QUIT" {
                break;
            }
        }
        // Until the client has gone.
        lines.next();
        Vec::new()
    });
    let Ended { status, stdout, stderr } = &session.ended;
    assert!(*status == Some(0) && stdout.contains("Subject: here\n"), "{stdout}");
    assert!(stderr.contains("cannot leave pop3://127.0.0.1:"), "{stderr}");
}

#[test]
fn a_server_that_never_stops_is_left() {
    let lines = b"1 320\r\n".repeat(200_000);
    let long = [b'x'; 70_000];
    let message = b"a line of a mail that has no end\r\n".repeat(2_000_000);
    for (verb, start, bytes, max, hint) in [
        ("", "+OK ", &long[..], 512, "is it the right server?"),
        ("PASS", "+OK ", &long, 512, "is it the right server?"),
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
    session.shows("\ntext/plain, 21 bytes\n\na\n.\n\n.\nb\n.\n.c\n\n");
}

#[test]
fn nothing_that_a_mail_has_in_it_reaches_the_terminal() {
    let evil = "\x1b[2J\u{7}\u{9b}\u{202e}";
    let word = "=?utf-8?Q?a=0D=0AFrom:_fake=1B?=";
    let message = format!(
        "From: {evil}\r\nTo: {word}\r\nCc: {evil}\r\nSubject: {evil}{word} {word}\r\nDate: {evil}\r\n\
         Content-Type: multipart/{evil}; boundary=b\r\n\r\n--b\r\n\r\n{evil}\r\n--b\r\n\
         Content-Type: {evil}; name=\"{evil}\n{word}x\"\r\n\r\nhi\r\n--b--\r\n"
    );
    let session = mail(message.as_bytes());
    let shown = session.shown();
    assert!(!shown.contains(|character: char| character.is_control() && character != '\n'));
    assert!(!shown.contains('\u{202e}'));
    assert_eq!(shown.matches("\nFrom:").count(), 0, "{shown}");
    assert_eq!(names(&session.folder, "downloads").len(), 1);
}

const BEYOND_HINT: &str =
    "no mail program writes such a mail: ask who sent it, and be careful with it";

#[test]
fn a_mail_beyond_all_bounds_is_refused() {
    let header = format!("Subject: {}\r\n\r\nhi", "x".repeat(1 << 19));
    let fields = "A: b\r\n".repeat(1 << 16);
    let parts = multipart(&vec![(attachment("filename=a").as_str(), "1"); 1_500]);
    let mut nested = String::new();
    for depth in 0..200 {
        nested +=
            &format!("Content-Type: multipart/mixed; boundary=b{depth}\r\n\r\n--b{depth}\r\n");
    }
    for (message, bound) in [
        (header.as_bytes(), "262144 bytes of headers"),
        (fields.as_bytes(), "262144 bytes of headers"),
        (&parts, "500 parts"),
        (nested.as_bytes(), "10 parts within parts"),
    ] {
        let problem = format!("cannot take the mail apart: it has more than {bound}");
        mail(message).fails(&problem, BEYOND_HINT);
    }
}

#[test]
fn a_field_that_takes_long_to_decode_is_cut() {
    let words = "=?utf-8?Q?abc?=\r\n ".repeat(10_000);
    for subject in [
        &words[..],
        &"=? ".repeat(40_000),
        &format!("{}{}", "=? ".repeat(30_000), "?=x".repeat(30_000)),
        &"x".repeat(200_000),
    ] {
        let session = mail(format!("Subject: {subject}\r\n\r\nhi").as_bytes());
        let line = session.shown().lines().next().unwrap();
        assert!(line.len() < 16_500 && line.ends_with(" ..."), "{line}");
    }
    let words = words.split_at(18_000).0;
    let header = format!("Content-Type: {words}\r\nContent-Disposition: {words}\r\n");
    let many = multipart(&vec![(&header[..], "hi"); 7]);
    assert_eq!(mail(&many).ended.status, Some(0));
}

#[test]
fn what_is_no_mail_is_shown_as_it_is() {
    mail(b"").shows("\ntext/plain, 0 bytes\n\n\n\n");
    mail(b" no header\r\n\r\nhi").shows("\ntext/plain, 4 bytes\n\nhi\n\n");
    let session = mail(b"Content-Type: multipart/mixed; boundary=b\r\n\r\nhi");
    session.shows("\ntext/plain, 4 bytes\n\nhi\n\n");
    let session = mail(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi");
    session.shows("\nmultipart/mixed, 4 bytes\n  text/plain, 4 bytes\n\nhi\n\n");
    // Something random, many times.
    let mut seed = 1u32;
    for _ in 0..20 {
        let mut message = b"Content-Type: multipart/mixed; boundary=b\r\n".to_vec();
        for _ in 0..400 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let pieces: [&[u8]; 10] = [
                b"\r\n",
                b"\r\n--b",
                b"--",
                b":",
                b"\n",
                b"\xff",
                b"=?utf-8?B?",
                b"?=",
                b"Content-Type: ",
                b" ",
            ];
            message.extend(pieces[(seed >> 16) as usize % 10]);
        }
        let session = mail(&message);
        assert_eq!((session.ended.status, session.ended.stderr.as_str()), (Some(0), ""));
    }
}

#[test]
fn a_control_character_in_a_setting_is_no_command() {
    let user = "a\r\nDELE 1";
    let ended = run(LESSON, &["--pop3-url", "pop3://127.0.0.1:1", "--pop3-user", user]);
    refuses(&ended, "it has a control character in it", "a right one is");
}

#[test]
fn says_that_nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let url = format!("pop3://{addr}");
    drop(listener);
    let ended = run(LESSON, &["--pop3-url", &url]);
    assert_eq!(
        ended.stderr,
        format!(
            "Error: cannot connect to {url}: connection refused\n\
             hint: nobody listens there: start the practice servers in another terminal: \
             cargo run -p practice-servers -- --sina-pop3-addr {addr}\n"
        )
    );
    assert_eq!(ended.status, Some(1));
}

#[test]
fn a_password_does_not_travel_in_clear() {
    let ended = run(LESSON, &["--pop3-url", "pop3://pop.sina.example"]);
    refuses(
        &ended,
        "the password would travel in clear",
        "pop3s://HOST:PORT; or allow it: --allow-plaintext yes",
    );
    // This user has no secret in FTP alone.
    let arguments = ["--pop3-url", "pop3://pop.sina.example", "--pop3-user", "anonymous"];
    refuses(&run(LESSON, &arguments), "the password would travel in clear", "pop3s://HOST:PORT");
}

#[test]
fn nothing_built_in_goes_to_another_machine() {
    let ended = run(LESSON, &["--pop3-url", "pop3s://pop.sina.example"]);
    let hint = "LESSON_POP3_USER=...  LESSON_POP3_PASSWORD=...";
    refuses(&ended, "LESSON_POP3_USER, LESSON_POP3_PASSWORD must be filled in", hint);
}
