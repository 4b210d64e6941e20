//! The exercises of lesson 13, checked from outside: `cargo run -- check 13`.
#![cfg(test)]

use std::fs;

use testing::exercise::{Attempt, Check, Server, not_yet, show};
use testing::{Ended, Folder, talk};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson13-pop3-mail");
/// The messages in the mailbox: the first has an encoded subject, the second lines of dots and bytes
/// that are no UTF-8.
const MESSAGES: [(&[u8], &[u8]); 2] = [
    (b"From: laoshi@qq.example\r\nSubject: =?utf-8?B?5L2g5aW9?=\r\n\r\n", b"hello\r\n"),
    (b"Subject: second\r\n\r\n", b".\r\n..two\r\n\xff\xfe raw\r\n"),
];

/// Runs the lesson to its end against a server with these messages, which refuses the verb `refused`.
/// Returns the commands that it got, too.
fn fetch(folder: &Folder, refused: &'static str, status: i32) -> Check<(Ended, Vec<String>)> {
    let answer = move |command: &str| {
        let mut words = command.split(' ');
        let verb = words.next().unwrap_or_default();
        let number = words.next().and_then(|word| word.parse::<usize>().ok());
        let message = number.and_then(|number| MESSAGES.get(number.checked_sub(1)?));
        match (verb, message) {
            (verb, _) if verb == refused => b"-ERR not now\r\n".to_vec(),
            ("STAT", _) => b"+OK 2 124\r\n".to_vec(),
            ("LIST", None) => b"+OK\r\n1 68\r\n2 41\r\n.\r\n".to_vec(),
            ("RETR", Some((header, content))) => lines(&[header, *content].concat()),
            ("TOP", Some((header, _))) => lines(header),
            ("" | "USER" | "PASS" | "QUIT", _) | ("DELE", Some(_)) => b"+OK\r\n".to_vec(),
            _ => b"-ERR what is that?\r\n".to_vec(),
        }
    };
    let server = Server::start(move |_, stream| talk(stream, answer));
    let arguments = ["--pop3-url", &format!("pop3://{}", server.addr)];
    let done = match refused {
        "nothing" => "started the program".to_string(),
        refused => format!("refused {refused}"),
    };
    let ended = Attempt::start_in(folder, LESSON, &arguments).ends(&done, status)?;
    Ok((ended, server.results().concat()))
}

/// A reply with lines, of which those that begin with a dot get one more.
fn lines(text: &[u8]) -> Vec<u8> {
    let mut reply = b"+OK\r\n".to_vec();
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            reply.push(b'.');
        }
        reply.extend(line);
    }
    [reply, b".\r\n".to_vec()].concat()
}

/// Those of the commands that begin with one of these verbs.
fn with_verbs(commands: &[String], verbs: &[&str]) -> String {
    let is_one = |command: &&String| verbs.iter().any(|verb| command.starts_with(verb));
    let commands: Vec<_> = commands.iter().filter(is_one).cloned().collect();
    commands.join(", ")
}

/// The mail itself.
#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let folder = Folder::create();
    fetch(&folder, "nothing", 0)?;
    let message = [MESSAGES[1].0, MESSAGES[1].1].concat();
    let path = folder.path().join("downloads").join("newest.eml");
    let Ok(saved) = fs::read(&path) else {
        return not_yet("expected newest.eml in LESSON_SAVE_DIR: it is not there");
    };
    if saved != message {
        let (expected, saved) = (show(&message), show(&saved));
        return not_yet(format!("expected newest.eml to be {expected}: it is {saved}"));
    }

    fs::write(&path, "mine").unwrap();
    fetch(&folder, "nothing", 0)?;
    if fs::read(&path).unwrap() != b"mine" {
        return not_yet("newest.eml was there already, expected another name: it was replaced");
    }
    let mut files = fs::read_dir(folder.path().join("downloads")).unwrap();
    match files.any(|file| fs::read(file.unwrap().path()).unwrap() == message) {
        true => Ok(()),
        false => not_yet("newest.eml was there already, expected another name: nothing was saved"),
    }
}

/// Fetched and deleted.
#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let says_so = |ended: &Ended| ended.stdout.lines().any(|line| line == "deleted number 2");
    let (ended, commands) = fetch(&Folder::create(), "nothing", 0)?;
    let expected = "RETR 2, DELE 2, QUIT";
    let came = with_verbs(&commands, &["RETR", "DELE", "QUIT"]);
    if came != expected {
        return not_yet(format!("expected {expected}: {came} came"));
    }
    if !says_so(&ended) {
        return not_yet("took DELE and QUIT, expected \"deleted number 2\": it does not say so");
    }

    for refused in ["QUIT", "DELE", "RETR"] {
        let (ended, commands) = fetch(&Folder::create(), refused, 1)?;
        if says_so(&ended) {
            return not_yet(format!(
                "refused {refused}, so nothing was deleted: it says \"deleted number 2\""
            ));
        }
        if refused == "RETR" && !with_verbs(&commands, &["DELE"]).is_empty() {
            return not_yet("refused RETR, expected no DELE: it came");
        }
    }
    Ok(())
}

/// Subjects.
#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    for (refused, done, lines) in [
        ("nothing", "", ["  number 1: 68 bytes: 你好", "  number 2: 41 bytes: second"]),
        ("TOP", "refused TOP, ", ["  number 1: 68 bytes", "  number 2: 41 bytes"]),
    ] {
        let (ended, commands) = fetch(&Folder::create(), refused, 0)?;
        for expected in lines {
            let start = &expected[.."  number 1".len()];
            let line = ended.stdout.lines().find(|line| line.starts_with(start));
            if line != Some(expected) {
                let line = line.unwrap_or("not there");
                return not_yet(format!("{done}expected the line `{expected}`: it is `{line}`"));
            }
        }
        let fetched = with_verbs(&commands, &["RETR"]);
        if fetched != "RETR 2" {
            return not_yet(format!("{done}expected RETR for the newest alone: {fetched} came"));
        }
    }
    Ok(())
}
