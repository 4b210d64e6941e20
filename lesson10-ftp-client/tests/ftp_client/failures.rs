//! What goes wrong, whose fault it is, and what the lesson says of it.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::thread;

use testing::{Folder, Ftp, Program, command, fails, refuses, run};

use crate::{LESSON, play, play_odd, play_odd_in, play_well};

const NOT_FTP: &str = "is it the right server?";
const NO_REFUSAL: &str = "this is no refusal";
const LATER: &str = "the server cannot do it now: try again later";
const CHECK_PATH: &str = "check DIR and FILE in LESSON_FTP_URL, and what anonymous may do there";
const SLOW: &str = "wait longer: --timeout 60";
const BROKE_OFF: &str = "the server broke off: see what it says";
const WRONGLY: &str = "the server is set up wrongly";

/// What a server says at a command, what the lesson cannot do then, and a hint.
const REPLIES: [(&str, &str, &str, &str); 12] = [
    ("CONNECTED", "200 hello", "connect to URL", NOT_FTP),
    ("CONNECTED", "421 too many", "connect to URL", LATER),
    ("CONNECTED", "120 ready in 5 minutes", "connect to URL", LATER),
    // vsftpd, which cannot do what it is set up for.
    ("PASS", "500 OOPS: vsftpd: refusing to run with writable root", "log in as", WRONGLY),
    ("CWD", "550 No such thing", "go into pub", CHECK_PATH),
    ("RETR", "550 No such thing", "download readme.txt", CHECK_PATH),
    ("STOR", "553 Not you", "upload work.bin", CHECK_PATH),
    // suppaftp does not take these for what they are.
    ("USER", "332 and the account?", "log in as anonymous", NO_REFUSAL),
    ("RETR", "226 there it was", "download readme.txt", NO_REFUSAL),
    ("AUTH", "200 go on", "begin TLS with URL", NO_REFUSAL),
    ("AUTH", "502 not here", "begin TLS with URL", "the server has no TLS there"),
    ("AUTH", "530 log in first", "begin TLS with URL", "the server has no TLS there"),
];

#[test]
fn a_reply_that_is_no_yes_is_told_in_the_words_of_the_server() {
    for (at, reply, doing, hint) in REPLIES {
        let run =
            play_odd(at, &[], |server| server.say(&format!("{}-Sorry\r\n{reply}", &reply[..3])));
        run.fails(&format!("cannot {doing}"), hint);
        run.fails(&format!(": the server says {reply}"), hint);
        assert_eq!(run.saved().len(), usize::from(at == "STOR"));
        // Nothing else travels in clear.
        assert!(at != "AUTH" || run.server.commands == ["AUTH TLS", ""]);
    }
}

/// What a server does at a command, of what the lesson complains then, and a hint.
type Deed = (&'static str, fn(&mut Ftp), &'static str, &'static str);

const DEEDS: [Deed; 27] = [
    ("CONNECTED", |ftp| ftp.say("SSH-2.0-Server"), "the server's reply cannot be read", NOT_FTP),
    ("RETR", refuses_at_length, "download readme.txt: the server says 550 xxx", CHECK_PATH),
    ("CONNECTED", closes, "connect to URL: unexpected end of file", BROKE_OFF),
    ("PASS", closes, "log in as anonymous: unexpected end of file", BROKE_OFF),
    ("EPSV", closes, "list pub: unexpected end of file", BROKE_OFF),
    ("RETR", closes, "download readme.txt: unexpected end of file", BROKE_OFF),
    ("CONNECTED", is_silent, "connect to URL: timed out", SLOW),
    ("USER", is_silent, "log in as anonymous: timed out", SLOW),
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
    ("NLST", |ftp| drop(ftp.begin()), "list pub: timed out", SLOW),
    ("RETR", |ftp| drop(ftp.begin()), "download readme.txt: timed out", SLOW),
    ("NLST", |ftp| lists_without_end(ftp, b"name\r\n"), "list pub: the list has no end", WRONGLY),
    ("NLST", |ftp| lists_without_end(ftp, b"x"), "list pub: the list has no end", WRONGLY),
    // The data connection dies or stays silent; what is said on the other one tells why.
    ("RETR", says_that_it_has_none, "readme.txt: the server says 425 no data", "a firewall may"),
    ("STOR", |ftp| has_no_room(ftp, "452 Disk full"), "says 452 Disk full", "upload less"),
    ("STOR", |ftp| has_no_room(ftp, "552 Disk full"), "says 552 Disk full", "upload less"),
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

fn has_no_room(ftp: &mut Ftp, refusal: &str) {
    drop(ftp.begin());
    ftp.say(refusal);
}

fn lists_without_end(ftp: &mut Ftp, piece: &[u8]) {
    let mut data = ftp.begin();
    while data.write_all(&piece.repeat(1_000)).is_ok() {}
    ftp.say("426 you have gone");
}

#[test]
fn whatever_a_server_does_the_lesson_ends_in_time_and_says_why() {
    thread::scope(|scope| {
        for (at, deed, error, hint) in DEEDS {
            scope.spawn(move || {
                let run = play_odd(at, &["--timeout", "4"], deed);
                run.fails(error, hint);
                assert_eq!(run.saved().len(), usize::from(at == "STOR"));
            });
        }
    });
}

#[test]
fn by_quit_all_is_done_and_nobody_waits_long() {
    let run = play_odd("QUIT", &["--timeout", "3600"], is_silent);
    assert_eq!(run.ended.status, Some(0), "{}", run.ended.stderr);
    let logged = format!("cannot leave {}: timed out\n", run.url);
    assert!(run.ended.stderr.ends_with(&logged), "{}", run.ended.stderr);
    assert_eq!(run.saved().len(), 1);
}

#[test]
fn a_reply_without_end_is_an_error() {
    for at in ["CONNECTED", "CWD", "RETR", "QUIT"] {
        for (start, piece) in [("220 ", "x".repeat(4096)), ("220-", "220-x\r\n".repeat(1000))] {
            let run = play_odd(at, &[], |server| {
                let _ = server.control.get_mut().write_all(start.as_bytes());
                while server.control.get_mut().write_all(piece.as_bytes()).is_ok() {}
            });
            let stderr = &run.ended.stderr;
            assert!(stderr.contains(": the server sent a reply larger than "), "{stderr}");
            let is_done = at == "QUIT";
            assert_eq!(run.ended.status, Some(i32::from(!is_done)), "{stderr}");
            assert_eq!(run.saved().is_empty(), !is_done);
        }
    }
}

#[test]
fn a_refused_login_shows_no_password() {
    let folder = Folder::create();
    folder.write(".env", "LESSON_FTP_USER=guest\nLESSON_FTP_PASSWORD=hush-hush\n");
    let run = play_odd_in(folder, "PASS hush-hush", &["--log", "debug"], |server| {
        server.say("530 Login incorrect.");
    });
    let why = "cannot log in as guest: the server says 530 Login incorrect.";
    let hint = "check LESSON_FTP_USER and LESSON_FTP_PASSWORD; the server may also want TLS: put";
    fails(&run.ended, why, hint);
    assert!(!run.ended.stderr.contains("hush"), "{}", run.ended.stderr);
    assert_eq!(run.ended.stdout, "");
}

#[test]
fn text_of_a_refusal_does_no_harm() {
    let run = play_odd("PASS", &[], |server| {
        let refusal = b"530 \x1b[2J\xb5\xc7\xc2\xbc\xca\xa7\xb0\xdc\r\n";
        server.control.get_mut().write_all(refusal).unwrap();
    });
    run.fails("530 \\u{1b}[2J登录失败", "");
}

#[test]
fn an_answer_to_pasv_that_suppaftp_cannot_read_is_quoted() {
    let run = play(Folder::create(), "readme.txt", &[], b"", |server, heard| {
        if heard == "EPSV" {
            server.say("502 not here");
        } else if heard == "PASV" {
            server.say("227 Entering Passive Mode 127,0,0,1,4,5");
        }
        heard == "EPSV" || heard == "PASV"
    });
    let said = "download readme.txt: the server says 227 Entering Passive Mode 127,0,0,1,4,5";
    fails(&run.ended, said, NO_REFUSAL);
}

#[test]
fn half_a_file_gets_no_name() {
    for reply in ["426 connection closed", "451 disk error", "550 gone"] {
        let folder = Folder::create();
        fs::create_dir(folder.path().join("downloads")).unwrap();
        folder.write("downloads/readme.txt", "the old one");
        let run = play_odd_in(folder, "RETR", &[], |server| server.send(b"half of a", reply));
        run.fails(&format!("cannot download readme.txt: the server says {reply}"), "");
        assert_eq!(run.saved(), [("readme.txt".to_string(), b"the old one".to_vec())]);
    }
}

#[test]
fn nobody_listens() {
    let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ended = run(LESSON, &["--ftp-url", &format!("ftp://{addr}/readme.txt"), "--log", "off"]);
    let why = format!("cannot connect to ftp://{addr}/readme.txt: connection refused");
    fails(&ended, &why, &format!("cargo run -p practice-servers -- --ftp-addr {addr}"));
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let folder = Folder::create();
    folder.write("taken", "a file");
    let run = play(folder, "readme.txt", &["--save-dir", "taken"], b"x", |_, _| false);
    run.fails("cannot make the folder taken: ", "");

    // A folder has the name already.
    let folder = Folder::create();
    fs::create_dir_all(folder.path().join("downloads/readme.txt")).unwrap();
    let run = play(folder, "readme.txt", &[], b"x", |_, _| false);
    assert_eq!(run.ended.status, Some(1));
    let downloads = fs::read_dir(run.folder.path().join("downloads")).unwrap();
    assert_eq!(downloads.count(), 1);

    let made = play_well("readme.txt", &["--save-dir", "a/b"], b"x");
    let path = made.folder.path().join("a/b/readme.txt");
    assert_eq!(fs::read(path).unwrap(), b"x");
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

/// `anonymous` and a mail address are for every server; a password of the table is for nobody else.
#[test]
fn another_machine_gets_no_password_of_ours_but_that_of_anonymous() {
    let url = ["--ftp-url", "ftp://ftp.invalid/pub/readme.txt"];
    fails(&run(LESSON, &url), "cannot look up ftp.invalid:21: ", "LESSON_FTP_URL");
    let arguments = [&url[..], &["--ftp-user", "laoshi", "--allow-plaintext", "yes"]].concat();
    let ended = run(LESSON, &arguments);
    refuses(&ended, "LESSON_FTP_PASSWORD must be filled in", "LESSON_FTP_PASSWORD=...");
}
