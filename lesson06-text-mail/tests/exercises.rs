//! The exercises of lesson 06, checked from outside: `cargo run -- check 06`.
#![cfg(test)]

use std::time::Duration;

use mailparse::parse_mail;
use testing::Ended;
use testing::exercise::{
    Attempt, Check, LIMIT, Session, has_status, mta, not_yet, readable, sent_mail, show, times,
};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson06-text-mail");

#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let mail = sent_mail(LESSON, &[])?;
    let mail = readable("a mail", parse_mail(mail.message.as_bytes()))?;
    let text = readable("a text", mail.get_body())?.replace("\r\n", "\n");
    let part = "this mail came to you over SMTP.\n.\n..\n\n老师";
    match text.trim_end().strip_suffix(part) {
        Some(_) => Ok(()),
        None => not_yet(
            format!("a text that ends with {}", show(part.as_bytes())),
            format!("The text is {}.", show(text.as_bytes())),
        ),
    }
}

/// Runs the lesson to its end, against an MTA that refuses this command in the first connections: the
/// answers are one for each of them.
fn refused(
    command: &'static str,
    answers: &'static [&'static str],
) -> Check<(Ended, Vec<Session>)> {
    let mta =
        mta(move |number, line| answers.get(number).copied().filter(|_| line.starts_with(command)));
    let mut lesson = Attempt::start(LESSON, &["--smtp-url", &format!("smtp://{}", mta.addr)]);
    let command = if command == "." { "the final dot" } else { command };
    let mut words = answers.to_vec();
    words.dedup();
    let words = words.join("`, then `");
    let count = answers.len();
    let done = format!("answered `{words}` to {command} in {count} connections, as an MTA");
    let ended = lesson.expect(&done, "your program to end within 5 s", |lesson| {
        let ended = lesson.has_ended(LIMIT);
        ended.ok_or_else(|| {
            format!("Your program still runs, and has connected {}.", times(mta.count()))
        })
    })?;
    Ok((ended, mta.results()))
}

/// Expects so many connections.
fn has_connected(sessions: &[Session], expected: usize) -> Check {
    match sessions.len() {
        count if count == expected => Ok(()),
        count => not_yet(
            format!("your program to connect {}", times(expected)),
            format!("Your program connected {}.", times(count)),
        ),
    }
}

#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    const LATER_NEVER: [&str; 3] = ["450 come back later", "550 not for us", "550 not for us"];

    for command in ["RCPT", "MAIL", "."] {
        let (ended, sessions) = refused(command, &["451 come back later"; 2])?;
        has_connected(&sessions, 3)?;
        for pair in sessions.windows(2) {
            let pause = pair[0].refused.map(|refused| pair[1].began - refused);
            if let Some(pause) = pause.filter(|pause| *pause < Duration::from_millis(500)) {
                let came = format!("Your program tried again after {} ms.", pause.as_millis());
                return not_yet("your program to wait half a second before each try", came);
            }
        }
        let mails: usize = sessions.iter().map(|session| session.mails.len()).sum();
        if mails != 1 {
            return not_yet(
                "your program to send the mail once",
                format!("Your program sent {mails} mails."),
            );
        }
        has_status(&ended, 0)?;
    }

    for command in ["RCPT", "MAIL", "."] {
        let (ended, sessions) = refused(command, &["550 not for us"; 3])?;
        has_connected(&sessions, 1)?;
        has_status(&ended, 1)?;
    }

    for (answers, tries) in [(&["450 come back later"; 3], 3), (&LATER_NEVER, 2)] {
        let (ended, sessions) = refused("RCPT", answers)?;
        has_connected(&sessions, tries)?;
        has_status(&ended, 1)?;
    }
    Ok(())
}

#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    for (wrong, answer) in [
        (&["no@b.example"][..], "550 no such user"),
        (&["a@b.example"], "550 no such user"),
        (&["a@b.example", "no@b.example"], "450 no such user now"),
        (&[], "550 no such user"),
    ] {
        let to = "a@b.example, no@b.example, c@d.example";
        let is_wrong =
            |line: &str| wrong.iter().any(|to| line.starts_with(&format!("RCPT TO:<{to}>")));
        let mta = mta(move |_, line| is_wrong(line).then_some(answer));
        let url = format!("smtp://{}", mta.addr);
        let mut lesson = Attempt::start(LESSON, &["--smtp-url", &url, "--mail-to", to]);
        let done = match wrong {
            [] => "took what your program sent, as an MTA".into(),
            wrong => format!("answered `{answer}` for {}, as an MTA", wrong.join(" and ")),
        };
        let ended = lesson.ends_somehow(&done)?;
        let sessions = mta.results();
        let mails = sessions.iter().flat_map(|session| &session.mails);
        let mut got: Vec<_> = mails.flat_map(|mail| &mail.to).map(String::as_str).collect();
        got.sort();
        let mut expected: Vec<_> = to.split(", ").filter(|to| !wrong.contains(to)).collect();
        expected.sort();
        if got != expected {
            let got = if got.is_empty() { "nobody".into() } else { got.join(" and ") };
            return not_yet(
                format!("your program to send the mail once to {}", expected.join(" and ")),
                format!("Your program sent it to {got}."),
            );
        }
        let lines: Vec<_> =
            ended.stdout.lines().filter(|line| line.starts_with("refused ")).collect();
        for to in wrong {
            let start = format!("refused {to}: ");
            let is_right = |line: &&str| line.starts_with(&start) && line.contains("no such user");
            if lines.iter().filter(|line| is_right(line)).count() != 1 {
                return not_yet(
                    format!("your program to print one line `{start}` with `no such user`"),
                    format!("Your program printed {}.", show(ended.stdout.as_bytes())),
                );
            }
        }
        if lines.len() > wrong.len() {
            let came = format!("Your program printed {}.", show(ended.stdout.as_bytes()));
            return not_yet("a line `refused` for those alone who were refused", came);
        }
        has_status(&ended, i32::from(!wrong.is_empty()))?;
    }
    Ok(())
}
