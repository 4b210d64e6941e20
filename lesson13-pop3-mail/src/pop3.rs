//! POP3 (RFC 1939), the client's side: a command is a line, and so is the reply to it; what is longer
//! follows in lines of its own, up to one with nothing but a dot.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use shared::{Error, OrCannot, Url};

use crate::stream::{self, Stream};

/// The longest reply, in bytes, with its CR LF (RFC 1939 section 3).
const MAX_REPLY: usize = 512;
/// The longest list, in bytes; a line of it, or of a message, has no bound of its own.
const MAX_LIST: usize = 1024 * 1024;
/// The longest message, in bytes.
const MAX_MESSAGE: usize = 64 * 1024 * 1024;

/// A mailbox at a server, open to us alone until [`Mailbox::quit`].
pub struct Mailbox {
    /// The URL, for errors.
    server: String,
    peer: SocketAddr,
    stream: BufReader<Box<dyn Stream>>,
}

impl Mailbox {
    /// Connects to the server, within `timeout`, which limits each later wait as well. With `pop3s://`,
    /// TLS begins before the server has said a word (RFC 8314 section 3.3).
    ///
    /// # Errors
    /// There is no connection, TLS does not come about, or the server does not want us.
    pub fn connect(url: &Url, timeout: Duration) -> shared::Result<Self> {
        let peer = shared::resolve(&url.addr())?;
        let stream = stream::connect(url, peer, timeout)?;
        shared::info!("connected to {url}");
        let (server, stream) = (url.to_string(), BufReader::new(stream));
        let mut mailbox = Mailbox { server, peer, stream };

        let greeting = mailbox.reply("")?;
        let hint = "is it a POP3 server? pop3:// goes with port 110, pop3s:// with 995";
        check(&greeting, &format!("talk to {url}"), hint)?;
        Ok(mailbox)
    }

    /// Says who we are, and proves it.
    ///
    /// # Errors
    /// The server does not believe it, or somebody else has the mailbox open.
    pub fn log_in(&mut self, user: &str, password: &str) -> shared::Result {
        let hint = "check LESSON_POP3_USER and LESSON_POP3_PASSWORD: \
                    a real provider wants its authorization code there";
        let doing = format!("log in as {user}");
        let reply = self.ask("USER", user)?;
        check(&reply, &doing, hint)?;
        let reply = self.ask("PASS", password)?;
        check(&reply, &doing, hint)
    }

    /// Asks how many messages there are, and how many bytes they have together.
    ///
    /// # Errors
    /// The server's reply is no such numbers.
    pub fn stat(&mut self) -> shared::Result<(u64, u64)> {
        let reply = self.ask("STAT", "")?;
        check(&reply, "ask for the number of messages", REFUSED)?;
        two_numbers(reply.trim_start_matches("+OK").trim_start())
    }

    /// Lists the messages: the number of each, and its size in bytes.
    ///
    /// # Errors
    /// The server's answer is no such list, or longer than 1 MiB.
    pub fn list(&mut self) -> shared::Result<Vec<(u64, u64)>> {
        let reply = self.ask("LIST", "")?;
        check(&reply, "list the messages", REFUSED)?;
        let lines = self.lines("a list", MAX_LIST)?;
        let lines = String::from_utf8_lossy(&lines);
        lines.lines().map(two_numbers).collect()
    }

    /// Fetches the message of this number, byte for byte as it was delivered.
    ///
    /// # Errors
    /// The server refuses, breaks off, or sends more than 64 MiB.
    pub fn retrieve(&mut self, number: u64) -> shared::Result<Vec<u8>> {
        let reply = self.ask("RETR", &number.to_string())?;
        check(&reply, &format!("fetch message {number}"), REFUSED)?;
        self.lines("a message", MAX_MESSAGE)
    }

    /// Takes leave. Only here a server removes what `DELE` has marked (RFC 1939 section 6).
    ///
    /// # Errors
    /// The server breaks off, or could not remove something.
    pub fn quit(mut self) -> shared::Result {
        let reply = self.ask("QUIT", "")?;
        check(&reply, "quit", REFUSED)
    }

    /// Sends a command, and returns the line that replies to it. A password shows in neither.
    fn ask(&mut self, verb: &str, argument: &str) -> shared::Result<String> {
        let secret = if verb == "PASS" { argument } else { "" };
        let command = match argument {
            "" => verb.to_string(),
            argument => format!("{verb} {argument}"),
        };
        // A new line within it would begin another command.
        if command.contains(char::is_control) {
            let problem = format!("cannot send {verb} with a control character in it");
            let hint = "check LESSON_POP3_USER and LESSON_POP3_PASSWORD";
            return Err(Error::new(problem, hint));
        }
        let line = format!("{command}\r\n");
        let stream = self.stream.get_mut();
        stream.begin();
        let sent = stream.write_all(line.as_bytes());
        let sent = sent.and_then(|()| stream.flush());
        sent.or_cannot("send to", &self.server)?;
        shared::info!("sent {}", masked(&command, secret));
        self.reply(secret)
    }

    /// Receives one line, in whatever charset, and returns it without its CR LF.
    fn reply(&mut self, secret: &str) -> shared::Result<String> {
        let mut line = Vec::new();
        self.add_line(&mut line, "a reply", MAX_REPLY)?;
        let text = String::from_utf8_lossy(&line);
        let text = masked(text.trim_end_matches("\r\n"), secret);
        shared::info!("received {text}");
        Ok(text)
    }

    /// Receives lines up to the one that is a dot, with which they have at most `max` bytes. Where a line
    /// of the message begins with a dot, the server has put one more before it.
    fn lines(&mut self, what: &str, max: usize) -> shared::Result<Vec<u8>> {
        let mut lines = Vec::new();
        loop {
            let start = lines.len();
            self.add_line(&mut lines, what, max)?;
            if lines[start..] == *b".\r\n" {
                lines.truncate(start);
                shared::received(&lines, self.peer);
                return Ok(lines);
            }
            if lines[start] == b'.' {
                lines.remove(start);
            }
        }
    }

    /// Receives a line and adds it to `lines`, which grow to `max` bytes at most. Only CR LF ends a line:
    /// with a CR or an LF alone, a message would seem to come to an end in its middle.
    fn add_line(&mut self, lines: &mut Vec<u8>, what: &str, max: usize) -> shared::Result {
        let start = lines.len();
        while !lines[start..].ends_with(b"\r\n") {
            if lines.len() == max {
                let server = &self.server;
                let problem = format!("{server} sends {what} of more than {max} bytes");
                return Err(Error::new(problem, "is it a POP3 server? see what it says"));
            }
            let mut limited = (&mut self.stream).take((max - lines.len()) as u64);
            let received = limited.read_until(b'\n', lines);
            let received = received.and_then(|length| match length {
                0 => Err(ErrorKind::UnexpectedEof.into()),
                length => Ok(length),
            });
            received.or_cannot("receive from", &self.server)?;
        }
        Ok(())
    }
}

/// What to do when the server refuses and the reason is its own.
const REFUSED: &str = "the server gives its reason in the line above; try again later";

/// Whether the server has done what it was asked for; else the error says what it says.
fn check(reply: &str, doing: &str, hint: &str) -> shared::Result {
    if reply == "+OK" || reply.starts_with("+OK ") {
        return Ok(());
    }
    let hint = match reply.starts_with("-ERR [IN-USE]") {
        true => "another session has the mailbox open: try again when that has ended",
        false => hint,
    };
    Err(Error::new(format!("cannot {doing}: {reply}"), hint))
}

/// Reads two numbers; more may follow (RFC 1939 section 5).
fn two_numbers(line: &str) -> shared::Result<(u64, u64)> {
    let mut words = line.split_whitespace().map(str::parse);
    match (words.next(), words.next()) {
        (Some(Ok(first)), Some(Ok(second))) => Ok((first, second)),
        _ => {
            let problem = format!("cannot understand the server: \"{line}\" is not two numbers");
            Err(Error::new(problem, "is it a POP3 server? see what it says"))
        }
    }
}

/// A line for the log, without the password that it may have in it.
fn masked(line: &str, secret: &str) -> String {
    if secret.is_empty() {
        return line.into();
    }
    let mut words = ["+OK", "-ERR", "PASS"].iter();
    let word = words.find(|word| line.starts_with(**word));
    let (word, rest) = line.split_at(word.map_or(0, |word| word.len()));
    // With `format!`, a debugger would stray into the library from the line above that returns.
    word.to_string() + &rest.replace(secret, "****")
}
