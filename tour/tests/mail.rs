//! The mail lessons against the practice servers: the whole way, and TLS in every form.
#![cfg(test)]

use std::fs;
use std::io::{BufRead, BufReader, Write};

use testing::{Ended, Folder, Practice, Program, built, built_bare, command, fails, tcp_peer};

/// Runs lesson 06 with this URL and this authority to trust.
fn send(practice: &Practice, url: &str, authority: &str) -> Ended {
    let mut lesson = practice.lesson("lesson06-text-mail");
    lesson.env("LESSON_SMTP_URL", url);
    Program::start(lesson.env("SSL_CERT_FILE", authority)).finish()
}

#[track_caller]
fn is_sent(ended: &Ended) {
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.stdout.starts_with("250 taken as "), "{ended:?}");
}

#[test]
fn each_mail_lesson_reaches_the_student() {
    let practice = Practice::start();
    let lessons = [
        ("lesson06-text-mail", "Subject: A plain text mail\r\n"),
        ("lesson07-html-mail", "Content-Type: text/html"),
        ("lesson08-attachment-mail", "filename=\"picture.png\""),
        ("lesson11-headers-mail", "Cc: banzhang@sina.example\r\n"),
        ("lesson12-alternative-mail", "Content-Type: multipart/alternative"),
    ];
    for (index, (package, text)) in lessons.iter().enumerate() {
        is_sent(&Program::start(&mut practice.lesson(package)).finish());
        let mails = practice.mails("sina", "xuesheng", index + 1);
        let mail = mails.last().unwrap();
        assert!(mail.contains(text), "{mail}");
        assert_eq!(mail.matches("Received: ").count(), 2, "{mail}");
    }
    // Of lesson 11, the copy and the one unseen.
    let copy = practice.mails("sina", "banzhang", 1).remove(0);
    let unseen = practice.mails("qq", "zhujiao", 1).remove(0);
    assert!(!copy.contains("zhujiao") && !unseen.contains("zhujiao@qq.example\r\nSubject"));
}

#[test]
fn each_bare_program_does_the_same() {
    let practice = Practice::start();
    let lessons = [
        ("lesson06-text-mail", "Content-Type: text/plain"),
        ("lesson07-html-mail", "Content-Type: text/html"),
        ("lesson08-attachment-mail", "filename=\"picture.png\""),
        ("lesson11-headers-mail", "Reply-To: \"Teacher Wang\" <laoshi@qq.example>\r\n"),
        ("lesson12-alternative-mail", "Content-Type: multipart/alternative"),
    ];
    for (index, (lesson, text)) in lessons.iter().enumerate() {
        let mut bare = command(&built_bare(lesson), &practice.folder);
        bare.arg(format!("smtp://{}", practice.addr("qq-smtp")));
        is_sent(&Program::start(&mut bare).finish());
        let mails = practice.mails("sina", "xuesheng", index + 1);
        assert!(mails.last().unwrap().contains(text), "{mails:?}");
    }
    practice.mails("sina", "banzhang", 1);
    practice.mails("qq", "zhujiao", 1);
}

#[test]
fn tls_in_every_form() {
    let practice = Practice::start();
    let other = Practice::start();
    let ca = &practice.authority();
    let other_ca = &other.authority();
    let plain = practice.addr("qq-smtp").port();
    let tls = practice.addr("qq-smtps").port();
    let forms = [
        format!("smtps://localhost:{tls}"),
        format!("smtps://127.0.0.1:{tls}"),
        format!("smtp://localhost:{plain}?tls=required"),
        format!("smtp://localhost:{plain}?tls=opportunistic"),
    ];
    for form in &forms {
        is_sent(&send(&practice, form, ca));
        let trust = "SSL_CERT_FILE";
        fails(&send(&practice, form, other_ca), "invalid peer certificate", trust);
    }
    let mails = practice.mails("sina", "xuesheng", forms.len());
    assert!(mails.iter().all(|mail| mail.contains(" with ESMTPSA id ")), "{mails:?}");

    // The certificate does not know this name of this machine.
    let wrong_name = send(&practice, &format!("smtps://127.0.0.2:{tls}"), ca);
    if cfg!(target_os = "linux") {
        fails(&wrong_name, "127.0.0.2", "");
    }
    let wrong_port = send(&practice, &format!("smtps://localhost:{plain}"), ca);
    fails(&wrong_port, "received corrupt message", "?tls=required with 587");
}

#[test]
fn tls_at_an_ipv6_address() {
    let folder = Folder::create();
    let mut servers = Practice::command(&built("practice-servers"), &folder);
    servers.args(["--qq-smtps-addr", "[::1]:0", "--sina-pop3s-addr", "[::1]:0"]);
    let practice = Practice::start_by(servers, folder);
    let ca = practice.authority();
    is_sent(&send(&practice, &format!("smtps://{}", practice.addr("qq-smtps")), &ca));
    let mut fetch = practice.lesson("lesson13-pop3-mail");
    let url = format!("pop3s://{}", practice.addr("sina-pop3s"));
    fetch.env("LESSON_POP3_URL", url).env("SSL_CERT_FILE", &ca);
    assert_eq!(Program::start(&mut fetch).finish().status, Some(0));
}

/// A mail that lesson 08 sends can be read back line by line, as a POP3 client does it.
#[test]
fn a_large_attachment_travels_the_whole_way() {
    let practice = Practice::start();
    fs::write(practice.folder.path().join("报告 最终.bin"), vec![7; 5_000_000]).unwrap();
    let mut lesson = practice.lesson("lesson08-attachment-mail");
    is_sent(&Program::start(lesson.args(["--attachment", "报告 最终.bin"])).finish());
    let mail = practice.mails("sina", "xuesheng", 1).remove(0);
    let mut stream = tcp_peer(([127, 0, 0, 1], practice.addr("sina-pop3").port()).into());
    let commands = "USER xuesheng@sina.example\r\nPASS practice\r\nRETR 1\r\nQUIT\r\n";
    stream.write_all(commands.as_bytes()).unwrap();
    let lines: Vec<_> = BufReader::new(stream).lines().map(Result::unwrap).collect();
    assert_eq!(lines[3], format!("+OK {} octets", mail.len()));
    assert_eq!(lines[4..lines.len() - 2].join("\r\n") + "\r\n", mail);
}
