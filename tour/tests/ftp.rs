//! Lesson 10 against the practice servers: the three kinds of users, and TLS.
#![cfg(test)]

use std::fs;
use std::process::Stdio;

use testing::{Ended, Folder, Practice, Program, built, built_bare, command, fails, native};

const LESSON: &str = "lesson10-ftp-client";

#[track_caller]
fn passes(ended: &Ended, printed: &str) {
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.stdout.contains(printed), "{ended:?}");
}

#[test]
fn anonymous_downloads_and_may_not_upload() {
    let practice = Practice::start();
    let saved = native("downloads/readme.txt");
    passes(
        &Program::start(&mut practice.lesson(LESSON)).finish(),
        &format!("readme.txt\nsaved {saved} (77 bytes)\n"),
    );
    let there = practice.folder.path().join("practice-data/ftp/anonymous/pub/readme.txt");
    let here = practice.folder.path().join("downloads/readme.txt");
    assert_eq!(fs::read(here).unwrap(), fs::read(there).unwrap());

    practice.folder.write("work.txt", "x");
    let mut lesson = practice.lesson(LESSON);
    let ended = Program::start(lesson.args(["--ftp-upload", "work.txt"])).finish();
    fails(&ended, "cannot upload work.txt: the server says 550", "what anonymous may do");
}

#[test]
fn guest_uploads_and_laoshi_finds_another_tree() {
    let practice = Practice::start();
    practice.folder.write("作业 1.txt", "做完了");
    let mut lesson = practice.lesson(LESSON);
    lesson.env("LESSON_FTP_PASSWORD", "practice");
    lesson.args(["--ftp-user", "guest", "--ftp-upload", "作业 1.txt"]);
    passes(&Program::start(&mut lesson).finish(), "uploaded 作业 1.txt (9 bytes)\n");
    let there = practice.folder.path().join("practice-data/ftp/guest/pub/作业 1.txt");
    assert_eq!(fs::read_to_string(there).unwrap(), "做完了");

    let mut lesson = practice.lesson(LESSON);
    lesson.env("LESSON_FTP_PASSWORD", "practice");
    let url = format!("ftp://127.0.0.1:{}/pub/missing.txt", practice.addr("ftp").port());
    lesson.args(["--ftp-user", "laoshi", "--ftp-url", &url]);
    let ended = Program::start(&mut lesson).finish();
    fails(&ended, "cannot download missing.txt: the server says 550", "LESSON_FTP_URL");
    let mut lesson = practice.lesson(LESSON);
    let ended = Program::start(lesson.args(["--ftp-user", "guest"])).finish();
    fails(&ended, "cannot log in as guest: the server says 530", "LESSON_FTP_PASSWORD");
}

#[test]
fn tls_with_a_trusted_authority_and_with_another() {
    let practice = Practice::start();
    let other = Practice::start();
    let run = |host: &str, authority: &str| {
        let mut lesson = practice.lesson(LESSON);
        let port = practice.addr("ftp").port();
        let url = format!("ftp://{host}:{port}/pub/readme.txt?tls=required");
        lesson.env("SSL_CERT_FILE", authority);
        Program::start(lesson.args(["--ftp-url", &url])).finish()
    };
    let ended = run("localhost", &practice.authority());
    passes(&ended, &format!("saved {} (77 bytes)\n", native("downloads/readme.txt")));
    assert!(ended.stderr.contains(": in TLS from here on\n"), "{ended:?}");
    passes(&run("127.0.0.1", &practice.authority()), "saved ");
    let untrusted = run("localhost", &other.authority());
    fails(&untrusted, "invalid peer certificate", "SSL_CERT_FILE");
    if cfg!(target_os = "linux") {
        let wrong_name = run("127.0.0.2", &practice.authority());
        fails(&wrong_name, "127.0.0.2", "");
    }
}

#[test]
fn the_work_goes_on_when_the_reader_of_the_results_has_gone() {
    let practice = Practice::start();
    practice.folder.write("homework.txt", "done");
    let mut lesson = practice.lesson(LESSON);
    lesson.env("LESSON_FTP_PASSWORD", "practice");
    lesson.args(["--ftp-user", "guest", "--ftp-upload", "homework.txt"]);
    let mut lesson = lesson.stdout(Stdio::piped()).spawn().unwrap();
    drop(lesson.stdout.take());
    assert_eq!(lesson.wait().unwrap().code(), Some(0));
    let there = practice.folder.path().join("practice-data/ftp/guest/pub/homework.txt");
    assert_eq!(fs::read_to_string(there).unwrap(), "done");
}

#[test]
fn tls_at_an_ipv6_address() {
    let folder = Folder::create();
    let mut servers = Practice::command(&built("practice-servers"), &folder);
    servers.args(["--ftp-addr", "[::1]:0"]);
    let practice = Practice::start_by(servers, folder);
    let mut lesson = practice.lesson(LESSON);
    let url = format!("ftp://{}/pub/readme.txt?tls=required", practice.addr("ftp"));
    lesson.env("SSL_CERT_FILE", practice.authority());
    passes(&Program::start(lesson.args(["--ftp-url", &url])).finish(), "saved ");
}

#[test]
fn the_bare_program_does_the_same() {
    let practice = Practice::start();
    let mut bare = command(&built_bare(LESSON), &practice.folder);
    let ended = Program::start(bare.arg(practice.addr("ftp").to_string())).finish();
    let printed = "readme.txt\ndownloaded readme.txt (77 bytes)\nuploaded hello.txt (7 bytes)\n";
    passes(&ended, printed);
    let saved = fs::read(practice.folder.path().join("readme.txt")).unwrap();
    assert_eq!(saved, fs::read(practice.path("ftp/guest/pub/readme.txt")).unwrap());
    let uploaded = fs::read_to_string(practice.path("ftp/guest/pub/hello.txt")).unwrap();
    assert_eq!(uploaded, "Hello!\n");
}
