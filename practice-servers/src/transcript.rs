//! What a learner watches: each line of each conversation, as it happens. Programs that show it in
//! another way get the same as [`Event`]s, and never take the lines apart.

use std::fmt::{Arguments, Display};
use std::net::SocketAddr;

use shared::Level;
use shared::log::{Event, Kind};

use crate::limits;

/// Where the events go: to the log, or wherever a program wants to show them, each from a level on.
///
/// - The service of an event is one of the table, such as `qq-smtp`, or else `ftp-data` (a data
///   connection), `qq-queue` or `qq-relay`.
/// - Its peer is the client of the connection. A relay is that client itself. When a service begins
///   to listen, its peer is the address at which it does.
/// - Its bytes are a line, without its end and its secrets, or a part of a message or a file. The
///   event that tells of a whole message has none.
/// - Its text is the line for people.
pub type Sink = fn(Level, &Event);

/// What is shown in place of a password.
pub const SECRET: &str = "****";

/// Tells that clients can reach a service from now on.
#[track_caller]
pub fn listening(service: &str, addr: SocketAddr, sink: Sink) {
    let text = format_args!("{service} listening on {addr}");
    let event = Event::new(Kind::Listening, text);
    sink(Level::Info, &Event { service: Some(service), peer: Some(&addr), ..event });
}

/// The transcript of one conversation.
#[derive(Clone)]
pub struct Transcript {
    service: String,
    /// What every line begins with, such as `qq smtp #3`.
    label: String,
    peer: Option<SocketAddr>,
    sink: Sink,
    /// The level at which the lines of the conversation are shown.
    level: Level,
}

impl Transcript {
    /// The transcript of a service as a whole.
    pub fn new(service: &str, sink: Sink) -> Self {
        let label = service.replace('-', " ");
        Transcript { service: service.into(), label, peer: None, sink, level: Level::Info }
    }

    /// The transcript of what this peer says. `name` is what the lines call it.
    pub fn with(&self, peer: SocketAddr, name: impl Display) -> Self {
        let label = format!("{} {name}", self.label);
        Transcript { label, peer: Some(peer), ..self.clone() }
    }

    /// The transcript of the conversation of this client, which is this program itself: the
    /// server's side is shown, too, and so these lines appear only with `LESSON_LOG=debug`.
    pub fn with_own_side(&self, client: SocketAddr) -> Self {
        Transcript { peer: Some(client), level: Level::Debug, ..self.clone() }
    }

    /// The transcript of another connection of the same conversation.
    pub fn of_other(&self, service: &str, peer: SocketAddr) -> Self {
        Transcript { service: service.into(), peer: Some(peer), ..self.clone() }
    }

    /// Shows what has become of a connection.
    #[track_caller]
    pub fn told(&self, kind: Kind, text: impl Display) {
        self.show(Level::Info, kind, None, format_args!("| {text}"));
    }

    /// The same where the lines of the conversation say so anyway.
    #[track_caller]
    pub fn told_in_detail(&self, kind: Kind, text: impl Display) {
        self.show(Level::Debug, kind, None, format_args!("| {text}"));
    }

    /// Shows something else that happened.
    #[track_caller]
    pub fn said(&self, text: impl Display) {
        self.told(Kind::Said, text);
    }

    /// Shows a line that came from the peer, with [`SECRET`] in place of passwords.
    #[track_caller]
    pub fn received(&self, line: &str) {
        let line = masked(line);
        let bytes = Some(line.as_bytes());
        self.show(self.level, Kind::Received, bytes, format_args!("< {line}"));
    }

    /// Shows a line that went to the peer.
    #[track_caller]
    pub fn sent(&self, line: &str) {
        self.show(self.level, Kind::Sent, Some(line.as_bytes()), format_args!("> {line}"));
    }

    /// Shows a part of a message or a file that follows the `before` bytes of it, with
    /// `LESSON_LOG=debug`: of each, the first [`limits::SHOWN`] bytes.
    #[track_caller]
    pub fn part(&self, kind: Kind, before: u64, bytes: &[u8]) {
        let left = limits::SHOWN.saturating_sub(before) as usize;
        let bytes = &bytes[..left.min(bytes.len())];
        if !bytes.is_empty() {
            let mark = mark(kind);
            let text = bytes.escape_ascii();
            self.show(Level::Debug, kind, Some(bytes), format_args!("{mark} \"{text}\""));
        }
    }

    /// Shows bytes of a conversation that has no lines, if they are not too many.
    #[track_caller]
    pub fn exchanged(&self, kind: Kind, bytes: &[u8]) {
        let text = match str::from_utf8(bytes) {
            _ if bytes.len() > 100 => String::new(),
            Ok(text) => format!(": {text:?}"),
            Err(_) => format!(": \"{}\"", bytes.escape_ascii()),
        };
        let mark = mark(kind);
        let length = bytes.len();
        self.show(Level::Info, kind, Some(bytes), format_args!("{mark} {length} bytes{text}"));
    }

    /// Shows what went wrong, even with `LESSON_LOG=off`.
    #[track_caller]
    pub fn failed(&self, why: impl Display) {
        self.show(Level::Error, Kind::Said, None, format_args!("| {why}"));
    }

    #[track_caller]
    fn show(&self, level: Level, kind: Kind, bytes: Option<&[u8]>, text: Arguments) {
        let peer = self.peer.as_ref().map(|peer| peer as &dyn Display);
        let text = format_args!("{} {text}", self.label);
        let event = Event::new(kind, text);
        (self.sink)(level, &Event { service: Some(&self.service), peer, bytes, ..event });
    }
}

/// What stands before the bytes that came or went.
fn mark(kind: Kind) -> char {
    if kind == Kind::Received { '<' } else { '>' }
}

/// The line without its secrets: without what follows `PASS`, and without what follows the
/// mechanism of `AUTH`, wherever in the line these words stand.
fn masked(line: &str) -> String {
    let words: Vec<_> = line.split_whitespace().collect();
    let is = |word: &str, verb: &str| word.eq_ignore_ascii_case(verb);
    let verb = words.iter().position(|word| is(word, "PASS") || is(word, "AUTH"));
    let Some(verb) = verb.filter(|verb| *verb == 0 || !begins_with_secret(line)) else {
        // The secret may stand in the same word as its command.
        return if begins_with_secret(line) { SECRET.into() } else { line.into() };
    };
    let mut shown = verb + 1;
    if is(words[verb], "AUTH") {
        let is_mechanism = |word: &&&str| ["PLAIN", "LOGIN", "TLS"].iter().any(|one| is(word, one));
        shown += words[shown..].iter().take_while(is_mechanism).count();
    }
    let secret = if shown < words.len() { &[SECRET][..] } else { &[] };
    [&words[..shown], secret].concat().join(" ")
}

/// Whether the line begins with a command that a secret follows, whatever stands between its
/// letters. Then the secret may also be in the next line. The last three are commands of POP3 and
/// FTP that these servers do not have.
pub fn begins_with_secret(line: &str) -> bool {
    let letters = line.chars().map(narrow).filter(|character| character.is_alphanumeric());
    let verb: String = letters.take(4).collect();
    ["PASS", "AUTH", "APOP", "ACCT", "ADAT"].iter().any(|secret| verb.eq_ignore_ascii_case(secret))
}

/// The character of ASCII that a Chinese keyboard has written in full width.
fn narrow(character: char) -> char {
    match character {
        '！'..='～' => char::from_u32(character as u32 - 0xfee0).unwrap_or(character),
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());

    fn tell(level: Level, event: &Event) {
        let service = event.service.unwrap();
        let peer = event.peer.unwrap();
        let bytes = event.bytes.unwrap_or_default().escape_ascii();
        let kind = event.kind;
        let text = event.text;
        let told = format!("{level:?} {service} {kind:?} {peer} [{bytes}] {text}");
        TOLD.lock().unwrap().push(told);
    }

    #[test]
    fn an_event_says_what_its_line_says() {
        let peer = SocketAddr::from(([127, 0, 0, 1], 50312));
        let transcript = Transcript::new("qq-smtp", tell).with(peer, "#3");
        transcript.told(Kind::Accepted, "hello");
        transcript.received("PASS \"practice\"");
        transcript.part(Kind::Sent, limits::SHOWN - 1, b"\0x");
        let told = [
            r#"Info qq-smtp Accepted 127.0.0.1:50312 [] qq smtp #3 | hello"#,
            r#"Info qq-smtp Received 127.0.0.1:50312 [PASS ****] qq smtp #3 < PASS ****"#,
            r#"Debug qq-smtp Sent 127.0.0.1:50312 [\x00] qq smtp #3 > "\x00""#,
        ];
        assert_eq!(*TOLD.lock().unwrap(), told);
    }

    #[test]
    fn no_secret_is_shown() {
        for (line, shown) in [
            ("PASS practice", "PASS ****"),
            ("pass  prac tice", "pass ****"),
            ("PASS plain", "PASS ****"),
            ("PASSpractice", "****"),
            ("P\u{200b}ASS practice", "****"),
            ("\u{feff} PASS practice", "****"),
            ("PASSpractice AUTH", "****"),
            ("NOOP PASS practice", "NOOP PASS ****"),
            ("ＰＡＳＳ practice", "****"),
            ("APOP laoshi practice", "****"),
            ("AUTH PLAIN AGE=", "AUTH PLAIN ****"),
            ("auth login AGE=", "auth login ****"),
            ("AUTH AGE=", "AUTH ****"),
            ("AUTH TLS", "AUTH TLS"),
            ("250 AUTH PLAIN LOGIN", "250 AUTH PLAIN LOGIN"),
            ("STOR a  b", "STOR a  b"),
            ("RCPT TO:<pass@qq.example>", "RCPT TO:<pass@qq.example>"),
        ] {
            assert_eq!(masked(line), shown);
        }
    }
}
