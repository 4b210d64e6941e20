//! The exercises of lesson 13, checked from outside: `cargo run -- check 13`.
#![cfg(test)]

use std::fs;
use std::path::PathBuf;

use testing::exercise::{Attempt, Check, Server, not_yet, show, step};
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
            // A mail need not have a subject.
            ("TOP", Some(_)) if refused == "Subject" => lines(b"From: laoshi@qq.example\r\n\r\n"),
            ("TOP", Some((header, _))) => lines(header),
            ("LIST" | "UIDL", Some(_)) => format!("+OK {} 41\r\n", &command[5..]).into_bytes(),
            ("UIDL", None) => b"+OK\r\n1 a\r\n2 b\r\n.\r\n".to_vec(),
            ("CAPA", None) => b"+OK\r\nTOP\r\nUIDL\r\n.\r\n".to_vec(),
            ("" | "USER" | "PASS" | "NOOP" | "RSET" | "QUIT", _) | ("DELE", Some(_)) => {
                b"+OK\r\n".to_vec()
            }
            _ => b"-ERR what is that?\r\n".to_vec(),
        }
    };
    let server = Server::start(move |_, stream| talk(stream, answer));
    let arguments = ["--pop3-url", &format!("pop3://{}", server.addr)];
    let done = match refused {
        "nothing" => "took all commands, as an MDA".to_string(),
        "Subject" => "sent headers without a subject, as an MDA".to_string(),
        refused => format!("refused {refused}, as an MDA"),
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

#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let folder = Folder::create();
    fetch(&folder, "nothing", 0)?;
    let message = [MESSAGES[1].0, MESSAGES[1].1].concat();
    let path = folder.path().join("downloads").join("newest.eml");
    let Ok(saved) = fs::read(&path) else {
        return not_yet("newest.eml in LESSON_SAVE_DIR", "There is no such file.");
    };
    if saved != message {
        let came = format!("It has {}.", show(&saved));
        return not_yet(format!("{} in newest.eml", show(&message)), came);
    }

    let mut kept = vec![path];
    for _ in 0..2 {
        step("wrote a text of its own into each .eml that was there");
        for path in &kept {
            fs::write(path, "mine").unwrap();
        }
        fetch(&folder, "nothing", 0)?;
        for path in &kept {
            if fs::read(path).ok().as_deref() != Some(b"mine") {
                let name = path.file_name().unwrap_or_default().display();
                let expected = format!("the {name} that was there to stay as it was");
                return not_yet(expected, "It was replaced.");
            }
        }
        let files = fs::read_dir(folder.path().join("downloads")).into_iter().flatten().flatten();
        let mut paths = files.map(|file| file.path());
        let is_mail = |path: &PathBuf| fs::read(path).is_ok_and(|bytes| bytes == message);
        match paths.find(is_mail) {
            Some(path) => kept.push(path),
            None => return not_yet("the mail in a file of another name", "There is none."),
        }
    }
    Ok(())
}

#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let says_so = |ended: &Ended| ended.stdout.lines().any(|line| line == "deleted number 2");
    let (ended, commands) = fetch(&Folder::create(), "nothing", 0)?;
    let expected = "RETR 2, DELE 2, QUIT";
    let came = with_verbs(&commands, &["RETR", "DELE", "QUIT"]);
    if came != expected {
        return not_yet(format!("the commands {expected}"), format!("They were {came}."));
    }
    if !says_so(&ended) {
        let came = format!("Your program printed {}.", show(ended.stdout.as_bytes()));
        return not_yet("your program to print the line `deleted number 2`", came);
    }

    for refused in ["QUIT", "DELE", "RETR"] {
        let (ended, commands) = fetch(&Folder::create(), refused, 1)?;
        if says_so(&ended) {
            return not_yet("your program not to say `deleted number 2`", "It says so.");
        }
        if refused == "RETR" && !with_verbs(&commands, &["DELE"]).is_empty() {
            return not_yet("no DELE", "It came.");
        }
    }
    Ok(())
}

#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    for (refused, lines) in [
        ("nothing", ["  number 1: 68 bytes: 你好", "  number 2: 41 bytes: second"]),
        ("TOP", ["  number 1: 68 bytes", "  number 2: 41 bytes"]),
        ("Subject", ["  number 1: 68 bytes", "  number 2: 41 bytes"]),
    ] {
        let (ended, commands) = fetch(&Folder::create(), refused, 0)?;
        for expected in lines {
            let start = &expected[.."  number 1".len()];
            let line = ended.stdout.lines().find(|line| line.starts_with(start));
            let expected = expected.trim_end();
            match line.map(str::trim_end) {
                Some(line) if line == expected => {}
                // What stands in the place of the subject is free.
                Some(line) if refused == "Subject" && line.starts_with(expected) => {}
                Some(line) => {
                    return not_yet(format!("the line `{expected}`"), format!("It is `{line}`."));
                }
                None => return not_yet(format!("the line `{expected}`"), "There is none."),
            }
        }
        let is_text = |command: &&String| command.starts_with("TOP") && !command.ends_with(" 0");
        if let Some(command) = commands.iter().find(is_text) {
            return not_yet("TOP for no line of the text", format!("{command} came."));
        }
        let fetched = with_verbs(&commands, &["RETR"]);
        if fetched != "RETR 2" {
            let came = format!("{fetched} came.");
            return not_yet("the command RETR for the newest mail alone", came);
        }
    }
    Ok(())
}
