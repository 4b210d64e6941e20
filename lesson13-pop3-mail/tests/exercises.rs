//! The exercises of lesson 13, checked from outside: `cargo run -- check 13`.
#![cfg(test)]

use testing::exercise::{Attempt, Check, ensure, has_sent, not_yet, show, step, with_verbs};
use testing::{Ended, Folder, Server, pop3_lines, talk};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson13-pop3-mail");
/// The header and the text of each message in the mailbox: the first has an encoded subject, the
/// second lines of dots and bytes that are no UTF-8.
const MESSAGES: [(&[u8], &[u8]); 2] = [
    (b"From: laoshi@qq.example\r\nSubject: =?utf-8?B?5L2g5aW9?=\r\n\r\n", b"hello\r\n"),
    (b"Subject: second\r\n\r\n", b".\r\n..two\r\n\xff\xfe raw\r\n"),
];

/// What a right server answers. The sizes of the messages serve as their unique ids, too.
fn answer(command: &str) -> Vec<u8> {
    let mut words = command.split(' ');
    let verb = words.next().unwrap_or_default();
    let number = words.next().unwrap_or_default();
    let message = match number {
        "1" => Some(MESSAGES[0]),
        "2" => Some(MESSAGES[1]),
        _ => None,
    };
    match (verb, message) {
        ("STAT", _) => b"+OK 2 102\r\n".to_vec(),
        ("LIST" | "UIDL", None) => pop3_lines(b"1 65\r\n2 37\r\n"),
        ("LIST" | "UIDL", Some((header, text))) => {
            format!("+OK {number} {}\r\n", header.len() + text.len()).into()
        }
        ("RETR", Some((header, text))) => pop3_lines(&[header, text].concat()),
        ("TOP", Some((header, _))) => pop3_lines(header),
        ("CAPA", _) => pop3_lines(b"TOP\r\nUIDL\r\n"),
        ("" | "USER" | "PASS" | "NOOP" | "RSET" | "QUIT", _) | ("DELE", Some(_)) => {
            b"+OK\r\n".to_vec()
        }
        _ => b"-ERR what is that?\r\n".to_vec(),
    }
}

/// Runs the lesson to its end against a server with these messages, which refuses the verb
/// `refused`. Returns the commands that it got, too.
fn fetch(folder: &Folder, refused: &'static str, status: i32) -> Check<(Ended, Vec<String>)> {
    let odd = move |command: &str| match command.split(' ').next() {
        verb if verb == Some(refused) => b"-ERR not now\r\n".to_vec(),
        // A mail need not have a subject.
        Some("TOP") if refused == "Subject" => pop3_lines(b"From: laoshi@qq.example\r\n\r\n"),
        _ => answer(command),
    };
    let server = Server::start(move |_, stream| talk(stream, odd));
    let arguments = ["--pop3-url", &format!("pop3://{}", server.addr)];
    let done = match refused {
        "nothing" => "took all commands, as an MDA".to_string(),
        "Subject" => "sent headers without a subject, as an MDA".to_string(),
        refused => format!("refused {refused}, as an MDA"),
    };
    let ended = Attempt::start_in(folder, LESSON, &arguments).ends(&done, status)?;
    Ok((ended, server.results().concat()))
}

#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let folder = Folder::create();
    fetch(&folder, "nothing", 0)?;
    let message = [MESSAGES[1].0, MESSAGES[1].1].concat();
    let files = folder.files("downloads");
    let Some((name, saved)) = files.into_iter().find(|(name, _)| name == "newest.eml") else {
        return not_yet("newest.eml in LESSON_SAVE_DIR", "There is no such file.");
    };
    let came = format!("It has {}.", show(&saved));
    ensure(saved == message, format!("{} in newest.eml", show(&message)), came)?;

    let mut kept = vec![name];
    for _ in 0..2 {
        step("wrote a text of its own into each .eml that was there");
        for name in &kept {
            folder.write(&format!("downloads/{name}"), "mine");
        }
        fetch(&folder, "nothing", 0)?;
        let mut files = folder.files("downloads");
        for name in &kept {
            let is_kept = files.iter().any(|(file, text)| file == name && text == b"mine");
            let expected = format!("the {name} that was there to stay as it was");
            ensure(is_kept, expected, "It was replaced.")?;
        }
        files.retain(|(_, text)| *text == message);
        match files.pop() {
            Some((name, _)) => kept.push(name),
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
    has_sent(&commands, &["RETR", "DELE", "QUIT"], "RETR 2, DELE 2, QUIT")?;
    let came = format!("Your program printed {}.", show(&ended.stdout));
    ensure(says_so(&ended), "your program to print the line `deleted number 2`", came)?;

    for refused in ["QUIT", "DELE", "RETR"] {
        let (ended, commands) = fetch(&Folder::create(), refused, 1)?;
        let expected = "your program not to say `deleted number 2`";
        ensure(!says_so(&ended), expected, "It says so.")?;
        let is_kept = refused != "RETR" || with_verbs(&commands, &["DELE"]).is_empty();
        ensure(is_kept, "no DELE", "It came.")?;
    }
    Ok(())
}

#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    for (refused, lines) in [
        ("nothing", ["  number 1: 65 bytes: 你好", "  number 2: 37 bytes: second"]),
        ("TOP", ["  number 1: 65 bytes", "  number 2: 37 bytes"]),
        ("Subject", ["  number 1: 65 bytes", "  number 2: 37 bytes"]),
    ] {
        let (ended, commands) = fetch(&Folder::create(), refused, 0)?;
        for expected in lines {
            let start = &expected[.."  number 1".len()];
            let Some(line) = ended.stdout.lines().find(|line| line.starts_with(start)) else {
                return not_yet(format!("the line `{expected}`"), "There is no such line.");
            };
            let line = line.trim_end();
            // What stands in the place of a subject is free.
            let is_so = line == expected || (refused == "Subject" && line.starts_with(expected));
            ensure(is_so, format!("the line `{expected}`"), format!("It is `{line}`."))?;
        }
        let is_text = |command: &&String| command.starts_with("TOP") && !command.ends_with(" 0");
        if let Some(command) = commands.iter().find(is_text) {
            return not_yet("TOP for no line of the text", format!("{command} came."));
        }
        let fetched = with_verbs(&commands, &["RETR"]);
        let expected = "the command RETR for the newest mail alone";
        ensure(fetched == "RETR 2", expected, format!("{fetched} came."))?;
    }
    Ok(())
}
