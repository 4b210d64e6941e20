//! The exercises of lesson 10, checked from outside: `cargo run -- check 10`.
#![cfg(test)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use testing::exercise::{Attempt, Check, Server, has_error, not_yet, show};
use testing::{Ended, Folder};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson10-ftp-client");
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
}

const WELL: Plan = Plan {
    size: "213 11",
    sent: 11,
    downloaded: "226 done",
    upload: "150 go on",
    uploaded: "226 done",
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

/// The server's side of a connection.
fn serve(plan: Plan, control: TcpStream) -> (Vec<String>, Vec<u8>) {
    let mut says = control.try_clone().unwrap();
    let mut say = |line: &str| says.write_all(format!("{line}\r\n").as_bytes()).is_ok();
    let (mut commands, mut uploaded) = (Vec::new(), Vec::new());
    let (mut listener, mut offset) = (None, 0);
    say("220 welcome");
    for command in BufReader::new(control).lines().map_while(Result::ok) {
        commands.push(command.clone());
        let (verb, argument) = command.split_once(' ').unwrap_or((&command, ""));
        let accept = |listener: &Option<TcpListener>| {
            let (stream, _) = listener.as_ref().unwrap().accept().unwrap();
            stream.set_read_timeout(Some(testing::exercise::LIMIT)).unwrap();
            stream
        };
        let is_heard = match verb {
            "USER" => say("331 and the password?"),
            "PASS" => say("230 welcome"),
            "TYPE" => say("200 as you like"),
            "CWD" => say("250 gone there"),
            "SIZE" => say(plan.size),
            "REST" => {
                offset = argument.parse().unwrap_or(0);
                say("350 from there")
            }
            "RNFR" => say("350 and the new name?"),
            "RNTO" => say("250 renamed"),
            "EPSV" => {
                let opened = TcpListener::bind("127.0.0.1:0").unwrap();
                let port = opened.local_addr().unwrap().port();
                listener = Some(opened);
                say(&format!("229 passive (|||{port}|)"))
            }
            "NLST" => {
                say("150 here it is");
                let _ = accept(&listener).write_all(b"readme.txt\r\n");
                say("226 done")
            }
            "RETR" => {
                say("150 here it is");
                let rest = FILE.get(offset..).unwrap_or_default();
                let _ = accept(&listener).write_all(&rest[..plan.sent.min(rest.len())]);
                say(plan.downloaded)
            }
            "STOR" if plan.upload.starts_with("150") => {
                say(plan.upload);
                let is_read = accept(&listener).read_to_end(&mut uploaded).is_ok();
                commands.push(plan.uploaded.into());
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
    let ended = Attempt::start_in(&folder, LESSON, &arguments).ends(done, status)?;
    let Some((commands, uploaded)) = server.results().pop() else {
        return not_yet(format!("{done}, expected a connection: none came"));
    };
    Ok(Run { ended, commands, uploaded, folder })
}

/// Whole or not at all.
#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let upload = |plan, done, status| {
        let folder = Folder::create();
        folder.write("work.txt", "my homework\n");
        run(folder, &["--ftp-upload", "work.txt"], plan, done, status)
    };
    let done = "uploaded work.txt";
    let run = upload(WELL, done, 0)?;
    let expected = "STOR work.txt.part, 226 done, RNFR work.txt.part, RNTO work.txt";
    let came = run.commands(&["STOR", "226", "RNFR", "RNTO"]);
    if came != expected {
        return not_yet(format!("{done}, expected {expected}: {came} came"));
    }
    if run.uploaded != b"my homework\n" {
        let came = show(&run.uploaded);
        return not_yet(format!("{done}, expected \"my homework\\n\": {came} came"));
    }

    let refuses = Plan { upload: "552 no room", ..WELL };
    let breaks = Plan { uploaded: "552 no room", ..WELL };
    for (plan, done) in
        [(refuses, "refused the upload"), (breaks, "took the bytes and then refused them")]
    {
        let run = upload(plan, done, 1)?;
        if !run.commands(&["RNFR"]).is_empty() {
            return not_yet(format!("{done}, expected no RNFR: it came"));
        }
    }
    Ok(())
}

/// Is it all there?
#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    for (size, done, is_whole) in [
        ("213 11", "said that the file has 11 bytes, and sent 11", true),
        ("213 12", "said that the file has 12 bytes, and sent 11", false),
        ("213 10", "said that the file has 10 bytes, and sent 11", false),
        ("502 not here", "said 502 to SIZE", true),
        ("550 no size", "said 550 to SIZE", true),
    ] {
        let plan = Plan { size, ..WELL };
        let run = run(Folder::create(), &[], plan, done, i32::from(!is_whole))?;
        let (expected, came) =
            ("SIZE readme.txt, RETR readme.txt", run.commands(&["SIZE", "RETR"]));
        if came != expected {
            return not_yet(format!("{done}, expected {expected}: {came} came"));
        }
        let saved = run.saved("readme.txt");
        if !is_whole {
            let told = size.trim_start_matches("213 ");
            let error = format!("readme.txt has {told} bytes, but 11 came");
            has_error(&run.ended, done, &error)?;
            if saved.is_some() {
                return not_yet(format!("{done}, expected no readme.txt: it is there"));
            }
        } else if saved.as_deref() != Some(FILE) {
            let saved = saved.map_or("not there".into(), |bytes| show(&bytes));
            return not_yet(format!(
                "{done}, expected readme.txt to be {}: it is {saved}",
                show(FILE)
            ));
        }
    }
    Ok(())
}

/// Where it broke off.
#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    let done = "broke off after 5 bytes";
    let breaks = Plan { sent: 5, downloaded: "426 broken off", ..WELL };
    let first = run(Folder::create(), &[], breaks, done, 1)?;
    let rest = first.commands(&["REST"]);
    if !rest.is_empty() {
        return not_yet(format!("{done}, expected no REST in the first run: {rest} came"));
    }
    let names = match first.names() {
        names if names.is_empty() => "the folder is empty".into(),
        names => format!("there is {names}"),
    };
    match first.saved("readme.txt.part") {
        Some(bytes) if bytes == FILE[..5] && names == "there is readme.txt.part" => {}
        Some(bytes) if bytes != FILE[..5] => {
            let bytes = show(&bytes);
            return not_yet(format!("{done}, expected them in readme.txt.part: it has {bytes}"));
        }
        _ => {
            return not_yet(format!("{done}, expected them in readme.txt.part: {names}"));
        }
    }

    let done = "had broken off after 5 bytes, and was asked again";
    let second = run(first.folder, &[], WELL, done, 0)?;
    let (expected, came) = ("REST 5, RETR readme.txt", second.commands(&["REST", "RETR"]));
    if came != expected {
        return not_yet(format!("{done}, expected {expected}: {came} came"));
    }
    let saved = second.saved("readme.txt");
    if saved.as_deref() != Some(FILE) {
        let saved = saved.map_or("not there".into(), |bytes| show(&bytes));
        return not_yet(format!("{done}, expected readme.txt to be {}: it is {saved}", show(FILE)));
    }
    if second.names() != "readme.txt" {
        return not_yet(format!("{done}, expected readme.txt alone: there is {}", second.names()));
    }
    match second.ended.stdout.trim_end() {
        printed if printed.ends_with("(11 bytes)") => Ok(()),
        printed => {
            let last = printed.lines().last().unwrap_or_default();
            not_yet(format!("{done}, expected a last line with `(11 bytes)`: it is `{last}`"))
        }
    }
}
