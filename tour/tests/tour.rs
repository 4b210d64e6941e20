//! The tour as a learner starts it.
#![cfg(test)]

use std::fs;
use std::path::Path;
use std::process::Stdio;

use testing::{Folder, Program, built, command, run};

const TOUR: &str = env!("CARGO_BIN_EXE_tour");

/// The packages of all lessons in the workspace, in their order.
fn lessons() -> Vec<String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let entries = fs::read_dir(workspace).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut lessons: Vec<_> = names.filter(|name| name.starts_with("lesson")).collect();
    lessons.sort();
    lessons
}

#[test]
fn plays_all_lessons_in_order() {
    let ended = run(TOUR, &[]);
    assert_eq!(ended.status, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let (_, table) = ended.stdout.split_once("\nlesson  ").unwrap();
    let rows =
        table.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "));
    let expected = lessons().into_iter().map(|lesson| lesson + " passed");
    assert_eq!(rows.collect::<Vec<_>>(), expected.collect::<Vec<_>>());

    assert!(
        ended.stdout.contains("\n$ cargo run -p lesson03-udp-loop\n  lesson03 | "),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("\n  lesson02 #2 > Hello, network! 你好，网络！\n"),
        "{}",
        ended.stdout
    );
}

/// Whatever the lessons before it have sent.
#[test]
fn lesson_13_finds_the_mails_of_the_others() {
    let ended = run(TOUR, &["06", "12", "13"]);
    assert_eq!(ended.status, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    for line in [
        "messages in the mailbox: 3 (",
        "Subject: A mail with an attachment",
        "saved downloads/picture.png",
    ] {
        let shown = format!("\n  lesson13 #2 > {line}");
        assert!(ended.stdout.contains(&shown), "{}", ended.stdout);
    }
}

#[test]
fn plays_just_the_chosen_lessons_whatever_the_learner_has_set() {
    let folder = Folder::create();
    let mut command = command(TOUR, &folder);
    // Were these passed on, the client would ask nobody, and the server would say nothing.
    command.env("LESSON_ECHO_ADDR", "127.0.0.1:1").env("LESSON_LOG", "off");
    let ended = Program::start(command.args(["01", "4"])).finish();
    assert_eq!(ended.status, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let headings: Vec<_> = ended.stdout.lines().filter(|line| line.starts_with("== ")).collect();
    assert_eq!(headings.len(), 2, "{}", ended.stdout);
    assert!(headings[0].starts_with("== Lesson 01: A UDP server"), "{headings:?}");
    assert!(headings[1].starts_with("== Lesson 04: A TCP server"), "{headings:?}");
}

#[test]
fn a_lesson_that_fails_is_said_and_makes_the_status_1() {
    // A tour among programs of which one is an impostor: lesson 00 under the name of lesson 01.
    let folder = Folder::create();
    let copy = |from: &str, to: &str| {
        let to = folder.path().join(format!("{to}{}", std::env::consts::EXE_SUFFIX));
        fs::copy(from, &to).unwrap();
        to.display().to_string()
    };
    let tour = copy(TOUR, "tour");
    copy(&built("lesson00-addresses"), "lesson00-addresses");
    copy(&built("lesson00-addresses"), "lesson01-udp-server");
    let ended = Program::start(command(&tour, &folder).args(["00", "01"])).finish();
    assert_eq!(ended.status, Some(1), "{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("lesson00-addresses         passed\n"), "{}", ended.stdout);
    let failed = "lesson01-udp-server        FAILED: lesson01-udp-server does not listen\n";
    assert!(ended.stdout.ends_with(failed), "{}", ended.stdout);
    let error = "Error: 1 of 2 lessons failed\n\
                 hint: its lines above say why; play one alone with: cargo run -- 03\n";
    assert!(ended.stderr.ends_with(error), "{}", ended.stderr);
}

#[test]
fn ends_quietly_when_the_reader_has_gone() {
    let folder = Folder::create();
    let mut command = command(TOUR, &folder);
    let mut tour = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(tour.stdout.take());
    let ended = tour.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert!(!String::from_utf8_lossy(&ended.stderr).contains("Error"));
}

#[test]
fn says_which_lessons_there_are() {
    let ended = run(TOUR, &["77"]);
    assert_eq!(ended.status, Some(1));
    assert_eq!(
        ended.stderr,
        "Error: there is no lesson 77\nhint: there are 00 01 02 03 04 05 06 07 08 09 10 11 12 13\n"
    );
}
