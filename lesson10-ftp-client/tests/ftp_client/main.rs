//! Lesson 10 against FTP servers of plain sockets.
#![cfg(test)]

mod failures;

use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;

use testing::{Ended, Folder, Ftp, PATIENCE, Program, command, fails, native, run};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson10-ftp-client");

/// One run of the lesson: how it ended, what the server saw, and the folder in which it ran.
struct Run {
    ended: Ended,
    server: Ftp,
    folder: Folder,
    url: String,
}

impl Run {
    /// What lies in the folder for downloads, by name.
    fn saved(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        for entry in fs::read_dir(self.folder.path().join("downloads")).into_iter().flatten() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            files.push((name, fs::read(entry.path()).unwrap()));
        }
        files.sort();
        files
    }

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
}

/// Runs the lesson in `folder` against a server with this file. `odd` may answer a command in the
/// server's place, and says whether it did; the first one is CONNECTED.
fn play(
    folder: Folder,
    path: &str,
    arguments: &[&str],
    file: &[u8],
    odd: impl FnMut(&mut Ftp, &str) -> bool,
) -> Run {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ftp://{}/{path}", listener.local_addr().unwrap());
    let mut program = command(LESSON, &folder);
    program.args(["--ftp-url", &url, "--log", "off"]);
    let lesson = Program::start(program.args(arguments));
    let server = serve(&listener, file, odd);
    Run { ended: lesson.finish(), server, folder, url }
}

/// The server's side, to the end of the lesson.
fn serve(listener: &TcpListener, file: &[u8], odd: impl FnMut(&mut Ftp, &str) -> bool) -> Ftp {
    let (control, _) = listener.accept().unwrap();
    control.set_read_timeout(Some(PATIENCE)).unwrap();
    control.set_write_timeout(Some(PATIENCE)).unwrap();
    Ftp::serve(control, file, odd)
}

fn play_well(path: &str, arguments: &[&str], file: &[u8]) -> Run {
    play(Folder::create(), path, arguments, file, |_, _| false)
}

/// The server does one thing that is odd: at the command that begins with `at`. What leads to that
/// command, the lesson gets: an upload, or TLS.
fn play_odd(at: &str, arguments: &[&str], odd: impl FnMut(&mut Ftp)) -> Run {
    play_odd_in(Folder::create(), at, arguments, odd)
}

fn play_odd_in(folder: Folder, at: &str, arguments: &[&str], mut odd: impl FnMut(&mut Ftp)) -> Run {
    let path = if at == "AUTH" { "pub/readme.txt?tls=required" } else { "pub/readme.txt" };
    let mut arguments = arguments.to_vec();
    if at == "STOR" {
        // More than the buffers on the way take.
        fs::write(folder.path().join("work.bin"), vec![0; 32 << 20]).unwrap();
        arguments.extend(["--ftp-upload", "work.bin"]);
    }
    play(folder, path, &arguments, b"a file\n", |server, heard| {
        let is_odd = heard.starts_with(at);
        if is_odd {
            odd(server);
        }
        is_odd
    })
}

#[test]
fn the_work_flow_of_the_notes() {
    let run = play_well("pub/android/readme.txt", &[], b"one\ntwo\r\n\0\xff");
    run.passes();
    let saved = native("downloads/readme.txt");
    assert_eq!(run.ended.stdout, format!("readme.txt\nsaved {saved} (11 bytes)\n"));
    assert_eq!(run.saved(), [("readme.txt".to_string(), b"one\ntwo\r\n\0\xff".to_vec())]);
    assert_eq!(
        run.server.commands,
        [
            "USER anonymous",
            "PASS student@sina.example",
            "TYPE I",
            "CWD pub/android",
            "EPSV",
            "NLST",
            "EPSV",
            "RETR readme.txt",
            "QUIT",
            ""
        ]
    );
    let from_the_root = play_well("%2Freadme.txt", &[], b"");
    from_the_root.passes();
    assert_eq!(from_the_root.server.commands[3], "CWD /");
}

#[test]
fn files_go_and_come_byte_for_byte_and_under_any_name() {
    let long: Vec<u8> = (0..5_000_000_u32).map(|index| (index % 251) as u8).collect();
    for file in [b"".as_slice(), b"one\ntwo\r\n\0\xff", &long] {
        let folder = Folder::create();
        fs::create_dir(folder.path().join("work")).unwrap();
        fs::write(folder.path().join("work/作业 1.txt"), file).unwrap();
        let path = "%E6%8A%A5%E5%91%8A%20%E6%9C%80%E7%BB%88.bin";
        let run = play(folder, path, &["--ftp-upload", "work/作业 1.txt"], file, |_, _| false);
        run.passes();
        assert!(run.saved() == [("报告 最终.bin".to_string(), file.to_vec())]);
        assert!(run.server.uploaded == file);
        let length = file.len();
        let last = format!("最终.bin ({length} bytes)\nuploaded 作业 1.txt ({length} bytes)\n");
        assert!(run.ended.stdout.ends_with(&last), "{}", run.ended.stdout);
        let commands = [3, 7, 9].map(|number| run.server.commands[number].as_str());
        assert_eq!(commands, ["CWD .", "RETR 报告 最终.bin", "STOR 作业 1.txt"]);
    }
}

#[test]
fn an_address_in_the_answer_is_not_followed() {
    let decoy = TcpListener::bind("127.0.0.1:0").unwrap();
    decoy.set_nonblocking(true).unwrap();
    let port = decoy.local_addr().unwrap().port();
    let high = port / 256;
    let low = port % 256;
    for answer in [
        format!("229 Extended Passive Mode (|1|127.0.0.1|{port}|)"),
        format!("229 Extended Passive Mode (|1|192.0.2.1|{port}|)"),
        format!("227 Passive Mode (127,0,0,1,{high},{low})"),
        format!("227 Passive Mode (192,0,2,1,{high},{low})"),
    ] {
        play_odd("EPSV", &[], |server| server.say(&answer));
        assert_eq!(decoy.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "{answer}");
    }
}

#[test]
fn names_in_a_list_are_read_and_do_no_harm() {
    for (list, shown) in [
        (&b"a b\r\n\x1b[2Jevil\r\n\xe4\xbd\xa0\nlast"[..], "a b\n\\u{1b}[2Jevil\n你\nlast\nsaved "),
        // In GBK.
        (b"\xd7\xf7\xd2\xb5.txt\r\n", "作业.txt\nsaved "),
    ] {
        let run = play_odd("NLST", &[], |server| server.send(list, "226 done"));
        run.passes();
        assert!(run.ended.stdout.starts_with(shown), "{}", run.ended.stdout);
    }
}

#[test]
fn a_folder_without_a_list_does_not_stop_the_download() {
    for refusal in ["450 no files", "550 no files", "500 what?", "226 nothing there"] {
        let run = play_odd("NLST", &[], |server| server.say(refusal));
        assert_eq!(run.ended.status, Some(0), "{}", run.ended.stderr);
        let logged = format!("cannot list pub: the server says {refusal}\n");
        assert!(run.ended.stderr.ends_with(&logged), "{}", run.ended.stderr);
        assert_eq!(run.saved(), [("readme.txt".to_string(), b"a file\n".to_vec())]);
    }
}

#[test]
fn every_code_that_begins_with_2_is_a_yes() {
    for (at, reply) in [
        // No password is wanted.
        ("USER", "230 come in"),
        ("USER", "232 come in"),
        ("PASS", "202 no password needed"),
        ("TYPE", "250 binary"),
        ("CWD", "257 \"/pub\""),
        ("QUIT", "226 goodbye"),
    ] {
        play_odd(at, &[], |server| server.say(reply)).passes();
    }
    play_odd("NLST", &[], |server| server.send(b"readme.txt\r\n", "200 done")).passes();
    play_odd("RETR", &[], |server| server.send(b"a file\n", "200 done")).passes();
    play_odd("STOR", &[], |server| server.take("200 done")).passes();
}

/// What servers say that know PASV alone, or that write the port of EPSV as suppaftp does not read
/// it; the address in the answer to PASV is not theirs.
#[test]
fn passive_mode_is_tried_where_extended_passive_mode_is_refused() {
    for refusal in [
        "500 what?",
        "501 no",
        "502 not here",
        "522 another network",
        "229 Entering Extended Passive Mode (!!!9447!)",
        "229 Entering Extended Passive Mode 9447",
        "229 Entering Extended Passive Mode (||| 9447 |)",
    ] {
        let run = play(Folder::create(), "readme.txt", &[], b"", |server, heard| {
            if heard == "EPSV" {
                server.say(refusal);
            } else if heard == "PASV" {
                let port = server.open();
                let high = port / 256;
                let low = port % 256;
                server.say(&format!("227 Entering Passive Mode (192,0,2,1,{high},{low})"));
            }
            heard == "EPSV" || heard == "PASV"
        });
        run.passes();
        let heard: Vec<_> = run.server.commands[4..].iter().map(String::as_str).collect();
        // Another EPSV shows whether it was that or the list that was refused.
        let tries = if refusal.starts_with("229") { 1 } else { 2 };
        assert!(heard[..tries].iter().all(|command| *command == "EPSV"), "{heard:?}");
        assert_eq!(heard[tries..], ["PASV", "NLST", "PASV", "RETR readme.txt", "QUIT", ""]);
    }
}

#[test]
fn a_whole_file_replaces_an_old_one_and_what_a_killed_lesson_left_behind() {
    let folder = Folder::create();
    let downloads = folder.path().join("downloads");
    fs::create_dir(&downloads).unwrap();
    folder.write("downloads/readme.txt", "the old and longer one");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ftp://{}/readme.txt", listener.local_addr().unwrap());
    let lesson = Program::start(command(LESSON, &folder).args(["--ftp-url", &url, "--log", "off"]));
    // The number of a killed process comes again.
    let part = format!("lesson10-{}.part", lesson.id());
    fs::write(downloads.join(part), "half of an older file").unwrap();
    let server = serve(&listener, b"new", |_, _| false);
    let run = Run { ended: lesson.finish(), server, folder, url };
    run.passes();
    assert_eq!(run.saved(), [("readme.txt".to_string(), b"new".to_vec())]);
}

#[test]
fn no_file_leads_out_of_the_folder() {
    for path in ["pub/..%2F..%2Fevil", "pub/%2Fevil", "..%2f..%2fevil"] {
        let run = play_well(path, &[], b"x");
        assert_eq!(run.saved(), [("evil".to_string(), b"x".to_vec())], "{path}");
    }
    let backwards = play_well("pub/..%5C..%5Cevil", &[], b"x");
    assert_eq!(backwards.saved().len(), 1);
    for path in ["pub/%2E%2E", "pub/%2e", "pub/x%2F", "%2e%2e%2f"] {
        let ended = run(LESSON, &["--ftp-url", &format!("ftp://127.0.0.1:1/{path}")]);
        assert_eq!(ended.status, Some(2), "{}", ended.stderr);
    }
}
