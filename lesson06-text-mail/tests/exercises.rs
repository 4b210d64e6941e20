//! The exercises of lesson 06, checked from outside: `cargo run -- check 06`.
#![cfg(test)]

use std::time::Duration;

use mailparse::parse_mail;
use testing::exercise::{Attempt, Check, ensure, has_status, is, mta, readable, sent_mail, show};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson06-text-mail");

#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let mail = sent_mail(LESSON, &[])?;
    let mail = readable("a mail", parse_mail(mail.message.as_bytes()))?;
    let text = readable("a text", mail.get_body())?.replace("\r\n", "\n");
    let expected = "Dear student,\n\nthis mail came to you over SMTP.\n.\n..\n\n老师";
    is("the text", text.trim_end(), expected)
}

const LATER: &str = "451 come back later";
const NEVER: &str = "550 not for us";

/// In a row: what the check does, as an MTA; a command; what it answers to that in the first
/// connections, an answer for each; how often the program is to connect; and the status with which
/// it is to end.
const TRIES: [(&str, &str, &[&str], usize, i32); 9] = [
    ("answered RCPT with 451, twice", "RCPT", &[LATER; 2], 3, 0),
    ("answered MAIL with 451, twice", "MAIL", &[LATER; 2], 3, 0),
    ("answered the final dot with 451, twice", ".", &[LATER; 2], 3, 0),
    ("answered RCPT with 550", "RCPT", &[NEVER; 3], 1, 1),
    ("answered MAIL with 550", "MAIL", &[NEVER; 3], 1, 1),
    ("answered the final dot with 550", ".", &[NEVER; 3], 1, 1),
    ("answered RCPT with 450, three times", "RCPT", &["450 come back later"; 3], 3, 1),
    ("answered RCPT with 451, then with 550", "RCPT", &[LATER, NEVER, NEVER], 2, 1),
    ("closed the connection after the final dot", ".", &[""; 3], 1, 1),
];

#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    for (done, command, answers, tries, status) in TRIES {
        let answer = |number| answers.get(number).copied();
        let mta = mta(move |number, line| answer(number).filter(|_| line.starts_with(command)));
        let mut lesson = Attempt::start(LESSON, &["--smtp-url", &format!("smtp://{}", mta.addr)]);
        let ended = lesson.ends_after(done, &mta, tries)?;
        let sessions = mta.results();
        for pair in sessions.windows(2) {
            let pause = pair[0].refused.map_or(Duration::MAX, |refused| pair[1].began - refused);
            ensure(
                pause >= Duration::from_millis(500),
                "your program to wait half a second before each try",
                format!("Your program tried again after {} ms.", pause.as_millis()),
            )?;
        }
        if status == 0 {
            let mails: usize = sessions.iter().map(|session| session.mails.len()).sum();
            let came = format!("Your program sent {mails} mails.");
            ensure(mails == 1, "your program to send the mail once", came)?;
        }
        has_status(&ended, status)?;
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
            [] => "refused nobody, as an MTA".into(),
            wrong => format!("answered `{answer}` for {}, as an MTA", wrong.join(" and ")),
        };
        let ended = lesson.ends_somehow(&done)?;
        let sessions = mta.results();
        let mails = sessions.iter().flat_map(|session| &session.mails);
        let mut got: Vec<_> = mails.flat_map(|mail| &mail.to).map(String::as_str).collect();
        got.sort();
        let mut expected: Vec<_> = to.split(", ").filter(|to| !wrong.contains(to)).collect();
        expected.sort();
        is("the recipients of the mail", got.join(", "), expected.join(", "))?;
        let lines: Vec<_> =
            ended.stdout.lines().filter(|line| line.starts_with("refused ")).collect();
        let printed = format!("Your program printed {}.", show(&ended.stdout));
        for to in wrong {
            let start = format!("refused {to}: ");
            let is_right = |line: &&str| line.starts_with(&start) && line.contains("no such user");
            let count = lines.iter().filter(|line| is_right(line)).count();
            let expected = format!("your program to print one line `{start}` with `no such user`");
            ensure(count == 1, expected, &printed)?;
        }
        let are_all = lines.len() <= wrong.len();
        ensure(are_all, "a line `refused` for those alone who were refused", &printed)?;
        has_status(&ended, i32::from(!wrong.is_empty()))?;
    }
    Ok(())
}
