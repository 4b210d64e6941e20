//! The exercises of lesson 10, checked from outside: `cargo run -- check 10`.
#![cfg(test)]

use std::fs;

use testing::exercise::{
    Attempt, Check, Server, ensure, has_error, has_sent, has_status, not_yet, show, with_verbs,
};
use testing::{Ended, Folder, Ftp};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson10-ftp-client");
/// The file that the server has: 11 bytes.
const FILE: &[u8] = b"one\ntwo\r\n\0\xff";

/// What came of a run.
struct Run {
    ended: Ended,
    server: Ftp,
    folder: Folder,
}

impl Run {
    /// Those of the commands that begin with one of these.
    fn commands(&self, verbs: &[&str]) -> String {
        with_verbs(&self.server.commands, verbs)
    }

    /// The file of this name among those that were saved.
    fn saved(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.folder.path().join("downloads").join(name)).ok()
    }

    /// The names of all files that were saved.
    fn names(&self) -> String {
        let entries = fs::read_dir(self.folder.path().join("downloads"));
        let names = entries.into_iter().flatten().flatten().map(|entry| entry.file_name());
        let mut names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        names.join(", ")
    }
}

/// What a server does in the place of what it should.
type Odd = fn(&mut Ftp);

/// Runs the lesson to its end, against a server that does something odd at this command, if any.
fn run(
    folder: Folder,
    arguments: &[&str],
    done: &str,
    odd: Option<(&'static str, Odd)>,
    status: i32,
) -> Check<Run> {
    let server = Server::start(move |_, control| {
        Ftp::serve(control, FILE, |ftp, command| {
            let does = odd.filter(|(at, _)| command.starts_with(at)).map(|(_, does)| does);
            does.inspect(|does| does(ftp)).is_some()
        })
    });
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

/// Expects that the whole file was saved under its name.
fn has_saved(run: &Run) -> Check {
    let expected = format!("{} in readme.txt", show(FILE));
    match run.saved("readme.txt") {
        Some(bytes) => ensure(bytes == FILE, expected, format!("It has {}.", show(&bytes))),
        None => not_yet(expected, "There is no such file."),
    }
}

#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let upload = |done, odd, status| {
        let folder = Folder::create();
        folder.write("work.txt", "my homework\n");
        run(folder, &["--ftp-upload", "work.txt"], done, odd, status)
    };
    let well = upload("took the upload, as a server", None, 0)?;
    let expected = "STOR work.txt.part, RNFR work.txt.part, RNTO work.txt";
    has_sent(&well.server.commands, &["STOR", "RNFR", "RNTO"], expected)?;
    let uploaded = &well.server.uploaded;
    let came = format!("It was {}.", show(uploaded));
    ensure(uploaded == b"my homework\n", "\"my homework\\n\" to be uploaded", came)?;

    let failures: [(Odd, &str); 2] = [
        (|ftp| ftp.say("552 no room"), "answered STOR with `552 no room`"),
        (|ftp| ftp.take("552 no room"), "took the bytes, and said `552 no room` then"),
    ];
    for (refuses, done) in failures {
        let failed = upload(done, Some(("STOR", refuses)), 1)?;
        let is_kept = failed.commands(&["RNFR"]).is_empty();
        ensure(is_kept, "your program not to rename anything", "Your program sent RNFR.")?;
    }
    let refuses: Odd = |ftp| ftp.say("550 no such name");
    upload("answered RNTO with `550 no such name`", Some(("RNTO", refuses)), 1)?;
    Ok(())
}

#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let cases: [(Odd, &str, Option<u32>); 6] = [
        (|ftp| ftp.say("213 11"), "answered SIZE with 11, and sent 11 bytes", None),
        (|ftp| ftp.say("213 12"), "answered SIZE with 12, and sent 11 bytes", Some(12)),
        (|ftp| ftp.say("213 10"), "answered SIZE with 10, and sent 11 bytes", Some(10)),
        (|ftp| ftp.say("213 0"), "answered SIZE with 0, and sent 11 bytes", Some(0)),
        (|ftp| ftp.say("502 not here"), "answered SIZE with `502 not here`", None),
        (|ftp| ftp.say("550 no size"), "answered SIZE with `550 no size`", None),
    ];
    for (answers, done, wrong) in cases {
        let odd = Some(("SIZE", answers));
        let run = run(Folder::create(), &[], done, odd, i32::from(wrong.is_some()))?;
        // Whoever asks once more behind it may do so.
        let came = run.commands(&["SIZE", "RETR"]);
        let expected = "SIZE readme.txt, RETR readme.txt";
        let is_so = came.starts_with(expected);
        ensure(is_so, format!("the commands {expected}"), format!("They were {came}."))?;
        let Some(told) = wrong else {
            has_saved(&run)?;
            continue;
        };
        has_error(&run.ended, &format!("readme.txt has {told} bytes, but 11 came"))?;
        ensure(run.saved("readme.txt").is_none(), "no file readme.txt", "It is there.")?;
    }
    Ok(())
}

#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    let breaks_off: Odd = |ftp| ftp.send(&FILE[..5], "426 broken off");
    let done = "sent 5 bytes of readme.txt, and broke off";
    let first = run(Folder::create(), &[], done, Some(("RETR", breaks_off)), 1)?;
    let rest = first.commands(&["REST"]);
    // `REST 0` asks for all of it.
    let is_whole = ["", "REST 0"].contains(&rest.as_str());
    ensure(is_whole, "no REST in the first run", format!("{rest} came."))?;
    let expected = "these 5 bytes in readme.txt.part, and no other file";
    let part = first.saved("readme.txt.part");
    let names = first.names();
    let came = match &part {
        Some(bytes) if bytes != &FILE[..5] => format!("It has {}.", show(bytes)),
        _ if names.is_empty() => "The folder is empty.".into(),
        _ => format!("In the folder is {names}."),
    };
    let is_so = part.is_some_and(|bytes| bytes == FILE[..5]) && names == "readme.txt.part";
    ensure(is_so, expected, came)?;

    let done = "had sent 5 bytes before, and was asked again";
    let second = run(first.folder, &[], done, None, 0)?;
    has_sent(&second.server.commands, &["REST", "RETR"], "REST 5, RETR readme.txt")?;
    has_saved(&second)?;
    let names = second.names();
    let came = format!("In the folder is {names}.");
    ensure(names == "readme.txt", "no file but readme.txt", came)?;
    let last = second.ended.stdout.trim_end().lines().last().unwrap_or_default();
    let mut numbers = last.split(|letter: char| !letter.is_ascii_digit());
    let is_so = numbers.any(|number| number == "11");
    ensure(is_so, "a last line with the length, 11", format!("It is `{last}`."))
}
