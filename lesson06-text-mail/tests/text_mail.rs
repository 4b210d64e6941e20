//! Lesson 06 against SMTP servers of plain sockets.
#![cfg(test)]

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::mpsc::channel;
use std::thread;

use testing::{
    Ended, Folder, Program, command, fails, polite_smtp, refuses, run, smtp_server, talk,
};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson06-text-mail");

fn send_to(addr: SocketAddr, arguments: &[&str]) -> Ended {
    let url = format!("smtp://{addr}");
    run(LESSON, &[&["--smtp-url", &url], arguments].concat())
}

/// What the lesson ends with when a server gives this answer to the command that begins so.
fn ends_with(command: &'static str, answer: &'static [u8]) -> Ended {
    let (addr, server) = smtp_server(move |line| {
        // Every line begins with the empty text, which stands for the greeting.
        let is_meant = if command.is_empty() { line.is_empty() } else { line.starts_with(command) };
        if is_meant { answer.to_vec() } else { polite_smtp(line) }
    });
    let ended = send_to(addr, &["--timeout", "0.5"]);
    server.join().unwrap();
    ended
}

#[test]
fn hands_the_mail_to_the_server() {
    let (addr, server) = smtp_server(polite_smtp);
    let ended = send_to(addr, &["--mail-to", "a@b.example, Student <c@d.example>"]);
    assert_eq!((ended.status, &*ended.stdout), (Some(0), "250 taken\n"));
    assert!(ended.stderr.ends_with(&format!("sent the mail to smtp://{addr}: 250 taken\n")));
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
fn addresses_are_written_as_people_write_them() {
    for (list, recipients) in [
        ("\"Wang, Laoshi\" <a@b.example>, c@d.example", &["a@b.example", "c@d.example"][..]),
        ("学生 <a@b.example>，c@d.example", &["a@b.example", "c@d.example"]),
        ("学生 <a@b.example> ； c@d.example；", &["a@b.example", "c@d.example"]),
        (" a@b.example , c@d.example , ", &["a@b.example", "c@d.example"]),
        ("\"王，李\" <a@b.example>", &["a@b.example"]),
        ("a+b@b.example", &["a+b@b.example"]),
        ("学生 <a@邮件.example>", &["a@xn--5nq051n.example"]),
    ] {
        let (addr, server) = smtp_server(polite_smtp);
        let ended = send_to(addr, &["--mail-to", list]);
        assert_eq!(ended.status, Some(0), "{list}: {ended:?}");
        let lines = server.join().unwrap();
        let told = lines.iter().filter_map(|line| line.strip_prefix("RCPT TO:<"));
        let told: Vec<_> = told.map(|line| line.trim_end_matches('>')).collect();
        assert_eq!(told, recipients, "{list}");
    }
    for wrong in
        ["nonsense", "a@", "@b.example", "a@b.example c@d.example", "<a@b.example", "a b@c"]
    {
        let ended = run(LESSON, &["--mail-to", wrong]);
        refuses(&ended, &format!("LESSON_MAIL_TO is \"{wrong}\" (from the flag"), "a@b.example");
    }
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

/// What the lesson with this password says when the server refuses the login with these words.
fn refused_login(password: &str, answer: &'static str) -> String {
    let (addr, server) = smtp_server(move |line| {
        if line.starts_with("AUTH") {
            format!("535 {answer}\r\n").into_bytes()
        } else {
            polite_smtp(line)
        }
    });
    let folder = Folder::create();
    folder.write(".env", &format!("LESSON_SMTP_PASSWORD='{password}'\n"));
    let mut command = command(LESSON, &folder);
    command.args(["--smtp-url", &format!("smtp://{addr}")]);
    let ended = Program::start(&mut command).finish();
    server.join().unwrap();
    fails(&ended, "cannot log in as laoshi@qq.example: permanent error (535): ", "authorization");
    let (_, said) = ended.stderr.split_once("(535): ").unwrap();
    said.lines().next().unwrap().to_string()
}

#[test]
fn a_password_that_the_server_repeats_is_not_shown() {
    for (password, answer, shown) in [
        ("top secret", "PASS top secret is wrong", "PASS **** is wrong"),
        ("top secret", "AUTH PLAIN AGxhb3NoaUBxcS5leGFtcGxlAHRvcCBzZWNyZXQ=", "AUTH PLAIN ****"),
        ("top secret", "(dG9wIHNlY3JldA==)", "(****)"),
        ("s3cret", "s3cret is wrong", "**** is wrong"),
        // These are words of the server's own.
        ("wrong", "wrong user or password", "wrong user or password"),
        ("2", "AUTH: 2 tries of 25 left", "AUTH: 2 tries of 25 left"),
        ("a1", "a12 a1", "a12 ****"),
    ] {
        assert_eq!(refused_login(password, answer), shown, "{password}");
    }
}

/// What the lesson ends with at this command, what it says then, and its hint.
#[track_caller]
fn check(command: &'static str, answer: &'static [u8], why: &str, hint: &str) {
    let ended = ends_with(command, answer);
    assert_eq!(ended.stdout, "");
    fails(&ended, why, hint);
    assert!(!ended.stderr.contains("cHJhY3RpY2U"), "{ended:?}");
}

#[test]
fn a_refused_login_is_about_the_account() {
    let why = "cannot log in as laoshi@qq.example: permanent error (";
    for answer in [
        &b"535 Login fail.\r\n"[..],
        b"534-5.7.9 Please log in with your web browser\r\n534 5.7.9 and try again\r\n",
        b"550 User has no permission\r\n",
        b"530 Must issue a STARTTLS command first\r\n",
        b"554 no\r\n",
    ] {
        check("AUTH", answer, why, "LESSON_SMTP_USER and LESSON_SMTP_PASSWORD");
    }
    let hint = "the server broke off at the login: check LESSON_SMTP_USER";
    check("AUTH", b"", "incomplete", hint);
    check("AUTH", b"535\r\n", "no words behind its code", "it may be a refusal: check LESSON_SMTP");
    check("AUTH", b"504 no such mechanism\r\n", "(504)", "kind of login");
    let microsoft = b"535 5.7.139 basic authentication is disabled\r\n";
    check("AUTH", microsoft, "basic authentication is disabled", "no passwords from programs");
    check("AUTH", b"454 later\r\n", "transient error (454): later", "try again later");
    let limited = b"526 too many addresses\r\n";
    check("AUTH", limited, "(526): too many", "it says why above; if that does not help, check");
    check("AUTH", b"354 go on\r\n", "unexpected reply (354): go on", "is it the right server?");
    // Real providers say it in GBK.
    let gbk = b"535 \xb5\xc7\xc2\xbc\xca\xa7\xb0\xdc\r\n";
    check("AUTH", gbk, "the server's answer is not UTF-8", "authorization code");
    let other = b"250-hello\r\n250 AUTH CRAM-MD5\r\n";
    check("EHLO", other, "cannot log in as", "offers no login here that lettre knows");
}

#[test]
fn a_refused_mail_is_about_whoever_is_refused() {
    let start = "cannot send the mail to smtp://127.0.0.1:";
    for answer in [&b"501 not you\r\n"[..], b"553 not you\r\n", b"550 5.1.8 not you\r\n"] {
        check("MAIL", answer, start, "LESSON_MAIL_FROM");
    }
    check(
        "MAIL",
        b"530 STARTTLS first\r\n",
        "(530): STARTTLS first",
        "?tls=required with port 587",
    );
    check("MAIL", b"550 5.7.60 not as this sender\r\n", "5.7.60", "LESSON_MAIL_FROM");
    check("RCPT", b"550 unknown\r\n", "(550): unknown", "LESSON_MAIL_TO");
    check("RCPT", b"550 5.1.1 unknown\r\n", "(550): 5.1.1 unknown", "LESSON_MAIL_TO");
    check(
        "RCPT",
        b"552 5.2.2 over quota\r\n",
        "5.2.2 over quota",
        "mailbox of a recipient is full",
    );
    check(
        "RCPT",
        b"452 4.2.2 over quota\r\n",
        "4.2.2 over quota",
        "mailbox of a recipient is full",
    );
    check("RCPT", b"554 5.1.1 unknown\r\n", "5.1.1 unknown", "LESSON_MAIL_TO");
    check("RCPT", b"450 4.2.0 greylisted\r\n", "4.2.0 greylisted", "try again later");
    check("RCPT", b"452 4.5.3 too many\r\n", "4.5.3 too many", "fewer recipients");
    check(".", b"550 5.7.1 looks like spam\r\n", "5.7.1 looks like", "does not want this mail");
    check("DATA", b"451 later\r\n", "(451): later", "try again later");
    check(".", b"552 too much\r\n", "(552): too much", "too large");
    check(".", b"552 5.3.4 too much\r\n", "(552): 5.3.4 too much", "too large");
    let no_from = b"550 The \"From\" header is missing or invalid\r\n";
    check(".", no_from, "header is missing", "LESSON_MAIL_FROM");
    check(".", b"554 spam\r\n", "(554): spam", "does not want this mail");
    // No success: the mail is not taken, whoever waits for more.
    for command in ["MAIL", "RCPT", "."] {
        check(command, b"354 go on\r\n", "unexpected reply (354): go on", "out of turn");
    }
    // Who sends the mail, and who gets it, has nothing to do with that.
    for command in ["MAIL", "RCPT", "DATA"] {
        check(command, b"503 5.5.1 out of sequence\r\n", "(503)", "gives its reason above");
        let gbk = b"550 \xd3\xc3\xbb\xa7\r\n";
        check(command, gbk, "the server's answer is not UTF-8", "a refusal in GBK");
    }
    check("DATA", b"250 fine\r\n", "unexpected reply (250): fine", "out of turn");
    let gbk = b"250 \xb3\xc9\xb9\xa6\r\n";
    check(".", gbk, "the server's answer is not UTF-8", "may have taken the mail");
}

#[test]
fn whatever_a_server_does_ends_in_one_line_and_one_hint() {
    let ports = "smtp:// goes with port 25, ?tls=required with 587";
    check("", b"421 busy\r\n", "(421): busy", "try again later");
    check("", b"554 go away\r\n", "cannot connect to smtp://", "does not want to talk");
    check("", b"HTTP/1.1 400\r\n", "has come (HTTP/1.1 400)", "is it the right server?");
    // So FTP servers answer a command that is none of theirs, or comes before the login.
    check("EHLO", b"530 Please log in\r\n", "(530): Please log in", "is it the right server?");
    check("", b"220\r\n", "no words behind its code", "use another mail program");
    check("RCPT", b"250\r\n", "no words behind its code", "use another mail program");
    check(".", b"250\r\n", "no words behind its code", "may have taken the mail");
    check("", b"250", "timed out", ports);
    check("EHLO", b"250-half\r\n", "timed out", ports);
    check("", b"", "incomplete", "the server broke off: see what it says; check the host");
    check("EHLO", b"", "incomplete", "the server broke off");
    check("RCPT", b"", "incomplete", "the server broke off");
    check("DATA", b"", "incomplete", "the server broke off");
    check(".", b"", "incomplete", "may have taken the mail");
    check(".", b"250-half\r\n", "timed out", "may have taken the mail");
    // Nothing of it does anything to a terminal.
    check("MAIL", b"553 \x1b[2J\x07\r\n", "\\u{1b}[2J\\u{7}", "LESSON_MAIL_FROM");
    let mut endless = [&b"250-"[..], &[b'x'; 400], b"\r\n"].concat().repeat(10_000);
    check("EHLO", endless.leak(), "too large", "is it the right server?");
    endless = vec![b'x'; 1 << 20];
    check("", endless.leak(), "timed out", ports);
}

/// Whatever its letters, and however an address is written, this machine is this machine.
#[test]
fn loopback_has_many_names() {
    for host in ["Localhost", "LOCALHOST", "127.1", "[::1]", "[::ffff:127.0.0.1]"] {
        for scheme in ["smtp", "smtps"] {
            let url = format!("{scheme}://{host}:1");
            let ended = run(LESSON, &["--smtp-url", &url, "--timeout", "0.5"]);
            assert_eq!(ended.status, Some(1), "{ended:?}");
            assert!(ended.stderr.contains(&format!("cannot connect to {url}")), "{ended:?}");
        }
    }
    for host in ["localhost.sina.example", "128.0.0.1", "0.0.0.0"] {
        let ended = run(LESSON, &["--smtp-url", &format!("smtp://{host}:1")]);
        refuses(&ended, "the password would travel in clear", "--allow-plaintext yes");
    }
}

#[test]
fn localhost_is_tried_at_all_its_addresses() {
    let listener = TcpListener::bind("[::1]:0").unwrap();
    let addr = listener.local_addr().unwrap();
    if !("localhost", 0).to_socket_addrs().unwrap().any(|addr| addr.is_ipv6()) {
        return;
    }
    let server = thread::spawn(move || talk(listener.accept().unwrap().0, polite_smtp));
    let ended = run(LESSON, &["--smtp-url", &format!("smtp://localhost:{}", addr.port())]);
    assert_eq!((ended.status, &*ended.stdout), (Some(0), "250 taken\n"), "{ended:?}");
    server.join().unwrap();
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
    let ended = send_to(addr, &["--timeout", "3600"]);
    assert_eq!((ended.status, &*ended.stdout), (Some(0), "250 taken\n"), "{ended:?}");
    assert!(ended.stderr.contains("cannot leave smtp://127.0.0.1:"), "{ended:?}");
    drop(end);
    server.join().unwrap();
}

#[test]
fn a_provider_without_a_scheme_gets_the_url_that_is_meant() {
    for (text, url) in [
        ("smtp.163.example:465", "smtps://smtp.163.example:465"),
        ("smtp.163.example", "smtps://smtp.163.example"),
        ("smtp.163.example:587", "smtp://smtp.163.example:587?tls=required"),
        ("127.0.0.1:2525", "smtp://127.0.0.1:2525"),
        ("me:secret@smtp.163.example:465", "smtps://smtp.163.example:465"),
        ("//smtp.163.example", "smtps://smtp.163.example"),
        ("smtps：//smtp.163.example：465", "smtps://smtp.163.example:465"),
        ("[::1]:465", "smtps://[::1]:465"),
    ] {
        let ended = run(LESSON, &["--smtp-url", text]);
        refuses(&ended, "it does not begin with a scheme", &format!("perhaps you mean {url}"));
    }
    // Nobody can tell what is meant, or where a password ends.
    for text in ["", "::1", "smtp:smtp.163.example", "me:se/cret@smtp.163.example:465"] {
        let ended = run(LESSON, &["--smtp-url", text]);
        refuses(&ended, "LESSON_SMTP_URL is ", "a right one is");
        assert!(!ended.stderr.contains("cret"), "{ended:?}");
    }
}

#[test]
fn a_host_beyond_ascii_is_looked_up_by_its_name_in_ascii() {
    let folder = Folder::create();
    let account = "LESSON_SMTP_USER=x@y.example\nLESSON_SMTP_PASSWORD=secret\n";
    folder.write(".env", &format!("{account}LESSON_MAIL_TO=x@y.example\n"));
    let mut command = command(LESSON, &folder);
    command.args(["--smtp-url", "smtps://邮件.invalid"]);
    let ended = Program::start(&mut command).finish();
    fails(&ended, "cannot look up xn--5nq051n.invalid:465: ", "LESSON_SMTP_URL");
}

/// Linux takes a connection to 0.0.0.0 for one to this machine, but nobody would call that
/// loopback: so a server listens here where another machine could be.
#[test]
fn nothing_built_in_goes_to_another_machine() {
    let (addr, server) = smtp_server(polite_smtp);
    let url = format!("smtp://0.0.0.0:{}", addr.port());
    let with_lines = |lines: &[&str], more: &[&str]| {
        let folder = Folder::create();
        folder.write(".env", &lines.join("\n"));
        let mut command = command(LESSON, &folder);
        command.args(["--smtp-url", &url, "--allow-plaintext", "yes"]).args(more);
        Program::start(&mut command).finish()
    };
    let lines = [
        "LESSON_SMTP_USER=me@y.example",
        "LESSON_SMTP_PASSWORD=secret",
        "LESSON_MAIL_TO=you@y.example",
    ];
    let names = lines.map(|line| line.split_once('=').unwrap().0);
    for given in 0..7 {
        let is_given = |index: &usize| given & (1 << index) != 0;
        let (there, missing): (Vec<usize>, Vec<usize>) = (0..3).partition(is_given);
        let there: Vec<_> = there.into_iter().map(|index| lines[index]).collect();
        let missing: Vec<_> = missing.into_iter().map(|index| names[index]).collect();
        let ended = with_lines(&there, &[]);
        refuses(&ended, &missing.join(", "), &format!("{}=...", missing.join("=...  ")));
        let help = with_lines(&there, &["--help"]).stdout;
        let empty = help.matches("now:  (from the default for another machine)").count();
        assert_eq!(empty, missing.len(), "{help}");
    }
    if cfg!(target_os = "linux") {
        assert_eq!(with_lines(&lines, &[]).status, Some(0));
        let told = server.join().unwrap();
        // me@y.example and its password: nobody has connected before.
        assert_eq!(told[1], "AUTH PLAIN AG1lQHkuZXhhbXBsZQBzZWNyZXQ=");
    }
}

/// lettre gives up at the second line, so the lesson asks again.
#[test]
fn a_refusal_behind_another_line_is_shown() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        for _ in 0..2 {
            let answer = b"220-one moment\r\n521 no mail here\r\n".to_vec();
            talk(listener.accept().unwrap().0, |_| answer.clone());
        }
    });
    fails(&send_to(addr, &[]), "unexpected reply (521): no mail here", "does not want to talk");
    server.join().unwrap();
}

#[test]
fn nobody_listens() {
    let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let command = format!("cargo run -p practice-servers -- --qq-smtp-addr {addr}");
    fails(&send_to(addr, &[]), "connection refused", &command);
}

#[test]
fn wrong_settings_are_found_before_anything_is_sent() {
    for (flag, value, problem) in [
        ("--smtp-url", "http://127.0.0.1", "it is not one of smtp://HOST:PORT, "),
        ("--smtp-url", "smtp://127.0.0.1:0", "port 0 is for servers"),
        ("--smtp-url", "smtp://127.0.0.1:25x", "invalid port number"),
        ("--smtp-url", "smtps://mail.example?tls=nonsense", "it is not one of smtp://HOST:PORT, "),
        ("--smtp-url", "smtp://mail.example", "the password would travel in clear"),
        (
            "--smtp-url",
            "smtp://192.0.2.1:25?tls=opportunistic",
            "the password would travel in clear",
        ),
        ("--mail-to", "", "nobody would get the mail"),
        ("--mail-to", "a@b.example,nonsense", "LESSON_MAIL_TO is "),
        ("--mail-from", "a b@c.example", "LESSON_MAIL_FROM is "),
        ("--allow-plaintext", "maybe", "not one of yes and no"),
    ] {
        let ended = run(LESSON, &[flag, value]);
        assert_eq!(ended.status, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(problem), "{ended:?}");
        assert!(ended.stderr.contains("\nhint: "), "{ended:?}");
    }
    let ended = run(LESSON, &["--smtp-url", "smtp://me:secret@mail.example"]);
    assert!(ended.stderr.contains("user and password have settings of their own"), "{ended:?}");
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
