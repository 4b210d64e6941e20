//! Lesson 10 against FTP servers of plain sockets.
#![cfg(test)]

mod failures;

use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;

use testing::{Ended, Folder, Ftp, PATIENCE, Program, command, fails, native};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson10-ftp-client");
const FILE: &[u8] = Ftp::FILE;

/// One run of the lesson: how it ended, what the server saw, and the folder in which it ran.
struct Run {
    ended: Ended,
    server: Ftp,
    folder: Folder,
    url: String,
}

impl Run {
    #[track_caller]
    fn passes(&self) {
        assert_eq!((self.ended.status, self.ended.stderr.as_str()), (Some(0), ""));
    }

    /// It fails in two lines that are no longer than they may be.
    #[track_caller]
    fn fails(&self, error: &str, hint: &str) {
        fails(&self.ended, &error.replace("URL", &self.url), hint);
        let stderr = &self.ended.stderr;
        assert!(stderr.lines().count() == 2 && stderr.len() < 700, "{stderr}");
    }

    /// This file lies in the folder for downloads, and nothing else.
    #[track_caller]
    fn has_saved(&self, name: &str, bytes: &[u8]) {
        let saved = self.folder.files("downloads");
        assert!(saved == [(name.to_string(), bytes.to_vec())], "{:?}", self.ended);
    }
}

/// Runs the lesson in `folder` against a server that is odd at the commands that begin with `at`.
fn play(
    folder: Folder,
    path: &str,
    arguments: &[&str],
    at: &str,
    odd: impl FnMut(&mut Ftp),
) -> Run {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ftp://{}/{path}", listener.local_addr().unwrap());
    let mut program = command(LESSON, &folder);
    program.args(["--ftp-url", &url, "--log", "off"]);
    let lesson = Program::start(program.args(arguments));
    if folder.path().join("downloads").exists() {
        // A lesson that was killed has left this behind, and its number has come again.
        folder.write(&format!("downloads/lesson10-{}.part", lesson.id()), "half of an older file");
    }
    let (control, _) = listener.accept().unwrap();
    control.set_read_timeout(Some(PATIENCE)).unwrap();
    control.set_write_timeout(Some(PATIENCE)).unwrap();
    let server = Ftp::serve(control, at, odd);
    Run { ended: lesson.finish(), server, folder, url }
}

fn play_well(path: &str, arguments: &[&str]) -> Run {
    play(Folder::create(), path, arguments, "nothing", |_| {})
}

/// The lesson gets what leads to the command at which the server is odd: an upload, or TLS.
fn play_odd(at: &str, arguments: &[&str], odd: impl FnMut(&mut Ftp)) -> Run {
    let folder = Folder::create();
    let path = if at == "AUTH" { "pub/readme.txt?tls=required" } else { "pub/readme.txt" };
    let mut arguments = arguments.to_vec();
    if at == "STOR" {
        // More than the buffers on the way take.
        fs::write(folder.path().join("work.bin"), vec![0; 32 << 20]).unwrap();
        arguments.extend(["--ftp-upload", "work.bin"]);
    }
    play(folder, path, &arguments, at, odd)
}

#[test]
fn the_work_flow_of_the_notes() {
    let run = play_well("pub/android/readme.txt", &[]);
    run.passes();
    let saved = native("downloads/readme.txt");
    assert_eq!(run.ended.stdout, format!("readme.txt\nsaved {saved} (11 bytes)\n"));
    run.has_saved("readme.txt", FILE);
    let commands = "USER anonymous, PASS student@sina.example, TYPE I, CWD pub/android, EPSV, NLST, \
                    EPSV, RETR readme.txt, QUIT, ";
    assert_eq!(run.server.commands.join(", "), commands);
    let from_the_root = play_well("%2Freadme.txt", &[]);
    from_the_root.passes();
    assert_eq!(from_the_root.server.commands[3], "CWD /");
}

#[test]
fn files_go_and_come_byte_for_byte_and_under_any_name() {
    let long: Vec<u8> = (0..5_000_000_u32).map(|index| (index % 251) as u8).collect();
    for file in [b"".as_slice(), FILE, &long] {
        let folder = Folder::create();
        fs::create_dir(folder.path().join("work")).unwrap();
        fs::write(folder.path().join("work/作业 1.txt"), file).unwrap();
        let path = "%E6%8A%A5%E5%91%8A%20%E6%9C%80%E7%BB%88.bin";
        let arguments = ["--ftp-upload", "work/作业 1.txt"];
        let run = play(folder, path, &arguments, "RETR", |server| server.send(file, "226 done"));
        run.passes();
        run.has_saved("报告 最终.bin", file);
        assert!(run.server.uploaded == file);
        let length = file.len();
        let last = format!("最终.bin ({length} bytes)\nuploaded 作业 1.txt ({length} bytes)\n");
        assert!(run.ended.stdout.ends_with(&last), "{}", run.ended.stdout);
        let commands = [3, 7, 9].map(|number| run.server.commands[number].as_str());
        assert_eq!(commands, ["CWD .", "RETR 报告 最终.bin", "STOR 作业 1.txt"]);
    }
}

/// A command, what an odd server does then, how the output begins, and what is logged.
type Oddity = (&'static str, fn(&mut Ftp), &'static str, &'static str);

const ODDITIES: [Oddity; 16] = [
    // Every code that begins with 2 is a yes; after some, no password is wanted.
    ("USER", |ftp| ftp.say("230 come in"), "readme.txt\nsaved ", ""),
    ("USER", |ftp| ftp.say("232 come in"), "readme.txt\nsaved ", ""),
    ("PASS", |ftp| ftp.say("202 not needed"), "readme.txt\nsaved ", ""),
    ("TYPE", |ftp| ftp.say("250 binary"), "readme.txt\nsaved ", ""),
    ("CWD", |ftp| ftp.say("257 \"/pub\""), "readme.txt\nsaved ", ""),
    ("NLST", |ftp| ftp.send(b"a\r\n", "200 done"), "a\nsaved ", ""),
    ("RETR", |ftp| ftp.send(FILE, "200 done"), "readme.txt\nsaved ", ""),
    ("STOR", |ftp| ftp.take("200 done"), "readme.txt\nsaved ", ""),
    ("QUIT", |ftp| ftp.say("226 goodbye"), "readme.txt\nsaved ", ""),
    // By QUIT all is done.
    ("QUIT", |_| {}, "readme.txt\nsaved ", "cannot leave URL: timed out\n"),
    // Names do no harm; the last one is in GBK.
    (
        "NLST",
        |ftp| ftp.send(b"a b\r\n\x1b[2J\n\xe4\xbd\xa0", "226 done"),
        "a b\n\\u{1b}[2J\n你\n",
        "",
    ),
    ("NLST", |ftp| ftp.send(b"\xd7\xf7\xd2\xb5.txt\r\n", "226 done"), "作业.txt\nsaved ", ""),
    // The file may come although the list does not.
    ("NLST", |ftp| ftp.say("450 no"), "saved ", "cannot list pub: the server says 450 no\n"),
    ("NLST", |ftp| ftp.say("550 no"), "saved ", "cannot list pub: the server says 550 no\n"),
    ("NLST", |ftp| ftp.say("500 no"), "saved ", "cannot list pub: the server says 500 no\n"),
    ("NLST", |ftp| ftp.say("226 none"), "saved ", "cannot list pub: the server says 226 none\n"),
];

#[test]
fn the_lesson_goes_on_with_odd_servers_and_does_not_wait_for_a_goodbye() {
    for (at, odd, printed, logged) in ODDITIES {
        let run = play_odd(at, &["--timeout", "3600"], odd);
        let logged = logged.replace("URL", &run.url);
        assert_eq!(run.ended.status, Some(0), "{:?}", run.ended);
        assert!(run.ended.stdout.starts_with(printed), "not {printed:?}: {:?}", run.ended);
        assert!(run.ended.stderr.ends_with(&logged), "not {logged:?}: {:?}", run.ended);
        assert_eq!(run.ended.stderr.lines().count(), logged.lines().count());
        run.has_saved("readme.txt", FILE);
    }
}

/// What servers answer to EPSV that know PASV alone, that write the port as suppaftp does not read it,
/// or that name an address.
#[test]
fn passive_mode_is_tried_after_extended_passive_mode_and_no_address_is_followed() {
    let decoy = TcpListener::bind("127.0.0.1:0").unwrap();
    decoy.set_nonblocking(true).unwrap();
    let port = decoy.local_addr().unwrap().port();
    for refusal in [
        "500 what?",
        "502 not here",
        "522 another network",
        "229 Entering Extended Passive Mode (!!!9447!)",
        "229 Entering Extended Passive Mode 9447",
        "229 Entering Extended Passive Mode (||| 9447 |)",
        &format!("229 Entering Extended Passive Mode (|1|127.0.0.1|{port}|)"),
        &format!("227 Entering Passive Mode (127,0,0,1,{},{})", port / 256, port % 256),
    ] {
        let run = play_odd("EPSV", &[], |server| server.say(refusal));
        run.passes();
        assert_eq!(decoy.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "{refusal}");
        // Another EPSV shows whether it was that or the list that was refused.
        let tries = if refusal.starts_with("229") { "EPSV" } else { "EPSV, EPSV" };
        let expected = format!("{tries}, PASV, NLST, PASV, RETR readme.txt, QUIT, ");
        assert_eq!(run.server.commands[4..].join(", "), expected);
    }
    let another = play_odd("PASV", &[], |server| {
        let port = server.open();
        server.say(&format!("227 Entering Passive Mode (192,0,2,1,{},{})", port / 256, port % 256));
    });
    another.passes();
}

#[test]
fn a_whole_file_replaces_an_old_one_and_half_a_file_does_not() {
    for reply in ["226 done", "426 connection closed", "451 disk error", "550 gone"] {
        let folder = Folder::create();
        fs::create_dir(folder.path().join("downloads")).unwrap();
        folder.write("downloads/readme.txt", "the old and longer one");
        let sends = |server: &mut Ftp| server.send(b"what came", reply);
        let run = play(folder, "readme.txt", &[], "RETR", sends);
        if reply.starts_with('2') {
            run.passes();
            run.has_saved("readme.txt", b"what came");
        } else {
            run.fails(&format!("cannot download readme.txt: the server says {reply}"), "");
            run.has_saved("readme.txt", b"the old and longer one");
        }
    }
}

#[test]
fn no_file_leads_out_of_the_folder() {
    for path in ["pub/..%2F..%2Fevil", "pub/%2Fevil", "..%2f..%2fevil"] {
        play_well(path, &[]).has_saved("evil", FILE);
    }
    let backwards = play_well("pub/..%5C..%5Cevil", &[]);
    assert_eq!(backwards.folder.files("downloads").len(), 1);
}
