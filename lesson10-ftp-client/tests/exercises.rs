//! The exercises of lesson 10, checked from outside: `cargo run -- check 10`.
#![cfg(test)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use testing::exercise::{Attempt, Check, LIMIT, Server, has_error, has_status, not_yet, show};
use testing::{Ended, Folder};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson10-ftp-client");
/// What the server notes when an upload did not end.
const OPEN: &str = "still open";
/// The file that the server has: 11 bytes.
const FILE: &[u8] = b"one\ntwo\r\n\0\xff";

/// What the server does.
#[derive(Clone, Copy)]
struct Plan {
    /// Its answer to `SIZE`.
    size: &'static str,
    /// So many bytes it sends of the file.
    sent: usize,
    /// Its last word about a download.
    downloaded: &'static str,
    /// Its answer to `STOR`.
    upload: &'static str,
    /// Its last word about an upload.
    uploaded: &'static str,
    /// Its answer to `RNTO`.
    renamed: &'static str,
}

const WELL: Plan = Plan {
    size: "213 11",
    sent: 11,
    downloaded: "226 done",
    upload: "150 go on",
    uploaded: "226 done",
    renamed: "250 renamed",
};

/// What came of it.
struct Run {
    ended: Ended,
    /// The commands that the server got, and where it said it, its last word about an upload.
    commands: Vec<String>,
    uploaded: Vec<u8>,
    folder: Folder,
}

impl Run {
    /// Those of the commands that begin with one of these.
    fn commands(&self, verbs: &[&str]) -> String {
        let is_one = |command: &&String| verbs.iter().any(|verb| command.starts_with(verb));
        let commands: Vec<_> = self.commands.iter().filter(is_one).cloned().collect();
        commands.join(", ")
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

/// The server's side of a connection. It stores what it gets, and knows then how large that is.
fn serve(plan: Plan, control: TcpStream) -> (Vec<String>, Vec<u8>) {
    let Ok(mut says) = control.try_clone() else { return Default::default() };
    let mut say = |line: &str| says.write_all(format!("{line}\r\n").as_bytes()).is_ok();
    let mut commands = Vec::new();
    let mut uploaded = Vec::new();
    let mut listener = None;
    let mut offset = 0;
    say("220 welcome");
    for command in BufReader::new(control).lines().map_while(Result::ok) {
        commands.push(command.clone());
        let (verb, argument) = command.split_once(' ').unwrap_or((&command, ""));
        let accept = |listener: &Option<TcpListener>| {
            let (stream, _) = listener.as_ref()?.accept().ok()?;
            // Sooner than the check's own patience ends, so that it can say why.
            stream.set_read_timeout(Some(LIMIT / 2)).ok()?;
            Some(stream)
        };
        let is_heard = match verb {
            "USER" => say("331 and the password?"),
            "PASS" => say("230 welcome"),
            "TYPE" | "NOOP" | "OPTS" => say("200 as you like"),
            "CWD" | "CDUP" | "DELE" => say("250 done"),
            "PWD" => say("257 \"/pub\" is where you are"),
            "SYST" => say("215 UNIX Type: L8"),
            "FEAT" => say("211-it knows\r\n SIZE\r\n211 end"),
            "MDTM" => say("213 20260101120000"),
            "SIZE" if argument == "readme.txt" => say(plan.size),
            "SIZE" if !uploaded.is_empty() => say(&format!("213 {}", uploaded.len())),
            "SIZE" => say("550 no such file"),
            "REST" => {
                offset = argument.parse().unwrap_or(0);
                say("350 from there")
            }
            "RNFR" => say("350 and the new name?"),
            "RNTO" => say(plan.renamed),
            "EPSV" | "PASV" => {
                let opened = TcpListener::bind("127.0.0.1:0").unwrap();
                let port = opened.local_addr().unwrap().port();
                listener = Some(opened);
                match verb {
                    "EPSV" => say(&format!("229 passive (|||{port}|)")),
                    _ => say(&format!("227 passive (127,0,0,1,{},{})", port / 256, port % 256)),
                }
            }
            "NLST" | "LIST" | "MLSD" | "RETR" | "STOR" | "APPE" if listener.is_none() => {
                say("425 which connection?")
            }
            "NLST" | "LIST" | "MLSD" => {
                say("150 here it is");
                let _ = accept(&listener).map(|mut data| data.write_all(b"readme.txt\r\n"));
                say("226 done")
            }
            "RETR" => {
                say("150 here it is");
                let rest = FILE.get(offset..).unwrap_or_default();
                let sent = &rest[..plan.sent.min(rest.len())];
                let _ = accept(&listener).map(|mut data| data.write_all(sent));
                say(plan.downloaded)
            }
            "STOR" if plan.upload.starts_with("150") => {
                say(plan.upload);
                let is_read = accept(&listener)
                    .is_some_and(|mut data| data.read_to_end(&mut uploaded).is_ok());
                commands.push(if is_read { plan.uploaded } else { OPEN }.into());
                is_read && say(plan.uploaded)
            }
            "STOR" => say(plan.upload),
            "QUIT" => say("221 goodbye"),
            _ => say("502 not here"),
        };
        if !is_heard {
            break;
        }
    }
    (commands, uploaded)
}

/// Runs the lesson to its end, against a server that acts by the plan.
fn run(folder: Folder, arguments: &[&str], plan: Plan, done: &str, status: i32) -> Check<Run> {
    let server = Server::start(move |_, control| serve(plan, control));
    let url = format!("ftp://{}/pub/readme.txt", server.addr);
    let arguments = [&["--ftp-url", &url], arguments].concat();
    let ended = Attempt::start_in(&folder, LESSON, &arguments).ends_somehow(done)?;
    let Some((commands, uploaded)) = server.results().pop() else {
        return not_yet("your program to connect", "Your program did not.");
    };
    if commands.iter().any(|command| command == OPEN) {
        let expected = "your program to close the data connection when it has sent all";
        return not_yet(expected, "The data connection was still open 2.5 s later.");
    }
    has_status(&ended, status)?;
    Ok(Run { ended, commands, uploaded, folder })
}

/// Expects these among the commands.
fn has_sent(run: &Run, verbs: &[&str], expected: &str) -> Check {
    match run.commands(verbs) {
        came if came == expected => Ok(()),
        came if came.is_empty() => not_yet(
            format!("the commands {expected}"),
            format!("{} did not come.", verbs.join(", ")),
        ),
        came => not_yet(format!("the commands {expected}"), format!("They were {came}.")),
    }
}

/// Expects that the whole file was saved under its name.
fn has_saved(run: &Run) -> Check {
    match run.saved("readme.txt") {
        Some(bytes) if bytes == FILE => Ok(()),
        Some(bytes) => {
            not_yet(format!("{} in readme.txt", show(FILE)), format!("It has {}.", show(&bytes)))
        }
        None => not_yet(format!("{} in readme.txt", show(FILE)), "There is no such file."),
    }
}

#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let upload = |plan, done, status| {
        let folder = Folder::create();
        folder.write("work.txt", "my homework\n");
        run(folder, &["--ftp-upload", "work.txt"], plan, done, status)
    };
    let well = upload(WELL, "took the upload, as a server", 0)?;
    let expected = "STOR work.txt.part, 226 done, RNFR work.txt.part, RNTO work.txt";
    has_sent(&well, &["STOR", "226", "RNFR", "RNTO"], expected)?;
    if well.uploaded != b"my homework\n" {
        let came = format!("It was {}.", show(&well.uploaded));
        return not_yet("\"my homework\\n\" to be uploaded", came);
    }

    let refuses = Plan { upload: "552 no room", ..WELL };
    let breaks = Plan { uploaded: "552 no room", ..WELL };
    for (plan, done) in [
        (refuses, "answered STOR with `552 no room`"),
        (breaks, "took the bytes, and said `552 no room` then"),
    ] {
        let failed = upload(plan, done, 1)?;
        if !failed.commands(&["RNFR"]).is_empty() {
            return not_yet("your program not to rename anything", "Your program sent RNFR.");
        }
    }
    let refuses = Plan { renamed: "550 no such name", ..WELL };
    upload(refuses, "answered RNTO with `550 no such name`", 1)?;
    Ok(())
}

#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    for (size, done, is_whole) in [
        ("213 11", "answered SIZE with 11, and sent 11 bytes", true),
        ("213 12", "answered SIZE with 12, and sent 11 bytes", false),
        ("213 10", "answered SIZE with 10, and sent 11 bytes", false),
        ("213 0", "answered SIZE with 0, and sent 11 bytes", false),
        ("502 not here", "answered SIZE with `502 not here`", true),
        ("550 no size", "answered SIZE with `550 no size`", true),
    ] {
        let plan = Plan { size, ..WELL };
        let run = run(Folder::create(), &[], plan, done, i32::from(!is_whole))?;
        // Whoever asks once more behind it may do so.
        let came = run.commands(&["SIZE", "RETR"]);
        let expected = "SIZE readme.txt, RETR readme.txt";
        if !came.starts_with(expected) {
            return not_yet(format!("the commands {expected}"), format!("They were {came}."));
        }
        if is_whole {
            has_saved(&run)?;
            continue;
        }
        let told = size.trim_start_matches("213 ");
        has_error(&run.ended, &format!("readme.txt has {told} bytes, but 11 came"))?;
        if run.saved("readme.txt").is_some() {
            return not_yet("no file readme.txt", "It is there.");
        }
    }
    Ok(())
}

#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    let done = "sent 5 bytes of readme.txt, and broke off";
    let breaks = Plan { sent: 5, downloaded: "426 broken off", ..WELL };
    let first = run(Folder::create(), &[], breaks, done, 1)?;
    let rest = first.commands(&["REST"]);
    // `REST 0` asks for all of it.
    if !["", "REST 0"].contains(&rest.as_str()) {
        return not_yet("no REST in the first run", format!("{rest} came."));
    }
    let expected = "these 5 bytes in readme.txt.part, and no other file";
    match (first.saved("readme.txt.part"), first.names()) {
        (Some(bytes), names) if bytes == FILE[..5] && names == "readme.txt.part" => {}
        (Some(bytes), _) if bytes != FILE[..5] => {
            return not_yet(expected, format!("It has {}.", show(&bytes)));
        }
        (_, names) if names.is_empty() => return not_yet(expected, "The folder is empty."),
        (_, names) => return not_yet(expected, format!("In the folder is {names}.")),
    }

    let done = "had sent 5 bytes before, and was asked again";
    let second = run(first.folder, &[], WELL, done, 0)?;
    has_sent(&second, &["REST", "RETR"], "REST 5, RETR readme.txt")?;
    has_saved(&second)?;
    if second.names() != "readme.txt" {
        let came = format!("In the folder is {}.", second.names());
        return not_yet("no file but readme.txt", came);
    }
    let last = second.ended.stdout.trim_end().lines().last().unwrap_or_default();
    if last.split(|letter: char| !letter.is_ascii_digit()).any(|number| number == "11") {
        return Ok(());
    }
    not_yet("a last line with the length, 11", format!("It is `{last}`."))
}
