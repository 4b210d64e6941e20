//! The mail lessons against the practice servers: the whole way, and TLS in every form.
#![cfg(test)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use shared::testing::{Ended, Folder, PATIENCE, Program, built, command, tcp_peer};

const NAMES: [&str; 9] = [
    "qq-smtp",
    "qq-smtps",
    "qq-pop3",
    "qq-pop3s",
    "sina-smtp",
    "sina-smtps",
    "sina-pop3",
    "sina-pop3s",
    "ftp",
];

/// The practice servers on free ports, in a folder of their own.
struct Practice {
    _program: Program,
    folder: Folder,
    ports: Vec<u16>,
}

impl Practice {
    fn start() -> Self {
        let folder = Folder::create();
        let mut servers = command(&built("practice-servers"), &folder);
        for name in NAMES {
            servers.args([&format!("--{name}-addr"), "127.0.0.1:0"]);
        }
        let mut program = Program::start(&mut servers);
        let ports = NAMES.map(|name| {
            let line = program.logged(&format!("{name} listening on "));
            line.rsplit(':').next().unwrap().parse().unwrap()
        });
        let ports = ports.to_vec();
        Practice {
            _program: program,
            folder,
            ports,
        }
    }

    fn port(&self, name: &str) -> u16 {
        let index = NAMES.iter().position(|other| *other == name);
        self.ports[index.unwrap()]
    }

    /// A command that runs a lesson in the folder of the servers.
    fn lesson(&self, package: &str) -> Command {
        let mut lesson = command(&built(package), &self.folder);
        let url = format!("smtp://127.0.0.1:{}", self.port("qq-smtp"));
        lesson.env("LESSON_SMTP_URL", url);
        lesson
    }

    /// Runs lesson 06 with this URL and, if it is to trust somebody, this authority.
    fn send(&self, url: &str, authority: Option<&str>) -> Ended {
        let mut lesson = self.lesson("lesson06-text-mail");
        lesson.env("LESSON_SMTP_URL", url);
        match authority {
            Some(file) => lesson.env("SSL_CERT_FILE", file),
            None => lesson.env_remove("SSL_CERT_FILE"),
        };
        Program::start(&mut lesson).finish()
    }

    /// All mails in a mailbox, once there are so many.
    fn mails(&self, office: &str, user: &str, count: usize) -> Vec<String> {
        let folder = self.folder.path().join("practice-data/mail");
        let folder = folder.join(format!("{user}@{office}.example/new"));
        let limit = Instant::now() + PATIENCE;
        loop {
            let mut names: Vec<_> = fs::read_dir(&folder)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .collect();
            if names.len() == count {
                names.sort();
                return names
                    .iter()
                    .map(|name| fs::read_to_string(name).unwrap())
                    .collect();
            }
            assert!(Instant::now() < limit, "{} mails, not {count}", names.len());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

#[track_caller]
fn is_sent(ended: &Ended) {
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.stdout.starts_with("250 taken as "), "{ended:?}");
}

#[track_caller]
fn fails(ended: &Ended, why: &str, hint: &str) {
    assert_eq!(ended.status, Some(1), "{ended:?}");
    let (problem, said) = ended.stderr.split_once("\nhint: ").unwrap();
    assert!(problem.contains(why), "{ended:?}");
    assert!(
        said.contains(hint) && said.lines().count() == 1,
        "{ended:?}"
    );
}

#[test]
fn each_mail_lesson_reaches_the_student() {
    let practice = Practice::start();
    let lessons = [
        ("lesson06-text-mail", "Subject: A plain text mail\r\n"),
        ("lesson07-html-mail", "Content-Type: text/html"),
        ("lesson08-attachment-mail", "filename=\"picture.png\""),
        ("lesson11-headers-mail", "Cc: banzhang@sina.example\r\n"),
        (
            "lesson12-alternative-mail",
            "Content-Type: multipart/alternative",
        ),
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
fn tls_in_every_form() {
    let practice = Practice::start();
    let ca = practice.folder.path().join("practice-data/ca.pem");
    let ca = ca.to_str().unwrap();
    let other = Practice::start();
    let other_ca = other.folder.path().join("practice-data/ca.pem");
    let other_ca = other_ca.to_str().unwrap();
    let (plain, tls) = (practice.port("qq-smtp"), practice.port("qq-smtps"));
    let forms = [
        format!("smtps://localhost:{tls}"),
        format!("smtps://127.0.0.1:{tls}"),
        format!("smtp://localhost:{plain}?tls=required"),
        format!("smtp://localhost:{plain}?tls=opportunistic"),
    ];
    for form in &forms {
        is_sent(&practice.send(form, Some(ca)));
        let trust = "SSL_CERT_FILE=practice-data/ca.pem";
        fails(
            &practice.send(form, Some(other_ca)),
            "invalid peer certificate",
            trust,
        );
    }
    let mails = practice.mails("sina", "xuesheng", forms.len());
    assert!(
        mails.iter().all(|mail| mail.contains(" with ESMTPSA id ")),
        "{mails:?}"
    );

    // The certificate does not know this name of this machine.
    let wrong_name = practice.send(&format!("smtps://127.0.0.2:{tls}"), Some(ca));
    if cfg!(target_os = "linux") {
        fails(&wrong_name, "127.0.0.2", "");
    }
    let wrong_port = practice.send(&format!("smtps://localhost:{plain}"), Some(ca));
    fails(
        &wrong_port,
        "received corrupt message",
        "?tls=required with 587",
    );
}

#[test]
fn what_the_office_refuses_is_explained() {
    let practice = Practice::start();
    let run = |name: &str, value: &str| {
        let mut lesson = practice.lesson("lesson06-text-mail");
        Program::start(lesson.env(name, value)).finish()
    };
    fails(
        &run("LESSON_SMTP_PASSWORD", "wrong"),
        "(535)",
        "authorization code",
    );
    fails(
        &run("LESSON_MAIL_FROM", "zhujiao@qq.example"),
        "(553)",
        "LESSON_MAIL_FROM",
    );
    fails(
        &run("LESSON_MAIL_TO", "nobody@qq.example"),
        "(550)",
        "LESSON_MAIL_TO",
    );
    let ended = run("LESSON_SMTP_PASSWORD", "wrong");
    assert!(!ended.stderr.contains("wrong\n"), "{ended:?}");
}

/// A mail that lesson 08 sends can be read back line by line, as a POP3 client does it.
#[test]
fn a_large_attachment_travels_the_whole_way() {
    let practice = Practice::start();
    fs::write(
        practice.folder.path().join("报告 最终.bin"),
        vec![7; 5_000_000],
    )
    .unwrap();
    let mut lesson = practice.lesson("lesson08-attachment-mail");
    is_sent(&Program::start(lesson.args(["--attachment", "报告 最终.bin"])).finish());
    let mail = practice.mails("sina", "xuesheng", 1).remove(0);
    let mut stream = tcp_peer(([127, 0, 0, 1], practice.port("sina-pop3")).into());
    let commands = "USER xuesheng@sina.example\r\nPASS practice\r\nRETR 1\r\nQUIT\r\n";
    stream.write_all(commands.as_bytes()).unwrap();
    let lines: Vec<_> = BufReader::new(stream).lines().map(Result::unwrap).collect();
    assert_eq!(lines[3], format!("+OK {} octets", mail.len()));
    assert_eq!(lines[4..lines.len() - 2].join("\r\n") + "\r\n", mail);
}
