//! The lessons and the bare programs of mail and FTP against the practice servers: the whole way of
//! a mail and of a file, TLS in every form, and each trouble.
#![cfg(test)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use testing::{
    Ended, Folder, Practice, Program, built, built_bare, command, fails, native, tcp_peer,
};
use tour::lessons::{LESSONS, Lesson, workspace};

/// Runs a program that is to succeed, and to print this among other things.
#[track_caller]
fn prints(command: &mut Command, text: &str) -> Ended {
    let ended = Program::start(command).finish();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.stdout.contains(text), "not {text:?}: {ended:?}");
    ended
}

/// A command that runs the bare program of a lesson.
fn bare(practice: &Practice, lesson: &str, argument: String) -> Command {
    let mut bare = command(&built_bare(lesson), &practice.folder);
    bare.arg(argument);
    bare
}

#[test]
fn the_student_fetches_the_mail_of_each_lesson_and_of_its_bare_program() {
    let practice = Practice::start();
    let fetch = || practice.lesson("lesson13-pop3-mail");
    prints(&mut fetch(), "\nthe mailbox is empty; ");
    let picture = format!("saved {}\n", native("downloads/picture.png"));
    // What the mails of both programs hold, and what lesson 13 shows of the lesson's own.
    let mails = [
        ("06", "Content-Type: text/plain", ["Subject: A plain text mail\n", "\n老师\n"]),
        ("07", "Content-Type: text/html", ["Subject: An HTML mail\n", "<p>老师</p>"]),
        ("08", "filename=\"picture.png\"", ["multipart/mixed", &picture]),
        ("11", "Cc: banzhang@sina.example\r\n", ["From: 王老师 <", "你好：一封有抄送的邮件\n"]),
        ("12", "multipart/alternative", ["multipart/alternative", "this text came to you"]),
    ];
    let mut count = 0;
    for (number, text, shown) in mails {
        let lesson = Lesson::find(number).unwrap().package;
        let url = format!("smtp://{}", practice.addr("qq-smtp"));
        for mut command in [bare(&practice, lesson, url), practice.lesson(lesson)] {
            let sent = prints(&mut command, "250 taken as ");
            assert!(sent.stdout.starts_with("250 "), "{sent:?}");
            count += 1;
            let mail = practice.mails("sina", "xuesheng", count).pop().unwrap();
            assert!(mail.contains(text), "{mail}");
            assert_eq!(mail.matches("Received: ").count(), 2, "{mail}");
        }
        let fetched = prints(&mut fetch(), &format!("messages in the mailbox: {count} ("));
        assert!(shown.iter().all(|shown| fetched.stdout.contains(shown)), "{fetched:?}");
        assert!(!fetched.stderr.contains("practice\n"), "{fetched:?}");
    }
    let newest = prints(
        &mut bare(&practice, "lesson13-pop3-mail", practice.addr("sina-pop3").to_string()),
        "\nthis text came to you over SMTP.\r\n\r\n老师\r\n\n",
    );
    assert!(newest.stdout.starts_with("Subject: "), "{newest:?}");

    let saved = fs::read(practice.folder.path().join("downloads/picture.png"));
    let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/../lesson08-attachment-mail/picture.png");
    assert!(saved.unwrap() == fs::read(picture).unwrap());
    // Each program of lesson 11 sends a copy and a hidden copy, of which no mail says anything.
    let copies = practice.mails("sina", "banzhang", 2);
    assert!(copies[0].contains("Reply-To: \"Teacher Wang\" <laoshi@qq.example>\r\n"), "{copies:?}");
    assert!(copies.iter().all(|mail| !mail.contains("zhujiao")), "{copies:?}");
    let hidden = practice.mails("qq", "zhujiao", 2);
    assert!(hidden.iter().all(|mail| !mail.contains("Bcc:")), "{hidden:?}");
    // Nothing was deleted.
    practice.mails("sina", "xuesheng", count);
}

#[test]
fn a_large_file_of_any_name_travels_the_whole_way() {
    let practice = Practice::start();
    let bytes: Vec<u8> = (0..=255).cycle().take(1_000_000).collect();
    fs::write(practice.folder.path().join("报告 最终.bin"), &bytes).unwrap();
    let mut lesson = practice.lesson("lesson08-attachment-mail");
    prints(lesson.args(["--attachment", "报告 最终.bin"]), "250 taken as ");
    let mail = practice.mails("sina", "xuesheng", 1).remove(0);
    let mut stream = tcp_peer(practice.addr("sina-pop3"));
    let commands = "USER xuesheng@sina.example\r\nPASS practice\r\nRETR 1\r\nQUIT\r\n";
    stream.write_all(commands.as_bytes()).unwrap();
    let lines: Vec<_> = BufReader::new(stream).lines().map(Result::unwrap).collect();
    assert_eq!(lines[3], format!("+OK {} octets", mail.len()));
    assert_eq!(lines[4..lines.len() - 2].join("\r\n") + "\r\n", mail);
    for name in ["报告 最终.bin", "报告 最终 (2).bin"] {
        let saved = format!("saved {}\n", native(&format!("downloads/{name}")));
        prints(&mut practice.lesson("lesson13-pop3-mail"), &saved);
        let file = practice.folder.path().join("downloads").join(name);
        assert!(fs::read(file).unwrap() == bytes);
    }
}

#[test]
fn files_come_and_go_where_the_user_may() {
    let practice = Practice::start();
    let lesson = || practice.lesson("lesson10-ftp-client");
    let saved = format!("readme.txt\nsaved {} (77 bytes)\n", native("downloads/readme.txt"));
    prints(&mut lesson(), &saved);
    let here = fs::read(practice.folder.path().join("downloads/readme.txt")).unwrap();
    assert_eq!(here, fs::read(practice.path("ftp/anonymous/pub/readme.txt")).unwrap());

    let mut bare = bare(&practice, "lesson10-ftp-client", practice.addr("ftp").to_string());
    prints(
        &mut bare,
        "readme.txt\ndownloaded readme.txt (77 bytes)\nuploaded hello.txt (7 bytes)\n",
    );
    let here = fs::read(practice.folder.path().join("readme.txt")).unwrap();
    assert_eq!(here, fs::read(practice.path("ftp/guest/pub/readme.txt")).unwrap());
    let there = fs::read_to_string(practice.path("ftp/guest/pub/hello.txt"));
    assert_eq!(there.unwrap(), "Hello!\n");

    practice.folder.write("作业 1.txt", "做完了");
    let guest = ["--ftp-user", "guest", "--ftp-upload", "作业 1.txt"];
    let mut upload = lesson();
    upload.args(guest).env("LESSON_FTP_PASSWORD", "practice");
    // The work goes on when the reader of the results has gone.
    let mut unread = upload.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(unread.stdout.take());
    assert_eq!(unread.wait().unwrap().code(), Some(0));
    let there = fs::read_to_string(practice.path("ftp/guest/pub/作业 1.txt"));
    assert_eq!(there.unwrap(), "做完了");
    prints(&mut upload, "uploaded 作业 1.txt (9 bytes)\n");
    for (arguments, why, hint) in [
        (&guest[2..], "cannot upload 作业 1.txt: the server says 550", "what anonymous may do"),
        (&guest[..2], "cannot log in as guest: the server says 530", "LESSON_FTP_PASSWORD"),
    ] {
        fails(&Program::start(lesson().args(arguments)).finish(), why, hint);
    }
}

/// Runs the lesson that speaks the protocol of this URL. It trusts this authority alone.
fn visit(practice: &Practice, url: &str, authority: &str) -> Ended {
    let (lesson, setting) = match url.split_once("://").unwrap().0 {
        "smtp" | "smtps" => ("lesson06-text-mail", "LESSON_SMTP_URL"),
        "pop3" | "pop3s" => ("lesson13-pop3-mail", "LESSON_POP3_URL"),
        _ => ("lesson10-ftp-client", "LESSON_FTP_URL"),
    };
    let mut lesson = practice.lesson(lesson);
    lesson.env(setting, url).env("SSL_CERT_FILE", authority).env("LESSON_TIMEOUT", "5");
    Program::start(&mut lesson).finish()
}

#[test]
fn tls_in_every_form_and_at_ipv6_addresses() {
    let practice = Practice::start();
    let authority = practice.authority();
    // Servers with an authority of their own, at IPv6 addresses.
    let folder = Folder::create();
    let mut servers = Practice::command(&built("practice-servers"), &folder);
    for flag in ["--qq-smtps-addr", "--sina-pop3s-addr", "--ftp-addr"] {
        servers.args([flag, "[::1]:0"]);
    }
    let other = Practice::start_by(servers, folder);
    for url in [
        format!("smtps://{}", other.addr("qq-smtps")),
        format!("pop3s://{}", other.addr("sina-pop3s")),
        format!("ftp://{}/pub/readme.txt?tls=required", other.addr("ftp")),
    ] {
        let ended = visit(&other, &url, &other.authority());
        assert_eq!(ended.status, Some(0), "{url}: {ended:?}");
    }

    let port = |name| practice.addr(name).port();
    let forms = [
        format!("smtps://localhost:{}", port("qq-smtps")),
        format!("smtps://127.0.0.1:{}", port("qq-smtps")),
        format!("smtp://localhost:{}?tls=required", port("qq-smtp")),
        format!("smtp://localhost:{}?tls=opportunistic", port("qq-smtp")),
        format!("pop3s://localhost:{}", port("sina-pop3s")),
        format!("pop3s://127.0.0.1:{}", port("sina-pop3s")),
        format!("ftp://localhost:{}/pub/readme.txt?tls=required", port("ftp")),
        format!("ftp://127.0.0.1:{}/pub/readme.txt?tls=required", port("ftp")),
    ];
    for form in &forms {
        let ended = visit(&practice, form, &authority);
        assert_eq!(ended.status, Some(0), "{form}: {ended:?}");
        let untrusted = visit(&practice, form, &other.authority());
        fails(&untrusted, "invalid peer certificate", "SSL_CERT_FILE");
        // The certificate does not know this name of this machine.
        if cfg!(target_os = "linux") && form.contains("127.0.0.1") {
            let form = form.replace("127.0.0.1", "127.0.0.2");
            fails(&visit(&practice, &form, &authority), "127.0.0.2", "");
        }
    }
    let mails = practice.mails("sina", "xuesheng", 4);
    assert!(mails.iter().all(|mail| mail.contains(" with ESMTPSA id ")), "{mails:?}");

    for (scheme, server, why, hint) in [
        ("smtps", "qq-smtp", "received corrupt message", "?tls=required with 587"),
        ("pop3s", "sina-pop3", "cannot begin TLS with pop3s://", "pop3:// goes with port 110"),
        ("pop3", "sina-pop3s", "timed out", "pop3s:// with 995"),
    ] {
        let url = format!("{scheme}://localhost:{}", port(server));
        fails(&visit(&practice, &url, &authority), why, hint);
    }
}

/// The rows of a page's table of troubles: what one types, what goes over the wire, and what the
/// lesson says.
fn troubles(page: &str) -> Vec<[String; 3]> {
    let page = fs::read_to_string(workspace().join("practice-servers").join(page)).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| `cargo run -p "));
    let rows = rows.map(|row| {
        let code = row.split('`').skip(1).step_by(2).map(|code| code.replace("\\|", "|"));
        code.collect::<Vec<_>>().try_into().unwrap()
    });
    rows.collect()
}

#[test]
fn each_trouble_of_the_table_happens() {
    let mut practice = Practice::start();
    practice.folder.write("README.md", "x");
    let rows = troubles("README.md");
    assert!(rows.len() > 20, "{rows:?}");
    for [command, wire, says] in rows {
        let command = practice.here(&command);
        let mut words = command.split(' ').skip(3);
        let mut lesson = practice.lesson(words.next().unwrap());
        lesson.args(words.skip(1));
        let ended = Program::start(&mut lesson).finish();
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(said.contains(&practice.here(&says)), "{command}: not {says:?} but {said}");
        practice.program.logged(&wire);
    }
}

#[test]
fn the_pages_show_the_same_troubles() {
    let table = troubles("README.md");
    assert_eq!(table, troubles("README.zh-CN.md"));
    let mut count = 0;
    for lesson in LESSONS {
        let page = fs::read_to_string(lesson.folder().join("README.md")).unwrap();
        let (_, section) = page.split_once("\n## When it goes wrong\n").unwrap();
        let lines = section.lines().take_while(|line| !line.starts_with("## "));
        for command in lines.filter(|line| line.starts_with("cargo run")) {
            assert!(table.iter().any(|row| row[0] == command), "{command}");
            count += 1;
        }
    }
    assert!(count > 10, "{count}");
}
