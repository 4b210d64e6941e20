//! Lesson 10 against FTP servers of plain sockets.
#![cfg(test)]

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener};
use std::thread;

use testing::{Ended, Folder, Ftp, PATIENCE, Program, command, fails, native, refuses, run};

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
    ("NLST", |ftp| ftp.send("a b\r\n\x1b你\nc".as_bytes(), "226 ok"), "a b\n\\u{1b}你\nc\n", ""),
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

/// What servers answer to EPSV that know PASV alone, that write the port as suppaftp does not read
/// it, or that name an address.
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

const NOT_FTP: &str = "is it the right server?";
const NO_REFUSAL: &str = "this is no refusal";
const LATER: &str = "the server cannot do it now: try again later";
const CHECK_PATH: &str = "check DIR and FILE in LESSON_FTP_URL, and what anonymous may do there";
const SLOW: &str = "wait longer: --timeout 60";
const BROKE_OFF: &str = "the server broke off: see what it says";
const WRONGLY: &str = "the server is set up wrongly";
const NO_TLS: &str = "the server has no TLS there";
const FIREWALL: &str = "a firewall may be in between";

/// A command, what a server does then, of what the lesson complains, and a hint.
type Failure = (&'static str, fn(&mut Ftp), &'static str, &'static str);

const FAILURES: [Failure; 37] = [
    ("CONNECTED", |ftp| ftp.say("200 hello"), "connect to URL: the server says 200", NOT_FTP),
    ("CONNECTED", |ftp| ftp.say("421 busy"), "connect to URL: the server says 421 busy", LATER),
    ("CONNECTED", |ftp| ftp.say("120 wait"), "connect to URL: the server says 120 wait", LATER),
    // vsftpd, which cannot do what it is set up for.
    ("PASS", |ftp| ftp.say("500 OOPS: vsftpd: no"), "anonymous: the server says 500 OOPS", WRONGLY),
    ("CWD", |ftp| ftp.say("550-Oh\r\n550 No"), "go into pub: the server says 550 No", CHECK_PATH),
    ("RETR", |ftp| ftp.say("550 No"), "download readme.txt: the server says 550 No", CHECK_PATH),
    ("RETR", refuses_at_length, "download readme.txt: the server says 550 xxx", CHECK_PATH),
    ("STOR", |ftp| ftp.say("553 No"), "upload work.bin: the server says 553 No", CHECK_PATH),
    ("AUTH", |ftp| ftp.say("502 no"), "begin TLS with URL: the server says 502 no", NO_TLS),
    ("AUTH", |ftp| ftp.say("530 no"), "begin TLS with URL: the server says 530 no", NO_TLS),
    // suppaftp does not take these for what they are.
    ("USER", |ftp| ftp.say("332 who?"), "log in as anonymous: the server says 332", NO_REFUSAL),
    ("RETR", |ftp| ftp.say("226 done"), "download readme.txt: the server says 226", NO_REFUSAL),
    ("AUTH", |ftp| ftp.say("200 go on"), "begin TLS with URL: the server says 200", NO_REFUSAL),
    ("CONNECTED", |ftp| ftp.say("SSH-2.0-Server"), "the server's reply cannot be read", NOT_FTP),
    ("CONNECTED", |ftp| says_without_end(ftp, "x"), "sent a reply larger than", NOT_FTP),
    ("CWD", |ftp| says_without_end(ftp, "\r\n220-x"), "sent a reply larger than", "answers oddly"),
    ("CONNECTED", closes, "connect to URL: unexpected end of file", BROKE_OFF),
    ("PASS", closes, "log in as anonymous: unexpected end of file", BROKE_OFF),
    ("EPSV", closes, "list pub: unexpected end of file", BROKE_OFF),
    ("RETR", closes, "download readme.txt: unexpected end of file", BROKE_OFF),
    ("CONNECTED", is_silent, "connect to URL: timed out", SLOW),
    ("PASS", is_silent, "log in as anonymous: timed out", SLOW),
    ("TYPE", is_silent, "ask for binary files: timed out", SLOW),
    ("CWD", is_silent, "go into pub: timed out", SLOW),
    ("EPSV", is_silent, "list pub: timed out", SLOW),
    ("NLST", is_silent, "list pub: timed out", SLOW),
    ("RETR", is_silent, "download readme.txt: timed out", SLOW),
    ("AUTH", agrees_to_tls, "begin TLS with URL: timed out", SLOW),
    ("AUTH", goes_on_in_clear, "URL: received corrupt message", "what it sends is none"),
    // Nobody listens at port 1.
    ("EPSV", |ftp| ftp.say("229 (|||1|)"), "list pub: no data connection to 127.0.0.1:1", FIREWALL),
    ("NLST", |ftp| stops_halfway(ftp, "226 done"), "list pub: timed out", SLOW),
    ("RETR", |ftp| stops_halfway(ftp, "226 done"), "download readme.txt: timed out", SLOW),
    ("STOR", |ftp| stops_halfway(ftp, "226 done"), "upload work.bin: timed out", SLOW),
    // All has come, but not the word that this was all.
    ("RETR", |ftp| drop(ftp.begin()), "download readme.txt: timed out", SLOW),
    ("NLST", lists_without_end, "list pub: the list has no end", WRONGLY),
    // The data connection stays silent or ends too early; what is said on the other one tells why.
    ("RETR", |ftp| stops_halfway(ftp, "425 no"), "readme.txt: the server says 425 no", FIREWALL),
    ("STOR", |ftp| ftp.send(b"", "452 full"), "work.bin: the server says 452 full", "upload less"),
];

fn refuses_at_length(ftp: &mut Ftp) {
    ftp.say(&format!("550 {}", "x".repeat(100_000)));
}

fn closes(ftp: &mut Ftp) {
    ftp.control.get_ref().shutdown(Shutdown::Both).unwrap();
}

fn is_silent(_: &mut Ftp) {}

fn agrees_to_tls(ftp: &mut Ftp) {
    ftp.say("234 begin");
    // What comes now is no line.
    let _ = ftp.control.read(&mut [0]);
}

fn goes_on_in_clear(ftp: &mut Ftp) {
    agrees_to_tls(ftp);
    ftp.say("200 go on in clear");
}

/// Whatever the server says then, the data connection stays open.
fn stops_halfway(ftp: &mut Ftp, reply: &str) {
    let mut data = ftp.begin();
    data.write_all(b"half of a").unwrap();
    ftp.kept.push(data);
    ftp.say(reply);
}

fn lists_without_end(ftp: &mut Ftp) {
    let mut data = ftp.begin();
    while data.write_all(&b"name\r\n".repeat(1_000)).is_ok() {}
    ftp.say("426 you have gone");
}

fn says_without_end(ftp: &mut Ftp, piece: &str) {
    let control = ftp.control.get_mut();
    control.write_all(b"220-x").unwrap();
    while control.write_all(piece.repeat(1_000).as_bytes()).is_ok() {}
}

#[test]
fn whatever_a_server_does_the_lesson_ends_in_time_and_says_why() {
    thread::scope(|scope| {
        for (at, does, error, hint) in FAILURES {
            scope.spawn(move || {
                let run = play_odd(at, &["--timeout", "4"], does);
                run.fails(error, hint);
                let count = run.folder.files("downloads").len();
                assert_eq!(count, usize::from(at == "STOR"), "{error}");
                // Where TLS does not come about, no password travels.
                let gives_password = run.server.commands.iter().any(|it| it.starts_with("PASS"));
                assert!(at != "AUTH" || !gives_password, "{error}");
            });
        }
    });
}

#[test]
fn a_refused_login_shows_no_password_and_its_words_do_no_harm() {
    let folder = Folder::create();
    folder.write(".env", "LESSON_FTP_USER=guest\nLESSON_FTP_PASSWORD=hush-hush\n");
    let arguments = ["--log", "debug"];
    let run = play(folder, "readme.txt", &arguments, "PASS hush-hush", |server| {
        let refusal = b"530 \x1b[2J\xb5\xc7\xc2\xbc\xca\xa7\xb0\xdc\r\n";
        server.control.get_mut().write_all(refusal).unwrap();
    });
    let why = "cannot log in as guest: the server says 530 \\u{1b}[2J登录失败";
    let hint = "check LESSON_FTP_USER and LESSON_FTP_PASSWORD; the server may also want TLS: put";
    fails(&run.ended, why, hint);
    assert!(!run.ended.stderr.contains("hush"), "{}", run.ended.stderr);
    assert_eq!(run.ended.stdout, "");
}

#[test]
fn an_answer_to_pasv_that_suppaftp_cannot_read_is_quoted() {
    let run = play_odd("PASV", &[], |server| server.say("227 Entering Passive Mode 127,0,0,1,4,5"));
    let said = "download readme.txt: the server says 227 Entering Passive Mode 127,0,0,1,4,5";
    fails(&run.ended, said, NO_REFUSAL);
}

#[test]
fn nobody_listens() {
    let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ended = run(LESSON, &["--ftp-url", &format!("ftp://{addr}/readme.txt"), "--log", "off"]);
    let why = format!("cannot connect to ftp://{addr}/readme.txt: connection refused");
    fails(&ended, &why, &format!("cargo run -p practice-servers -- --ftp-addr {addr}"));
}

#[test]
fn a_folder_is_made_if_it_can_be() {
    let made = play_well("readme.txt", &["--save-dir", "a/b"]);
    assert_eq!(fs::read(made.folder.path().join("a/b/readme.txt")).unwrap(), FILE);
    // This is a file.
    let run = play_well("readme.txt", &["--save-dir", ".env"]);
    run.fails("cannot make the folder .env: ", "");
}

#[test]
fn a_file_whose_name_a_folder_has_is_not_kept() {
    let folder = Folder::create();
    fs::create_dir_all(folder.path().join("downloads/readme.txt")).unwrap();
    let run = play(folder, "readme.txt", &[], "nothing", |_| {});
    assert_eq!(run.ended.status, Some(1));
    run.has_saved("readme.txt", b"");
}

#[test]
fn an_upload_that_cannot_be_read_is_named() {
    let folder = Folder::create();
    fs::create_dir(folder.path().join("work")).unwrap();
    // Before anything is sent: nobody is there to send it to.
    for (path, why) in [("work", "that is a folder"), ("work/none.txt", "(from the flag")] {
        let ended = Program::start(command(LESSON, &folder).args(["--ftp-upload", path])).finish();
        refuses(&ended, &format!("LESSON_FTP_UPLOAD is \"{path}\""), "see what it takes");
        assert!(ended.stderr.contains(why), "{ended:?}");
    }
}
