//! Lesson 10 against FTP servers of plain sockets.
#![cfg(test)]

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use testing::{Ended, Folder, PATIENCE, Program, command, fails, native, refuses, run};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson10-ftp-client");

/// A server that does what it is told, unless the test does it.
struct Server {
    /// The process of the lesson.
    lesson: u32,
    control: BufReader<TcpStream>,
    data: Option<TcpListener>,
    commands: Vec<String>,
    list: Vec<u8>,
    file: Vec<u8>,
    uploaded: Vec<u8>,
}

impl Server {
    /// Says a line; a client that has gone does not hear it.
    fn says(&mut self, line: &str) {
        let line = format!("{line}\r\n");
        let _ = self.control.get_mut().write_all(line.as_bytes());
    }

    /// Hears a command; an empty one when the client has gone.
    fn hears(&mut self) -> String {
        let mut line = String::new();
        let _ = self.control.read_line(&mut line);
        let command = line.trim_end().to_string();
        self.commands.push(command.clone());
        command
    }

    /// Opens the port of the next data connection; returns its number.
    fn opens(&mut self) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        self.data = Some(listener);
        port
    }

    /// Says that data come, and takes the connection for them.
    fn begins(&mut self) -> TcpStream {
        self.says("150 here we go");
        let listener = self.data.take().unwrap();
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    fn answers(&mut self, command: &str) {
        match command.split(' ').next().unwrap() {
            "CONNECTED" => self.says("220-Welcome\r\n220 to the test"),
            "USER" => self.says("331 and the password?"),
            "PASS" => self.says("230 welcome"),
            "TYPE" => self.says("200 as you like"),
            "CWD" => self.says("250 gone there"),
            "EPSV" => {
                let port = self.opens();
                self.says(&format!("229 Extended Passive Mode (|||{port}|)"));
            }
            "NLST" => {
                let mut data = self.begins();
                data.write_all(&self.list).unwrap();
                drop(data);
                self.says("226 done");
            }
            "RETR" => {
                let mut data = self.begins();
                data.write_all(&self.file).unwrap();
                drop(data);
                self.says("226 done");
            }
            "STOR" => {
                let mut data = self.begins();
                data.read_to_end(&mut self.uploaded).unwrap();
                drop(data);
                self.says("226 done");
            }
            "QUIT" => self.says("221 goodbye"),
            _ => self.says("502 not here"),
        }
    }
}

/// One run of the lesson: how it ended, what the server saw, and the folder in which it ran.
struct Run {
    ended: Ended,
    server: Server,
    folder: Folder,
    url: String,
}

impl Run {
    /// What lies in the folder for downloads, by name.
    fn saved(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        if let Ok(entries) = fs::read_dir(self.folder.path().join("downloads")) {
            for entry in entries {
                let entry = entry.unwrap();
                let name = entry.file_name().into_string().unwrap();
                files.push((name, fs::read(entry.path()).unwrap()));
            }
        }
        files.sort();
        files
    }

    #[track_caller]
    fn fails(&self, error: &str, hint: &str) {
        fails(&self.ended, &error.replace("URL", &self.url), hint);
        assert_eq!(self.saved(), []);
    }
}

/// Runs the lesson in `folder` against a server with this list and file. `odd` may answer a command
/// in the server's place, and says whether it did; the first one is CONNECTED.
fn play(
    folder: Folder,
    path: &str,
    arguments: &[&str],
    file: &[u8],
    odd: impl FnMut(&mut Server, &str) -> bool,
) -> Run {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let url = format!("ftp://{addr}/{path}");
    let mut program = command(LESSON, &folder);
    program.args(["--ftp-url", &url, "--log", "off"]);
    let lesson = Program::start(program.args(arguments));
    let server = serve(&listener, lesson.id(), file, odd);
    Run { ended: lesson.finish(), server, folder, url }
}

/// The server's side, to the end of the lesson.
fn serve(
    listener: &TcpListener,
    lesson: u32,
    file: &[u8],
    mut odd: impl FnMut(&mut Server, &str) -> bool,
) -> Server {
    let (control, _) = listener.accept().unwrap();
    control.set_read_timeout(Some(PATIENCE)).unwrap();
    control.set_write_timeout(Some(PATIENCE)).unwrap();
    let mut server = Server {
        lesson,
        control: BufReader::new(control),
        data: None,
        commands: Vec::new(),
        list: b"readme.txt\r\n".to_vec(),
        file: file.to_vec(),
        uploaded: Vec::new(),
    };
    let mut heard = "CONNECTED".to_string();
    while !heard.is_empty() {
        if !odd(&mut server, &heard) {
            server.answers(&heard);
        }
        heard = server.hears();
    }
    server
}

fn play_well(path: &str, arguments: &[&str], file: &[u8]) -> Run {
    play(Folder::create(), path, arguments, file, |_, _| false)
}

/// The server does one thing that is odd: at the command that begins with `at`.
fn play_odd(at: &str, arguments: &[&str], mut odd: impl FnMut(&mut Server)) -> Run {
    play(Folder::create(), "pub/readme.txt", arguments, b"a file\n", |server, heard| {
        let is_odd = heard.starts_with(at);
        if is_odd {
            odd(server);
        }
        is_odd
    })
}

const NOT_FTP: &str = "is it the right server?";
const SILENT: &str = "wait longer: --timeout 60";
const BROKE_OFF: &str = "the server broke off: see what it says";
const CHECK_PATH: &str = "check DIR and FILE in LESSON_FTP_URL, and what anonymous may do there";
const NO_REFUSAL: &str = "this is no refusal";
const LATER: &str = "the server cannot do it now: try again later";

#[test]
fn the_work_flow_of_the_notes() {
    let run = play_well("pub/android/readme.txt", &[], b"one\ntwo\r\n\0\xff");
    assert_eq!(run.ended.stderr, "");
    let saved = native("downloads/readme.txt");
    assert_eq!(run.ended.stdout, format!("readme.txt\nsaved {saved} (11 bytes)\n"));
    assert_eq!(run.ended.status, Some(0));
    let whole = ("readme.txt".to_string(), b"one\ntwo\r\n\0\xff".to_vec());
    assert_eq!(run.saved(), [whole]);
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
}

#[test]
fn a_path_from_the_root_stays_one() {
    let run = play_well("%2Freadme.txt", &[], b"");
    assert_eq!(run.ended.status, Some(0), "{}", run.ended.stderr);
    assert_eq!(run.server.commands[3], "CWD /");
}

#[test]
fn logs_each_step() {
    let run = play_well("pub/readme.txt", &["--log", "info"], b"");
    let mut said = Vec::new();
    for line in run.ended.stderr.lines() {
        said.push(line.split_once(": ").unwrap().1.replace(&run.url, "URL"));
    }
    assert_eq!(
        said,
        [
            "HOST 127.0.0.1, DIR pub, FILE readme.txt",
            "connected to URL: 220-Welcome\\r\\n220 to the test",
            "logged in as anonymous",
        ]
    );
}

#[test]
fn downloads_byte_for_byte_and_under_any_name() {
    let long: Vec<u8> = (0..5_000_000_u32).map(|index| (index % 251) as u8).collect();
    for file in [b"".as_slice(), b"\n", &long] {
        let run = play_well("%E6%8A%A5%E5%91%8A%20%E6%9C%80%E7%BB%88.bin", &[], file);
        let name = "报告 最终.bin";
        assert_eq!(run.ended.stderr, "");
        assert!(run.saved() == [(name.to_string(), file.to_vec())]);
        let last = format!("{name} ({} bytes)\n", file.len());
        assert!(run.ended.stdout.ends_with(&last), "{}", run.ended.stdout);
        assert_eq!(run.server.commands[3], "CWD .");
        assert_eq!(run.server.commands[7], format!("RETR {name}"));
    }
}

#[test]
fn uploads_byte_for_byte_and_under_any_name() {
    let long: Vec<u8> = (0..5_000_000_u32).map(|index| (index % 251) as u8).collect();
    for file in [b"".as_slice(), b"one\ntwo\r\n\0\xff", &long] {
        let folder = Folder::create();
        let name = "作业 1.txt";
        fs::create_dir(folder.path().join("work")).unwrap();
        fs::write(folder.path().join("work").join(name), file).unwrap();
        let path = format!("work/{name}");
        let arguments = ["--ftp-upload", &path];
        let run = play(folder, "pub/readme.txt", &arguments, b"x", |_, _| false);
        assert_eq!(run.ended.stderr, "");
        assert!(run.server.uploaded == file);
        assert_eq!(run.server.commands[9], format!("STOR {name}"));
        let last = format!("\nuploaded {name} ({} bytes)\n", file.len());
        assert!(run.ended.stdout.ends_with(&last), "{}", run.ended.stdout);
    }
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

#[test]
fn a_server_may_want_no_password() {
    let run = play_odd("USER", &[], |server| server.says("230 come in"));
    assert_eq!((run.ended.status, run.ended.stderr.as_str()), (Some(0), ""));
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
        let run = play_odd("EPSV", &[], |server| server.says(&answer));
        run.fails("cannot download readme.txt: the server says ", "");
    }
    assert_eq!(decoy.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_data_port_that_nobody_listens_at_is_said_so() {
    let mut port = 0;
    let run = play_odd("EPSV", &[], |server| {
        port = server.opens();
        server.data = None;
        server.says(&format!("229 Extended Passive Mode (|||{port}|)"));
    });
    let said = format!("cannot list pub: no data connection to 127.0.0.1:{port}: ");
    fails(&run.ended, &said, "a firewall may be in between");
}

#[test]
fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let ended = run(LESSON, &["--ftp-url", &format!("ftp://{addr}/readme.txt"), "--log", "off"]);
    assert_eq!(
        ended.stderr,
        format!(
            "Error: cannot connect to ftp://{addr}/readme.txt: connection refused\n\
             hint: nobody listens there: start the practice servers in another terminal: \
             cargo run -p practice-servers -- --ftp-addr {addr}\n"
        )
    );
    assert_eq!(ended.status, Some(1));
}

#[test]
fn a_greeting_that_is_none() {
    for (greeting, why) in [
        ("SSH-2.0-Server", "the server's reply cannot be read"),
        ("+OK", "the server's reply cannot be read"),
        ("200 hello", "the server says 200 hello"),
        ("\x1b[2J\x1b[31m", "the server's reply cannot be read"),
    ] {
        let run = play_odd("CONNECTED", &[], |server| server.says(greeting));
        run.fails(why, NOT_FTP);
    }
    for greeting in ["421 too many", "120 ready in 5 minutes"] {
        let run = play_odd("CONNECTED", &[], |server| server.says(greeting));
        run.fails(&format!("cannot connect to URL: the server says {greeting}"), LATER);
    }
}

#[test]
fn a_refused_login_shows_no_password() {
    let folder = Folder::create();
    folder.write(".env", "LESSON_FTP_USER=guest\nLESSON_FTP_PASSWORD=hush-hush\n");
    let run = play(folder, "pub/readme.txt", &["--log", "debug"], b"", |server, heard| {
        let is_odd = heard == "PASS hush-hush";
        if is_odd {
            server.says("530 Login incorrect.");
        }
        is_odd
    });
    let why = "cannot log in as guest: the server says 530 Login incorrect.";
    run.fails(
        why,
        "check LESSON_FTP_USER and LESSON_FTP_PASSWORD; the server may also want TLS: put",
    );
    assert!(!run.ended.stderr.contains("hush"), "{}", run.ended.stderr);
    assert_eq!(run.ended.stdout, "");
}

#[test]
fn a_refusal_is_told_in_the_words_of_the_server() {
    for (at, doing) in [("CWD", "go into pub"), ("RETR", "download readme.txt")] {
        let run = play_odd(at, &[], |server| server.says("550-I am sorry\r\n550 No such thing"));
        run.fails(&format!("cannot {doing}: the server says 550 No such thing"), CHECK_PATH);
    }
    let folder = Folder::create();
    folder.write("h.txt", "hello");
    let run = play(folder, "readme.txt", &["--ftp-upload", "h.txt"], b"x", |server, heard| {
        let is_odd = heard.starts_with("STOR");
        if is_odd {
            server.says("553 Not you");
        }
        is_odd
    });
    fails(&run.ended, "cannot upload h.txt: the server says 553 Not you", CHECK_PATH);
}

#[test]
fn text_of_a_refusal_does_no_harm() {
    let run = play_odd("PASS", &[], |server| {
        let _ =
            server.control.get_mut().write_all(b"530 \x1b[2J\xb5\xc7\xc2\xbc\xca\xa7\xb0\xdc\r\n");
    });
    assert!(run.ended.stderr.contains("530 \\u{1b}[2J登录失败"), "{}", run.ended.stderr);
    assert_eq!(run.ended.stderr.lines().count(), 2);
}

#[test]
fn a_long_refusal_is_cut() {
    let long = "x".repeat(100_000);
    let run = play_odd("RETR", &[], |server| server.says(&format!("550 {long}")));
    let shown = &long[..196];
    run.fails(&format!("cannot download readme.txt: the server says 550 {shown}"), CHECK_PATH);
}

#[test]
fn tls_that_begins_with_something_else() {
    let cases = [
        (false, "received corrupt message", "what it sends is none"),
        (true, "timed out", "wait longer: --timeout 60"),
    ];
    for (is_silent, why, hint) in cases {
        let path = "readme.txt?tls=required";
        let arguments = ["--timeout", "0.5"];
        let run = play(Folder::create(), path, &arguments, b"", |server, heard| {
            let is_odd = heard == "AUTH TLS";
            if is_odd {
                server.says("234 begin");
                // What comes now is no line.
                let _ = server.control.read(&mut [0]);
            }
            if is_odd && !is_silent {
                server.says("200 go on in clear");
            }
            is_odd
        });
        run.fails(&format!("cannot begin TLS with URL: {why}"), hint);
    }
}

#[test]
fn names_in_a_list_do_no_harm() {
    let run = play_odd("NLST", &[], |server| {
        let mut data = server.begins();
        data.write_all(b"a b\r\n\x1b[2Jevil\r\n\xe4\xbd\xa0\nlast").unwrap();
        drop(data);
        server.says("226 done");
    });
    assert_eq!(run.ended.status, Some(0), "{}", run.ended.stderr);
    let names = "a b\n\\u{1b}[2Jevil\n你\nlast\nsaved ";
    assert!(run.ended.stdout.starts_with(names), "{}", run.ended.stdout);
}

#[test]
fn a_list_without_end_is_an_error() {
    for piece in [b"name\r\n".repeat(1000), vec![b'x'; 4096]] {
        let run = play_odd("NLST", &[], |server| {
            let mut data = server.begins();
            while data.write_all(&piece).is_ok() {}
            server.says("426 you have gone");
        });
        run.fails("cannot list pub: the list has no end", "the server is set up wrongly");
    }
}

#[test]
fn a_reply_without_end_is_an_error() {
    for at in ["CONNECTED", "USER", "CWD", "EPSV", "RETR", "QUIT"] {
        for (start, piece) in [("220 ", "x".repeat(4096)), ("220-", "220-x\r\n".repeat(1000))] {
            let run = play_odd(at, &[], |server| {
                let _ = server.control.get_mut().write_all(start.as_bytes());
                while server.control.get_mut().write_all(piece.as_bytes()).is_ok() {}
            });
            let stderr = &run.ended.stderr;
            assert!(stderr.contains(": the server sent a reply larger than "), "{stderr}");
            // By QUIT, all is done.
            let is_done = at == "QUIT";
            let status = if is_done { Some(0) } else { Some(1) };
            assert_eq!(run.ended.status, status, "{stderr}");
            assert!(is_done || stderr.lines().count() == 2, "{stderr}");
            assert_eq!(run.saved().is_empty(), !is_done);
        }
    }
}

#[test]
fn silence_ends_in_time() {
    let at = [
        ("CONNECTED", "connect to URL"),
        ("USER", "log in as anonymous"),
        ("PASS", "log in as anonymous"),
        ("TYPE", "ask for binary files"),
        ("CWD", "go into pub"),
        ("EPSV", "list pub"),
        ("NLST", "list pub"),
        ("RETR", "download readme.txt"),
    ];
    thread::scope(|scope| {
        for (at, doing) in at {
            scope.spawn(move || {
                let run = play_odd(at, &["--timeout", "0.5"], |_| ());
                run.fails(&format!("cannot {doing}: timed out"), SILENT);
            });
        }
        for (at, doing) in [("NLST", "list pub"), ("RETR", "download readme.txt")] {
            scope.spawn(move || {
                // Over the data connection comes a part, and no more.
                let mut kept = Vec::new();
                let run = play_odd(at, &["--timeout", "0.5"], |server| {
                    let mut data = server.begins();
                    data.write_all(b"half of a").unwrap();
                    kept.push(data);
                });
                run.fails(&format!("cannot {doing}: timed out"), SILENT);
            });
            scope.spawn(move || {
                // All comes, but not the word that this was all.
                let run = play_odd(at, &["--timeout", "0.5"], |server| drop(server.begins()));
                run.fails(&format!("cannot {doing}: timed out"), SILENT);
            });
        }
    });
    // All is done by then, and nobody waits long.
    let run = play_odd("QUIT", &["--timeout", "3600"], |_| ());
    assert_eq!(run.ended.status, Some(0), "{}", run.ended.stderr);
    let logged = format!("cannot leave {}: timed out\n", run.url);
    assert!(run.ended.stderr.ends_with(&logged), "{}", run.ended.stderr);
    assert_eq!(run.saved().len(), 1);
}

#[test]
fn a_silent_upload_ends_in_time() {
    let folder = Folder::create();
    fs::write(folder.path().join("big.bin"), vec![0; 32 << 20]).unwrap();
    let arguments = ["--timeout", "0.5", "--ftp-upload", "big.bin"];
    let mut kept = Vec::new();
    let run = play(folder, "readme.txt", &arguments, b"x", |server, heard| {
        let is_odd = heard.starts_with("STOR");
        if is_odd {
            kept.push(server.begins());
        }
        is_odd
    });
    fails(&run.ended, "cannot upload big.bin: timed out", SILENT);
}

#[test]
fn an_upload_that_is_refused_midway_tells_why() {
    for refusal in ["452 Disk full", "552 Disk full"] {
        let folder = Folder::create();
        fs::write(folder.path().join("big.bin"), vec![0; 32 << 20]).unwrap();
        let run =
            play(folder, "readme.txt", &["--ftp-upload", "big.bin"], b"x", |server, heard| {
                let is_odd = heard.starts_with("STOR");
                if is_odd {
                    drop(server.begins());
                    server.says(refusal);
                }
                is_odd
            });
        let said = format!(
            "Error: cannot upload big.bin: the server says {refusal}\n\
             hint: the server has no room: upload less\n"
        );
        assert_eq!(run.ended.stderr, said);
    }
}

#[test]
fn a_server_that_breaks_off_is_an_error() {
    for (at, doing) in [
        ("CONNECTED", "connect to URL"),
        ("PASS", "log in as anonymous"),
        ("EPSV", "list pub"),
        ("RETR", "download readme.txt"),
    ] {
        let run = play_odd(at, &[], |server| {
            let control = server.control.get_ref();
            control.shutdown(std::net::Shutdown::Both).unwrap();
        });
        run.fails(&format!("cannot {doing}: unexpected end of file"), BROKE_OFF);
    }
}

#[test]
fn half_a_file_gets_no_name() {
    for (code, text) in [("426", "connection closed"), ("451", "disk error"), ("550", "gone")] {
        let folder = Folder::create();
        fs::create_dir(folder.path().join("downloads")).unwrap();
        folder.write("downloads/readme.txt", "the old one");
        let run = play(folder, "readme.txt", &[], &[], |server, heard| {
            let is_odd = heard.starts_with("RETR");
            if is_odd {
                let mut data = server.begins();
                data.write_all(b"half of a").unwrap();
                drop(data);
                server.says(&format!("{code} {text}"));
            }
            is_odd
        });
        let said = format!("Error: cannot download readme.txt: the server says {code} {text}\n");
        assert!(run.ended.stderr.starts_with(&said), "{}", run.ended.stderr);
        let old = ("readme.txt".to_string(), b"the old one".to_vec());
        assert_eq!(run.saved(), [old]);
        assert_eq!(run.ended.stderr.lines().count(), 2);
    }
}

#[test]
fn a_whole_file_replaces_an_old_one() {
    let folder = Folder::create();
    fs::create_dir(folder.path().join("downloads")).unwrap();
    folder.write("downloads/readme.txt", "the old and longer one");
    let run = play(folder, "readme.txt", &[], b"new", |_, _| false);
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

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let folder = Folder::create();
    folder.write("taken", "a file");
    let run = play(folder, "readme.txt", &["--save-dir", "taken"], b"x", |_, _| false);
    let said = "Error: cannot make the folder taken: ";
    assert!(run.ended.stderr.starts_with(said), "{}", run.ended.stderr);
    assert_eq!((run.ended.status, run.ended.stderr.lines().count()), (Some(1), 2));

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
fn tls_that_does_not_begin() {
    let no_tls = "the server has no TLS there";
    for answer in ["502 not here", "500 what?", "504 no TLS", "530 log in first"] {
        let run = play(Folder::create(), "readme.txt?tls=required", &[], b"", |server, heard| {
            let is_odd = heard == "AUTH TLS";
            if is_odd {
                server.says(answer);
            }
            is_odd
        });
        run.fails(&format!("cannot begin TLS with URL: the server says {answer}"), no_tls);
        // Nothing else travelled in clear.
        assert_eq!(run.server.commands, ["AUTH TLS", ""]);
    }
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
        let run =
            play(
                Folder::create(),
                "pub/readme.txt",
                &[],
                b"a file\n",
                |server, heard| match heard {
                    "EPSV" => {
                        server.says(refusal);
                        true
                    }
                    "PASV" => {
                        let port = server.opens();
                        server.says(&format!(
                            "227 Entering Passive Mode (192,0,2,1,{},{})",
                            port / 256,
                            port % 256
                        ));
                        true
                    }
                    _ => false,
                },
            );
        assert_eq!(run.ended.stderr, "", "{refusal}");
        assert_eq!(run.ended.status, Some(0));
        let heard: Vec<_> = run.server.commands[4..].iter().map(String::as_str).collect();
        // Another EPSV shows whether it was that or the list that was refused.
        let tries = if refusal.starts_with("229") { 1 } else { 2 };
        assert!(heard[..tries].iter().all(|command| *command == "EPSV"), "{heard:?}");
        assert_eq!(heard[tries..], ["PASV", "NLST", "PASV", "RETR readme.txt", "QUIT", ""]);
    }
}

#[test]
fn a_reply_that_suppaftp_cannot_read_is_quoted() {
    for (at, reply, doing) in [
        ("USER", "332 and the account?", "log in as anonymous"),
        ("PASV", "227 Entering Passive Mode 127,0,0,1,4,5", "download readme.txt"),
        ("RETR", "226 there it was", "download readme.txt"),
    ] {
        let run = play(Folder::create(), "pub/readme.txt", &[], b"", |server, heard| {
            let is_odd = heard.starts_with(at);
            if is_odd {
                server.says(reply);
            } else if at == "PASV" && heard == "EPSV" {
                server.says("502 not here");
                return true;
            }
            is_odd
        });
        run.fails(&format!("cannot {doing}: the server says {reply}"), NO_REFUSAL);
    }
    let run = play(Folder::create(), "readme.txt?tls=required", &[], b"", |server, heard| {
        let is_odd = heard == "AUTH TLS";
        if is_odd {
            server.says("200 go on");
        }
        is_odd
    });
    run.fails("cannot begin TLS with URL: the server says 200 go on", NO_REFUSAL);
}

#[test]
fn every_code_that_begins_with_2_is_a_yes() {
    for (at, reply) in [
        ("USER", "232 come in"),
        ("PASS", "202 no password needed"),
        ("TYPE", "250 binary"),
        ("CWD", "257 \"/pub\""),
        ("QUIT", "226 goodbye"),
    ] {
        let run = play_odd(at, &[], |server| server.says(reply));
        assert_eq!((run.ended.status, run.ended.stderr.as_str()), (Some(0), ""), "{reply}");
    }
    let folder = Folder::create();
    folder.write("h.txt", "hello");
    let run = play(folder, "readme.txt", &["--ftp-upload", "h.txt"], b"x", |server, heard| {
        let mut data = match heard.split(' ').next() {
            Some("NLST" | "RETR" | "STOR") => server.begins(),
            _ => return false,
        };
        if heard.starts_with("STOR") {
            data.read_to_end(&mut server.uploaded).unwrap();
        }
        drop(data);
        server.says("200 done");
        true
    });
    assert_eq!((run.ended.status, run.ended.stderr.as_str()), (Some(0), ""));
    assert_eq!(run.server.uploaded, b"hello");
}

#[test]
fn when_the_data_connection_dies_the_reply_says_why() {
    for (reply, hint) in [
        ("425 no data connection", "a firewall may be in between"),
        ("426 broken off", "the transfer broke off"),
        ("451 disk error", LATER),
    ] {
        // The data connection stays silent, and the word about it is on the other one.
        let mut kept = Vec::new();
        let run = play_odd("RETR", &["--timeout", "0.5"], |server| {
            let mut data = server.begins();
            data.write_all(b"half of a").unwrap();
            kept.push(data);
            server.says(reply);
        });
        run.fails(&format!("cannot download readme.txt: the server says {reply}"), hint);
    }
}

#[test]
fn a_server_that_is_set_up_wrongly_is_called_so() {
    for (at, doing) in [
        ("CONNECTED", "connect to URL"),
        ("PASS", "log in as anonymous"),
        ("RETR", "download readme.txt"),
    ] {
        let oops = "500 OOPS: vsftpd: refusing to run with writable root inside chroot()";
        let run = play_odd(at, &[], |server| server.says(oops));
        let said = format!("cannot {doing}: the server says {oops}");
        run.fails(&said, "the server is set up wrongly");
    }
}

#[test]
fn what_a_killed_lesson_left_behind_is_no_obstacle() {
    let folder = Folder::create();
    let downloads = folder.path().join("downloads");
    fs::create_dir(&downloads).unwrap();
    let run = play(folder, "readme.txt", &[], b"a file\n", |server, heard| {
        if heard == "NLST" {
            // The number of a killed process comes again.
            let part = format!("lesson10-{}.part", server.lesson);
            fs::write(downloads.join(part), "half of an older file").unwrap();
        }
        false
    });
    assert_eq!((run.ended.status, run.ended.stderr.as_str()), (Some(0), ""));
    assert_eq!(run.saved(), [("readme.txt".to_string(), b"a file\n".to_vec())]);
}

#[test]
fn a_folder_without_a_list_does_not_stop_the_download() {
    for refusal in ["450 no files", "550 no files", "500 what?", "226 nothing there"] {
        let run = play_odd("NLST", &[], |server| server.says(refusal));
        assert_eq!(run.ended.status, Some(0), "{}", run.ended.stderr);
        let logged = format!("cannot list pub: the server says {refusal}\n");
        assert!(run.ended.stderr.ends_with(&logged), "{}", run.ended.stderr);
        assert_eq!(run.saved(), [("readme.txt".to_string(), b"a file\n".to_vec())]);
    }
}

#[test]
fn a_list_in_gbk_is_read() {
    let run = play_odd("NLST", &[], |server| {
        let mut data = server.begins();
        data.write_all(b"\xd7\xf7\xd2\xb5.txt\r\n").unwrap();
        drop(data);
        server.says("226 done");
    });
    assert!(run.ended.stdout.starts_with("作业.txt\nsaved "), "{:?}", run.ended);
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
