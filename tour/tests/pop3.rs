//! Lesson 13 against the practice servers: mails of the other lessons, and TLS.
#![cfg(test)]

use std::fs;

use testing::{Ended, Practice, Program, built_bare, command, fails, native};

const LESSON: &str = "lesson13-pop3-mail";

fn fetch(practice: &Practice) -> Ended {
    Program::start(&mut practice.lesson(LESSON)).finish()
}

#[test]
fn an_empty_mailbox_and_then_each_mail() {
    let practice = Practice::start();
    let ended = fetch(&practice);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("the mailbox is empty"), "{ended:?}");
    let picture = format!("saved {}\n", native("downloads/picture.png"));
    let lessons = [
        ("lesson06-text-mail", "Subject: A plain text mail\n", "\n老师\n"),
        ("lesson07-html-mail", "Subject: An HTML mail\n", "<p>老师</p>"),
        ("lesson08-attachment-mail", "multipart/mixed", &picture),
        ("lesson11-headers-mail", "From: 王老师 <laoshi@qq.example>\n", "你好：一封有抄送的邮件\n"),
        ("lesson12-alternative-mail", "multipart/alternative", "this text came to you over SMTP."),
    ];
    for (index, (package, header, text)) in lessons.iter().enumerate() {
        let sent = Program::start(&mut practice.lesson(package)).finish();
        assert_eq!(sent.status, Some(0), "{sent:?}");
        let count = index + 1;
        practice.mails("sina", "xuesheng", count);
        let ended = fetch(&practice);
        assert_eq!(ended.status, Some(0), "{ended:?}");
        let start = format!("messages in the mailbox: {count} (");
        assert!(ended.stdout.starts_with(&start), "{ended:?}");
        assert!(ended.stdout.contains(header) && ended.stdout.contains(text), "{ended:?}");
        assert!(!ended.stderr.contains("practice\n"), "{ended:?}");
    }
    let saved = fs::read(practice.folder.path().join("downloads/picture.png"));
    let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/../lesson08-attachment-mail/picture.png");
    assert!(saved.unwrap() == fs::read(picture).unwrap());
    // Nothing was deleted.
    practice.mails("sina", "xuesheng", lessons.len());
}

#[test]
fn the_bare_program_shows_the_newest_mail() {
    let practice = Practice::start();
    let sent = Program::start(&mut practice.lesson("lesson12-alternative-mail")).finish();
    assert_eq!(sent.status, Some(0), "{sent:?}");
    practice.mails("sina", "xuesheng", 1);
    let mut bare = command(&built_bare(LESSON), &practice.folder);
    bare.arg(practice.addr("sina-pop3").to_string());
    let ended = Program::start(&mut bare).finish();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let shown = ended.stdout.replace('\r', "");
    assert!(shown.starts_with("Subject: "), "{ended:?}");
    assert!(shown.ends_with("\nthis text came to you over SMTP.\n\n老师\n\n"), "{ended:?}");
}

#[test]
fn a_file_of_any_name_arrives_byte_for_byte() {
    let practice = Practice::start();
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    fs::write(practice.folder.path().join("报告 最终.bin"), &bytes).unwrap();
    let mut lesson = practice.lesson("lesson08-attachment-mail");
    let sent = Program::start(lesson.args(["--attachment", "报告 最终.bin"])).finish();
    assert_eq!(sent.status, Some(0), "{sent:?}");
    practice.mails("sina", "xuesheng", 1);
    for name in ["报告 最终.bin", "报告 最终 (2).bin"] {
        let ended = fetch(&practice);
        let saved = format!("saved {}\n", native(&format!("downloads/{name}")));
        assert!(ended.stdout.ends_with(&saved), "{ended:?}");
        let file = practice.folder.path().join("downloads").join(name);
        assert!(fs::read(file).unwrap() == bytes);
    }
}

#[test]
fn tls_with_a_trusted_authority_and_with_another() {
    let practice = Practice::start();
    let other = Practice::start();
    let run = |url: String, authority: &str| {
        let mut lesson = practice.lesson(LESSON);
        lesson.env("SSL_CERT_FILE", authority);
        Program::start(lesson.args(["--pop3-url", &url, "--timeout", "2"])).finish()
    };
    let plain = practice.addr("sina-pop3").port();
    let tls = practice.addr("sina-pop3s").port();
    for host in ["localhost", "127.0.0.1"] {
        let ended = run(format!("pop3s://{host}:{tls}"), &practice.authority());
        assert_eq!(ended.status, Some(0), "{ended:?}");
        assert!(ended.stdout.contains("the mailbox is empty"), "{ended:?}");
    }
    let untrusted = run(format!("pop3s://localhost:{tls}"), &other.authority());
    let trust = "SSL_CERT_FILE";
    fails(&untrusted, "invalid peer certificate", trust);
    if cfg!(target_os = "linux") {
        let wrong_name = run(format!("pop3s://127.0.0.2:{tls}"), &practice.authority());
        fails(&wrong_name, "127.0.0.2", "");
    }
    let plain_port = run(format!("pop3s://localhost:{plain}"), &practice.authority());
    fails(&plain_port, "received corrupt message", "pop3:// goes with port 110");
    let tls_port = run(format!("pop3://localhost:{tls}"), &practice.authority());
    fails(&tls_port, "timed out", "pop3s:// with 995");
}

#[test]
fn a_mailbox_that_is_open_elsewhere_and_a_wrong_password() {
    let practice = Practice::start();
    let mut lesson = practice.lesson(LESSON);
    let ended = Program::start(lesson.env("LESSON_POP3_PASSWORD", "wrong")).finish();
    fails(&ended, "cannot log in as xuesheng@sina.example: -ERR", "authorization code");
    let mut holder = testing::tcp_peer(([127, 0, 0, 1], practice.addr("sina-pop3").port()).into());
    let login = b"USER xuesheng@sina.example\r\nPASS practice\r\nNOOP\r\n";
    std::io::Write::write_all(&mut holder, login).unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(&holder));
    assert!(lines.nth(3).unwrap().unwrap().starts_with("+OK here"));
    fails(&fetch(&practice), "-ERR [IN-USE]", "another session has the mailbox open");
}
