//! The tour as a learner starts it.
#![cfg(test)]

use std::fs;
use std::path::Path;
use std::process::Stdio;

use console::measure_text_width;
use practice_servers::services::SERVICES;
use testing::{Folder, Program, built, command, refuses, run};
use tour::lessons::{LESSONS, Lesson};
use tour::play;

const TOUR: &str = env!("CARGO_BIN_EXE_tour");

/// Expects that these texts are shown, one after the other.
#[track_caller]
fn in_order(shown: &str, texts: &[&str]) {
    let mut rest = shown;
    for text in texts {
        let (_, after) = rest.split_once(text).unwrap_or_else(|| panic!("no {text:?} in\n{rest}"));
        rest = after;
    }
}

#[test]
fn plays_all_lessons_in_order_and_says_little() {
    let ended = run(TOUR, &[]);
    assert_eq!(ended.status, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.starts_with("building the lessons"), "{}", ended.stderr);
    let (_, table) = ended.stdout.split_once("\nlesson  ").unwrap();
    let (table, next) = table.split_once("\n\n").unwrap();
    let rows =
        table.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "));
    let expected = LESSONS.iter().map(|lesson| format!("{} passed", lesson.package));
    assert_eq!(rows.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    for text in ["README.md", "cargo run -- 06", "cargo run -p page"] {
        assert!(next.contains(text), "{next}");
    }

    let shown = &ended.stdout;
    let rows = |line: &str| measure_text_width(line).div_ceil(80).max(1);
    let count: usize = shown.lines().map(rows).sum();
    assert!(count <= 9 * LESSONS.len(), "{count} lines\n{shown}");
    let lesson_03 = "\n$ cargo run -p lesson03-udp-loop\n$ cargo run -p lesson02-udp-client\n  \
                     Hello, network! 你好，网络！\n$ cargo run -p lesson02-udp-client\n  Hello,";
    assert!(shown.contains(lesson_03), "{shown}");
    assert_eq!(shown.matches("$ cargo run -p practice-servers\n").count(), 1, "{shown}");
    // The last lesson finds what the others have sent.
    in_order(shown, &["\n13  A", "messages in the mailbox: 6 (", "more lines: cargo run -- 13\n"]);
    assert!(!shown.contains(" | "), "{shown}");
}

#[test]
fn named_lessons_show_what_every_side_says_in_order_whatever_the_learner_has_set() {
    let folder = Folder::create();
    let mut command = command(TOUR, &folder);
    // Were these passed on, the clients would ask nobody, and the servers would say nothing.
    command.env("LESSON_ECHO_ADDR", "127.0.0.1:1").env("LESSON_LOG", "off");
    command.args(["3", "lesson09", "4", "lesson06-text-mail", "10", "13/"]);
    let ended = Program::start(&mut command).finish();
    assert_eq!(ended.status, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let shown = ended.stdout;
    let headings = ["\n03  A", "\n09  A", "\n04  A", "\n06  A", "\n10  An", "\n13  A"];
    in_order(&shown, &headings);
    let (_, table) = shown.split_once("\nlesson  ").unwrap();
    assert_eq!(table.lines().count(), 1 + headings.len(), "{table}");
    in_order(
        &shown,
        &[
            "\n03  A UDP server that echoes datagrams forever\n",
            "$ cargo run -p lesson03-udp-loop\n",
            "  lesson03 | 0.",
            "listening on",
            "$ cargo run -p lesson02-udp-client\n",
            "lesson02-udp-client: sent 34 bytes to",
            "lesson03-udp-loop: received 34 bytes from",
            "lesson03-udp-loop: sent 34 bytes to",
            "lesson02-udp-client: received 34 bytes from",
            "  lesson02 #1 > Hello, network! 你好，网络！\n",
            "$ cargo run -p lesson02-udp-client\n",
            "lesson02 #2 | ",
        ],
    );
    in_order(
        &shown,
        &[
            "\n06  ",
            "$ cargo run -p practice-servers\n$ cargo run -p lesson06-text-mail\n",
            "practice | qq smtp #1 > 250 AUTH PLAIN LOGIN",
            "lesson06-text-mail: connected to",
            "practice | qq smtp #1 < AUTH PLAIN ****",
            "practice | qq smtp #1 > 235 welcome",
            "lesson06-text-mail: logged in as",
            "practice | qq smtp #1 < MAIL FROM",
            "practice | qq smtp #1 > 250 taken as",
            "lesson06-text-mail: sent the mail to",
            "  lesson06 > 250 taken as",
            "practice | qq smtp #1 < QUIT",
            "practice | qq smtp #1 > 221",
            "\n10  ",
            "DIR pub, FILE readme.txt",
            "has connected",
            "226 that is all",
            "  lesson10 #1 > readme.txt\n",
            "< RETR readme.txt",
            "226 that was the file",
            "  lesson10 #1 > saved",
            "< QUIT",
            "\n13  ",
            "$ cargo run -p lesson13-pop3-mail\n",
            "lesson13-pop3-mail: sent STAT",
            "< STAT",
            "> +OK 2 ",
            "lesson13-pop3-mail: received +OK 2 ",
            "  lesson13 #2 > messages in the mailbox: 2 (",
            "lesson13-pop3-mail: sent LIST",
            "lesson13-pop3-mail: sent QUIT",
            "< QUIT",
            "  lesson13 #2 > From: ",
        ],
    );
    // The offices part before the next lesson begins.
    in_order(&shown, &["sina smtp #2 < QUIT", "sina smtp #2 > 221", "\n10  "]);
    // Where one client comes after another, whoever comes behind a silent one waits until it has
    // gone.
    let (at_once, one_by_one) = shown.split_once("\n04  ").unwrap();
    let answered = "lesson05-tcp-client: received ";
    in_order(one_by_one, &["$ nc 127.0.0.1 7007", "client: sent ", " nc: closed ", answered]);
    in_order(at_once, &["$ nc 127.0.0.1 7007", "  nc | ", answered, answered, " nc: closed "]);
    // Where to go next is for those who have seen all lessons.
    assert!(!shown.contains("What next"), "{shown}");
}

/// What else the page needs: where the servers were, and each lesson before it is played.
#[test]
fn records_where_the_servers_are_and_says_what_is_played() {
    let mut progress = Vec::new();
    let lessons = Lesson::choose(&["02", "00"]).unwrap();
    let recording = play(&lessons, |lesson| progress.push(lesson.number())).unwrap();
    assert_eq!(progress, ["02", "00"]);
    assert!(recording.plays.iter().all(|play| play.problem.is_none()));
    let services: Vec<_> = recording.services.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(services, SERVICES.iter().map(|service| service.name()).collect::<Vec<_>>());
    assert!(recording.services.iter().all(|(_, addr)| addr.port() > 0));
}

#[test]
fn a_lesson_that_fails_shows_all_its_lines_and_makes_the_status_1() {
    // A tour beside two programs alone: lesson 00, and the same as an impostor of lesson 01.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("impostor");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let link = |from: &str, to: &str| {
        let to = folder.join(format!("{to}{}", std::env::consts::EXE_SUFFIX));
        fs::hard_link(from, &to).unwrap();
        to.display().to_string()
    };
    let tour = link(TOUR, "tour");
    for lesson in ["lesson00-addresses", "lesson01-udp-server"] {
        link(&built("lesson00-addresses"), lesson);
    }
    let ended = run(&tour, &[]);
    // On Windows, a program that has just ended may still be locked: the next run removes it.
    let _ = fs::remove_dir_all(&folder);

    assert_eq!(ended.status, Some(1), "{}\n{}", ended.stdout, ended.stderr);
    in_order(
        &ended.stdout,
        &[
            "\n$ cargo run -p lesson00-addresses\n  address ",
            "\n$ cargo run -p lesson01-udp-server\n  lesson01 > address ",
            "\n  lesson01 > 2001:db8::1 ",
            "\nlesson00-addresses         passed\n",
            "lesson01-udp-server        FAILED: lesson01-udp-server does not listen\n",
            "lesson06-text-mail         FAILED: cannot start lesson06-text-mail: ",
        ],
    );
    let error = format!(
        "Error: {} of {} lessons failed\n\
         hint: its lines above say why; play one alone with: cargo run -- 01\n",
        LESSONS.len() - 1,
        LESSONS.len()
    );
    assert!(ended.stderr.ends_with(&error), "{}", ended.stderr);
}

#[test]
fn ends_quietly_when_the_reader_has_gone() {
    let folder = Folder::create();
    let mut command = command(TOUR, &folder);
    let mut tour = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(tour.stdout.take());
    let stage = Path::new(TOUR).with_file_name("tour-stage").join(tour.id().to_string());
    let ended = tour.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert!(!String::from_utf8_lossy(&ended.stderr).contains("Error"));
    // On Windows, a file that is still locked remains.
    assert!(cfg!(windows) || !stage.exists());
}

#[test]
fn what_is_typed_wrongly_is_refused() {
    let numbers = "there are 00 01 02 03 04 05 06 07 08 09 10 11 12 13";
    let help = "cargo run -- --help";
    let of_diff = "diff takes one lesson or two; --bare or --exercise goes with one";
    for (words, problem, hint) in [
        ("03 77", "there is no lesson 77", numbers),
        ("lesson3-udp", "there is no lesson lesson3-udp", numbers),
        ("03 chcek", "there is no lesson chcek", numbers),
        ("003", "there is no lesson 003", numbers),
        ("diff lesson 3", "there is no lesson lesson", numbers),
        ("check lesson 3", "there is no lesson lesson", numbers),
        ("chek 01 --hint 2", "no command chek", "did you mean: cargo run -- check 01 --hint 2"),
        ("Diff 07 --all", "no command Diff", "did you mean: cargo run -- diff 07 --all"),
        ("help", "no command help", "there are check and diff; or see cargo run -- --help"),
        ("diff 03 3", "lesson 03 is named twice", "cargo run -- check 03 2"),
        ("--side-by-sid", "invalid option '--side-by-sid'", help),
        ("03 --all", "--all and --bare go with diff", help),
        ("03 --exercise 1", "--exercise goes with diff or check", help),
        ("03 --hint 1", "--hint goes with check", help),
        ("check --exercise 1", "needs the lesson", "cargo run -- check 03 --exercise 1"),
        ("check 12 9", "lesson 12 has no exercise 9", "lesson12-alternative-mail/README.md says"),
        ("check 12 --hint=3", "lesson 12 has no exercise 3", "lesson12-alternative-mail/README.md"),
        ("check 03 04 --hint 1", "an exercise goes with one lesson", "check 03 --hint 2"),
        ("check 03 2 --hint 1", "do not go together", "cargo run -- check 03 --hint 1"),
        ("diff 06", "there is no earlier lesson to compare lesson 06 with", "diff 06 --bare"),
        ("diff", of_diff, "cargo run -- diff 07"),
        ("diff 06 07 12", of_diff, "cargo run -- diff 07"),
        ("diff 06 07 --exercise 1", of_diff, "diff 03 --exercise 1"),
        ("diff 06 07 --bare", of_diff, "cargo run -- diff 07"),
        ("diff 03 --exercise one", "the number of an exercise, not one", help),
        ("diff 03 --exercise", "'--exercise'", help),
        ("diff 03 --exercise=99", "no solution of an exercise 99", "lesson03-udp-loop/README.md"),
    ] {
        refuses(&run(TOUR, &words.split(' ').collect::<Vec<_>>()), problem, hint);
    }
}

#[test]
fn help_lists_all_of_it() {
    let help = run(TOUR, &["--help"]).stdout;
    let numbers = LESSONS.iter().map(|lesson| format!("\n{}  ", lesson.number()));
    let others =
        ["diff 07", "diff 06 12", "--exercise", "--side-by-side", "--all", "--bare", "check 03"];
    for text in numbers.chain(others.map(String::from)) {
        assert!(help.contains(&text), "{help}");
    }
    assert!(help.lines().all(|line| line.len() <= 90), "{help}");
}
