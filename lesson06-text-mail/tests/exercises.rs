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

/// Runs the lesson to its end, against an MTA that refuses this command in the first connections.
fn refused(
    command: &'static str,
    refusals: usize,
    answer: &'static str,
) -> Check<(Ended, Vec<Session>)> {
    let mta =
        mta(move |number, line| (line.starts_with(command) && number < refusals).then_some(answer));
    let mut lesson = Attempt::start(LESSON, &["--smtp-url", &format!("smtp://{}", mta.addr)]);
    let command = if command == "." { "the final dot" } else { command };
    let done = match refusals {
        9 => format!("answered `{answer}` to {command} each time, as an MTA"),
        _ => format!("answered `{answer}` to {command} in {refusals} connections, as an MTA"),
    };
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
    for command in ["RCPT", "MAIL", "."] {
        let (ended, sessions) = refused(command, 2, "451 come back later")?;
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

    let (ended, sessions) = refused("RCPT", 9, "550 no such user")?;
    has_connected(&sessions, 1)?;
    has_status(&ended, 1)?;

    let (ended, sessions) = refused("RCPT", 9, "450 come back later")?;
    has_connected(&sessions, 3)?;
    has_status(&ended, 1)
}

#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    for wrong in ["no@b.example", "a@b.example"] {
        let to = "a@b.example, no@b.example, c@d.example";
        let refused = format!("RCPT TO:<{wrong}>");
        let mta = mta(move |_, line| line.starts_with(&refused).then_some("550 no such user"));
        let url = format!("smtp://{}", mta.addr);
        let mut lesson = Attempt::start(LESSON, &["--smtp-url", &url, "--mail-to", to]);
        let ended = lesson.ends_somehow(&format!("refused {wrong}, as an MTA"))?;
        let sessions = mta.results();
        let mails = sessions.iter().flat_map(|session| &session.mails);
        let mut got: Vec<_> = mails.flat_map(|mail| &mail.to).map(String::as_str).collect();
        got.sort();
        let mut expected: Vec<_> = to.split(", ").filter(|to| *to != wrong).collect();
        expected.sort();
        if got != expected {
            let got = if got.is_empty() { "nobody".into() } else { got.join(" and ") };
            return not_yet(
                format!("your program to send the mail once to {}", expected.join(" and ")),
                format!("Your program sent it to {got}."),
            );
        }
        let start = format!("refused {wrong}: ");
        let lines: Vec<_> =
            ended.stdout.lines().filter(|line| line.starts_with("refused ")).collect();
        let is_right = |line: &str| line.starts_with(&start) && line.contains("no such user");
        if lines.len() != 1 || !is_right(lines[0]) {
            return not_yet(
                format!("your program to print one line `{start}` with `no such user`"),
                format!("Your program printed {}.", show(ended.stdout.as_bytes())),
            );
        }
        has_status(&ended, 1)?;
    }
    let to = "a@b.example, c@d.example";
    let ended = sent_mail(LESSON, &["--mail-to", to])?;
    match ended.to.len() {
        2 => Ok(()),
        count => not_yet(
            "your program to send the mail to both, whom nobody refused",
            format!("Your program sent it to {count}."),
        ),
    }
}
