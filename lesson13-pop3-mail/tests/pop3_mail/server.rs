//! POP3 servers written with plain sockets, and what the lesson does with them.

use std::collections::BTreeMap;
use std::net::TcpStream;

use testing::{Ended, Folder, Program, Server, command, fails, pop3_lines, talk};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson13-pop3-mail");

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
pub fn against(
    arguments: &[&str],
    serve: impl Fn(TcpStream) -> Vec<String> + Send + Sync + 'static,
) -> Session {
    let server = Server::start(move |_, stream| serve(stream));
    let url = format!("pop3://{}", server.addr);
    let folder = Folder::create();
    let mut command = command(LESSON, &folder);
    command.args(["--pop3-url", &url, "--log", "off"]).args(arguments);
    let ended = Program::start(&mut command).finish();
    Session { ended, url, commands: server.results().concat(), folder }
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
pub fn session(arguments: &[&str], answers: BTreeMap<&'static str, Vec<u8>>) -> Session {
    against(arguments, move |stream| {
        talk(stream, |command| {
            let verb = command.split(' ').next().unwrap_or_default();
            answers.get(verb).cloned().unwrap_or_default()
        })
    })
}

/// A session with the right server, one of whose answers is another one.
pub fn session_with(arguments: &[&str], verb: &'static str, answer: &[u8]) -> Session {
    let mut answers = answers(b"Subject: hello\r\n\r\nhello\r\n");
    answers.insert(verb, answer.to_vec());
    session(arguments, answers)
}

/// Fetches this mail.
#[track_caller]
pub fn fetch(message: impl AsRef<[u8]>) -> Session {
    let session = session(&[], answers(message.as_ref()));
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
        let mut expected = files.to_vec();
        expected.sort();
        let saved = self.folder.files("downloads");
        let saved: Vec<_> = saved.iter().map(|(name, content)| (&**name, &**content)).collect();
        assert_eq!(saved, expected);
        let beside = self.folder.files("");
        assert!(beside.iter().all(|(name, _)| [".env", "downloads"].contains(&&**name)));
        self
    }

    #[track_caller]
    pub fn fails(&self, why: &str, hint: &str) {
        fails(&self.ended, why, hint);
        assert_eq!(self.ended.stderr.lines().count(), 2, "{}", self.ended.stderr);
        self.saves(&[]);
    }
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
