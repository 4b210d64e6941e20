//! POP3 servers written with plain sockets, and what the lesson does with them.

use std::collections::BTreeMap;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::thread;

use testing::{Ended, Folder, PATIENCE, Program, command, fails, pop3_lines, talk};

pub const LESSON: &str = env!("CARGO_BIN_EXE_lesson13-pop3-mail");

/// What a session came to.
pub struct Session {
    pub ended: Ended,
    /// The server's URL.
    pub url: String,
    /// The commands that the server got.
    pub commands: Vec<String>,
    pub folder: Folder,
}

/// Runs the lesson against the server that `serve` is.
pub fn against<'a>(
    arguments: &[&str],
    serve: impl FnOnce(TcpStream) -> Vec<String> + Send + 'a,
) -> Session {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("pop3://{}", listener.local_addr().unwrap());
    let folder = Folder::create();
    let mut command = command(LESSON, &folder);
    let lesson = Program::start(command.args(["--pop3-url", &url, "--log", "off"]).args(arguments));
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    thread::scope(|scope| {
        let server = scope.spawn(|| serve(stream));
        let ended = lesson.finish();
        let commands = server.join().unwrap();
        Session { ended, url, commands, folder }
    })
}

/// What a right server that has one message answers to each verb, and to none when it greets.
pub fn answers(message: &[u8]) -> BTreeMap<&'static str, Vec<u8>> {
    BTreeMap::from([
        ("", b"+OK hello\r\n".to_vec()),
        ("USER", b"+OK\r\n".to_vec()),
        ("PASS", b"+OK welcome\r\n".to_vec()),
        ("STAT", b"+OK 1 320\r\n".to_vec()),
        ("LIST", b"+OK one\r\n1 320\r\n.\r\n".to_vec()),
        ("RETR", pop3_lines(message)),
        ("QUIT", b"+OK bye\r\n".to_vec()),
    ])
}

/// Runs the lesson against a server with these answers; where it has none, it closes.
pub fn session(arguments: &[&str], answers: &BTreeMap<&str, Vec<u8>>) -> Session {
    let answer = |command: &str| {
        let verb = command.split(' ').next().unwrap_or_default();
        answers.get(verb).cloned().unwrap_or_default()
    };
    against(arguments, |stream| talk(stream, answer))
}

/// A session with the right server, one of whose answers is another one.
pub fn session_with(arguments: &[&str], verb: &'static str, answer: &[u8]) -> Session {
    let mut answers = answers(b"Subject: hello\r\n\r\nhello\r\n");
    answers.insert(verb, answer.to_vec());
    session(arguments, &answers)
}

/// Fetches this mail.
#[track_caller]
pub fn fetch(message: impl AsRef<[u8]>) -> Session {
    let session = session(&[], &answers(message.as_ref()));
    assert_eq!((session.ended.status, session.ended.stderr.as_str()), (Some(0), ""));
    session
}

impl Session {
    /// What was shown of the mail, behind the line of the list.
    pub fn shown(&self) -> &str {
        let (_, shown) = self.ended.stdout.split_once("  number 1: 320 bytes\n\n").unwrap();
        shown
    }

    #[track_caller]
    pub fn shows(&self, text: &str) -> &Self {
        assert!(self.shown().contains(text), "{text:?} is not in:\n{}", self.shown());
        self
    }

    #[track_caller]
    pub fn hides(&self, text: &str) -> &Self {
        assert!(!self.shown().contains(text), "{text:?} is in:\n{}", self.shown());
        self
    }

    /// The files in the folder for downloads are these, and there is nothing beside it.
    #[track_caller]
    pub fn saves(&self, files: &[(&str, &[u8])]) -> &Self {
        let folder = self.folder.path();
        let beside = names(folder);
        assert!(beside.iter().all(|name| [".env", "downloads"].contains(&name.as_str())));
        let mut expected = files.to_vec();
        expected.sort();
        let downloads = folder.join("downloads");
        let names = names(&downloads);
        assert_eq!(names, expected.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        for (name, content) in expected {
            assert_eq!(fs::read(downloads.join(name)).unwrap(), content, "{name}");
        }
        self
    }

    #[track_caller]
    pub fn fails(&self, why: &str, hint: &str) {
        fails(&self.ended, why, hint);
        self.saves(&[]);
    }
}

/// The names of what is in a folder, if there is one.
pub fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A container with these parts, each with its header.
pub fn multipart(subtype: &str, parts: &[impl AsRef<str>]) -> String {
    // No two of them have the same boundary, so that they can lie in one another.
    let length: usize = parts.iter().map(|part| part.as_ref().len()).sum();
    let boundary = format!("{subtype}-{length}");
    let mut mail = format!("Content-Type: multipart/{subtype}; boundary=\"{boundary}\"\r\n\r\n");
    for part in parts {
        mail += &format!("--{boundary}\r\n{}\r\n", part.as_ref());
    }
    mail + &format!("--{boundary}--\r\n")
}

/// An attachment with these parameters.
pub fn attachment(parameters: &str, content: &str) -> String {
    format!(
        "Content-Type: application/octet-stream\r\n\
         Content-Disposition: attachment; {parameters}\r\n\r\n{content}"
    )
}
