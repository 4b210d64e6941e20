//! The exercises of lesson 10, checked from outside: `cargo run -- check 10`.
#![cfg(test)]

use testing::exercise::{
    Attempt, Check, ensure, has_error, has_sent, has_status, is, not_yet, with_verbs,
};
use testing::{Ended, Folder, Ftp, Server};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson10-ftp-client");
const FILE: &[u8] = Ftp::FILE;

/// What came of a run.
struct Run {
    ended: Ended,
    server: Ftp,
    folder: Folder,
}

impl Run {
    /// Expects that this file was saved, and no other one.
    fn has_saved(&self, name: &str, bytes: &[u8]) -> Check {
        let shown = |name: &str, bytes: &[u8]| [name.as_bytes(), b": ", bytes].concat();
        let files = self.folder.files("downloads");
        let saved: Vec<_> = files.iter().map(|(name, bytes)| shown(name, bytes)).collect();
        is("the files in LESSON_SAVE_DIR", saved.join(&b", "[..]), shown(name, bytes))
    }
}

/// A command, and what a server does then in the place of what it should.
type Odd = (&'static str, fn(&mut Ftp));

/// The server does all as it should: no command begins so.
const NOTHING_ODD: Odd = ("nothing", |_| {});

/// Runs the lesson to its end.
fn run(folder: Folder, arguments: &[&str], done: &str, (at, odd): Odd, status: i32) -> Check<Run> {
    let server = Server::start(move |_, control| Ftp::serve(control, at, odd));
    let url = format!("ftp://{}/pub/readme.txt", server.addr);
    let arguments = [&["--ftp-url", &url], arguments].concat();
    let ended = Attempt::start_in(&folder, LESSON, &arguments).ends_somehow(done)?;
    let Some(server) = server.results().pop() else {
        return not_yet("your program to connect", "Your program did not.");
    };
    ensure(
        !server.is_still_open,
        "your program to close the data connection when it has sent all",
        "The data connection was still open 2.5 s later.",
    )?;
    has_status(&ended, status)?;
    Ok(Run { ended, server, folder })
}

#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let upload = |done, odd, status| {
        let folder = Folder::create();
        folder.write("work.txt", "my homework\n");
        run(folder, &["--ftp-upload", "work.txt"], done, odd, status)
    };
    let well = upload("took the upload, as a server", NOTHING_ODD, 0)?;
    let expected = "STOR work.txt.part, RNFR work.txt.part, RNTO work.txt";
    has_sent(&well.server.commands, &["STOR", "RNFR", "RNTO"], expected)?;
    is("the content of the upload", &well.server.uploaded, "my homework\n")?;

    let failures: [(Odd, &str); 2] = [
        (("STOR", |ftp| ftp.say("552 no room")), "answered STOR with `552 no room`"),
        (("STOR", |ftp| ftp.take("552 no room")), "took the bytes, and said `552 no room` then"),
    ];
    for (refuses, done) in failures {
        let failed = upload(done, refuses, 1)?;
        let is_kept = with_verbs(&failed.server.commands, &["RNFR"]).is_empty();
        ensure(is_kept, "your program not to rename anything", "Your program sent RNFR.")?;
    }
    let refuses: Odd = ("RNTO", |ftp| ftp.say("550 no such name"));
    upload("answered RNTO with `550 no such name`", refuses, 1)?;
    Ok(())
}

#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let cases: [(Odd, &str, Option<u32>); 6] = [
        (("SIZE", |ftp| ftp.say("213 11")), "answered SIZE with 11, and sent 11 bytes", None),
        (("SIZE", |ftp| ftp.say("213 12")), "answered SIZE with 12, and sent 11 bytes", Some(12)),
        (("SIZE", |ftp| ftp.say("213 10")), "answered SIZE with 10, and sent 11 bytes", Some(10)),
        (("SIZE", |ftp| ftp.say("213 0")), "answered SIZE with 0, and sent 11 bytes", Some(0)),
        (("SIZE", |ftp| ftp.say("502 not here")), "answered SIZE with `502 not here`", None),
        (("SIZE", |ftp| ftp.say("550 no size")), "answered SIZE with `550 no size`", None),
    ];
    for (answers, done, wrong) in cases {
        let status = i32::from(wrong.is_some());
        let run = run(Folder::create(), &[], done, answers, status)?;
        // Whoever asks once more behind it may do so.
        let came = with_verbs(&run.server.commands, &["SIZE", "RETR"]);
        let expected = "SIZE readme.txt, RETR readme.txt";
        let is_so = came.starts_with(expected);
        ensure(is_so, format!("the commands {expected}"), format!("They were {came}."))?;
        let Some(told) = wrong else {
            run.has_saved("readme.txt", FILE)?;
            continue;
        };
        has_error(&run.ended, &format!("readme.txt has {told} bytes, but 11 came"))?;
        let is_there = run.folder.path().join("downloads/readme.txt").exists();
        ensure(!is_there, "no file readme.txt", "It is there.")?;
    }
    let arguments = ["--timeout", "1"];
    run(Folder::create(), &arguments, "did not answer SIZE", ("SIZE", |_| {}), 1)?;
    Ok(())
}

#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    let breaks_off: Odd = ("RETR", |ftp| ftp.send(&FILE[..5], "426 broken off"));
    let done = "sent 5 bytes of readme.txt, and broke off";
    let first = run(Folder::create(), &[], done, breaks_off, 1)?;
    let rest = with_verbs(&first.server.commands, &["REST"]);
    // `REST 0` asks for all of it.
    let is_whole = ["", "REST 0"].contains(&rest.as_str());
    ensure(is_whole, "no REST in the first run", format!("{rest} came."))?;
    first.has_saved("readme.txt.part", &FILE[..5])?;

    let done = "had sent 5 bytes before, and was asked again";
    let second = run(first.folder, &[], done, NOTHING_ODD, 0)?;
    has_sent(&second.server.commands, &["REST", "RETR"], "REST 5, RETR readme.txt")?;
    second.has_saved("readme.txt", FILE)?;
    let last = second.ended.stdout.trim_end().lines().last().unwrap_or_default();
    let mut numbers = last.split(|letter: char| !letter.is_ascii_digit());
    let is_so = numbers.any(|number| number == "11");
    ensure(is_so, "a last line with the length, 11", format!("It is `{last}`."))
}
