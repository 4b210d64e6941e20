//! What goes wrong, whose fault it is, and what the lesson says of it.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::thread;

use testing::{Folder, Ftp, Program, command, fails, refuses, run};

use crate::{FILE, LESSON, play, play_odd, play_well};

const NOT_FTP: &str = "is it the right server?";
const NO_REFUSAL: &str = "this is no refusal";
const LATER: &str = "the server cannot do it now: try again later";
const CHECK_PATH: &str = "check DIR and FILE in LESSON_FTP_URL, and what anonymous may do there";
const SLOW: &str = "wait longer: --timeout 60";
const BROKE_OFF: &str = "the server broke off: see what it says";
const WRONGLY: &str = "the server is set up wrongly";
const NO_TLS: &str = "the server has no TLS there";

/// A command, what a server does then, of what the lesson complains, and a hint.
type Failure = (&'static str, fn(&mut Ftp), &'static str, &'static str);

const FAILURES: [Failure; 37] = [
    ("CONNECTED", |ftp| ftp.say("200 hello"), "connect to URL: the server says 200", NOT_FTP),
    ("CONNECTED", |ftp| ftp.say("421 busy"), "connect to URL: the server says 421 busy", LATER),
    ("CONNECTED", |ftp| ftp.say("120 wait"), "connect to URL: the server says 120 wait", LATER),
    // vsftpd, which cannot do what it is set up for.
    ("PASS", |ftp| ftp.say("500 OOPS: vsftpd: no"), "log in as anonymous: the server", WRONGLY),
    (
        "CWD",
        |ftp| ftp.say("550-Sorry\r\n550 No"),
        "go into pub: the server says 550 No",
        CHECK_PATH,
    ),
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
    ("EPSV", names_a_closed_port, "list pub: no data connection to 127.0.0.1:", "a firewall may"),
    ("NLST", stops_halfway, "list pub: timed out", SLOW),
    ("RETR", stops_halfway, "download readme.txt: timed out", SLOW),
    ("STOR", stops_halfway, "upload work.bin: timed out", SLOW),
    // All has come, but not the word that this was all.
    ("RETR", |ftp| drop(ftp.begin()), "download readme.txt: timed out", SLOW),
    ("NLST", lists_without_end, "list pub: the list has no end", WRONGLY),
    // The data connection stays silent or dies; what is said on the other one tells why.
    ("RETR", says_that_it_has_none, "readme.txt: the server says 425 no data", "a firewall may"),
    ("STOR", has_no_room, "upload work.bin: the server says 452 Disk full", "upload less"),
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

fn names_a_closed_port(ftp: &mut Ftp) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    ftp.say(&format!("229 Extended Passive Mode (|||{port}|)"));
}

fn stops_halfway(ftp: &mut Ftp) {
    let mut data = ftp.begin();
    data.write_all(b"half of a").unwrap();
    ftp.kept.push(data);
}

fn says_that_it_has_none(ftp: &mut Ftp) {
    stops_halfway(ftp);
    ftp.say("425 no data connection");
}

fn has_no_room(ftp: &mut Ftp) {
    drop(ftp.begin());
    ftp.say("452 Disk full");
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
