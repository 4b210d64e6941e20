//! The exercises of lesson 06, checked from outside: `cargo run -- check 06`.
#![cfg(test)]

use std::time::Duration;

use mailparse::parse_mail;
use testing::Ended;
use testing::exercise::{
    Attempt, Check, LIMIT, Session, has_status, mta, not_yet, sent_mail, show,
};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson06-text-mail");

/// Lines of dots.
#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let mail = sent_mail(LESSON, &[])?;
    let text = parse_mail(mail.message.as_bytes()).unwrap().get_body().unwrap();
    let mut lines =
        text.trim_end().lines().skip_while(|line| *line != "this mail came to you over SMTP.");
    let line = lines.next().unwrap_or("this mail came ...");
    let dots: Vec<_> = lines.by_ref().take(2).collect();
    if dots != [".", ".."] {
        let dots = dots.join("` and `");
        return not_yet(format!(
            "expected the lines `.` and `..` behind `{line}`: it has `{dots}`"
        ));
    }
    match lines.last() {
        Some("老师") => Ok(()),
        last => {
            let last = last.unwrap_or_default();
            not_yet(format!("expected `老师` as the last line: it is {}", show(last.as_bytes())))
        }
    }
}

/// Runs the lesson to its end, against an MTA that refuses the recipient in the first connections.
fn refused(times: usize, answer: &'static str, done: &str) -> Check<(Ended, Vec<Session>)> {
    let mta = mta(move |number, command| {
        (command.starts_with("RCPT") && number < times).then_some(answer)
    });
    let mut lesson = Attempt::start(LESSON, &["--smtp-url", &format!("smtp://{}", mta.addr)]);
    let ended = lesson.expect(done, "the program to end", |lesson| {
        match (lesson.has_ended(LIMIT), mta.count()) {
            (Some(ended), _) => Ok(ended),
            (None, count) => Err(format!("it still runs, and has connected {count} times")),
        }
    })?;
    Ok((ended, mta.results()))
}

/// Later, perhaps.
#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let done = "said 451 twice";
    let (ended, sessions) = refused(2, "451 come back later", done)?;
    let count = sessions.len();
    if count != 3 {
        return not_yet(format!("{done}, expected 3 connections: {count} came"));
    }
    for pair in sessions.windows(2) {
        let pause = pair[0].refused.map(|refused| pair[1].began - refused);
        if let Some(pause) = pause.filter(|pause| *pause < Duration::from_millis(500)) {
            let pause = pause.as_millis();
            return not_yet(format!("{done}, expected a wait of half a second: it was {pause} ms"));
        }
    }
    let mails: usize = sessions.iter().map(|session| session.mails.len()).sum();
    if mails != 1 {
        return not_yet(format!("{done}, expected one mail: {mails} came"));
    }
    has_status(&ended, done, 0)?;

    let done = "said 550";
    let (ended, sessions) = refused(9, "550 no such user", done)?;
    if sessions.len() != 1 {
        let count = sessions.len();
        return not_yet(format!("{done}, expected no second try: {count} connections came"));
    }
    has_status(&ended, done, 1)?;

    let done = "said 451 again and again";
    let (ended, sessions) = refused(9, "451 come back later", done)?;
    if sessions.len() != 3 {
        let count = sessions.len();
        return not_yet(format!("{done}, expected 3 connections: {count} came"));
    }
    has_status(&ended, done, 1)
}

/// One is refused.
#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    let mta = mta(|_, command| command.starts_with("RCPT TO:<no@").then_some("550 no such user"));
    let url = format!("smtp://{}", mta.addr);
    let to = "a@b.example, no@b.example, c@d.example";
    let done = "refused no@b.example";
    let mut lesson = Attempt::start(LESSON, &["--smtp-url", &url, "--mail-to", to]);
    let ended = lesson.expect(done, "the program to end within 5 s", |lesson| {
        lesson.has_ended(LIMIT).ok_or("it still runs".into())
    })?;
    let sessions = mta.results();
    let mut got: Vec<_> =
        sessions.iter().flat_map(|session| &session.mails).flat_map(|mail| &mail.to).collect();
    got.sort();
    if got != ["a@b.example", "c@d.example"] {
        let got: Vec<_> = got.into_iter().map(String::as_str).collect();
        let got = if got.is_empty() { "nobody".into() } else { got.join(" and ") };
        return not_yet(format!(
            "{done}, expected the mail once for a@b.example and for c@d.example: it came for {got}"
        ));
    }
    let refused: Vec<_> =
        ended.stdout.lines().filter(|line| line.starts_with("refused no@b.example: ")).collect();
    if refused.len() != 1 || !refused[0].ends_with("no such user") {
        let printed = show(ended.stdout.as_bytes());
        return not_yet(format!(
            "{done}, expected one line `refused no@b.example: ...no such user`: it printed {printed}"
        ));
    }
    has_status(&ended, done, 1)
}
