//! The log: a line an event on standard error, for people or as JSON.

use std::fmt::{self, Arguments, Display};
use std::io::{self, Write};
use std::panic::Location;
use std::str::FromStr;
use std::sync::OnceLock;
use std::time::Instant;

use crate::{Error, print::visible};

/// How much the log says (`LESSON_LOG`); each level includes the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Level {
    /// Nothing but errors: `off`.
    Error,
    /// Each event: `info`.
    Info,
    /// Also the bytes sent and received: `debug`.
    Debug,
    /// All of that as JSON: `json`.
    Json,
}

impl FromStr for Level {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "off" => Ok(Level::Error),
            "info" => Ok(Level::Info),
            "debug" => Ok(Level::Debug),
            "json" => Ok(Level::Json),
            _ => Err("not one of off, info, debug and json"),
        }
    }
}

/// What an event is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A server can be reached from now on; in place of a peer, the event names its address.
    Listening,
    /// A server has accepted a connection.
    Accepted,
    /// A client has made a connection.
    Connected,
    /// Bytes went to the peer.
    Sent,
    /// Bytes came from the peer.
    Received,
    /// The connection is closed.
    Closed,
    /// Anything else.
    Said,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 7] = [
        Kind::Listening,
        Kind::Accepted,
        Kind::Connected,
        Kind::Sent,
        Kind::Received,
        Kind::Closed,
        Kind::Said,
    ];

    /// What JSON calls it: its name in small letters.
    pub fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// Something that happened.
pub struct Event<'a> {
    /// What it is.
    pub kind: Kind,
    /// The line of the source that says so.
    pub location: &'static Location<'static>,
    /// Which of the services of one program it concerns, such as `qq-smtp`.
    pub service: Option<&'a str>,
    /// The other side.
    pub peer: Option<&'a dyn Display>,
    /// What was sent or received.
    pub bytes: Option<&'a [u8]>,
    /// What people read.
    pub text: Arguments<'a>,
}

impl<'a> Event<'a> {
    /// An event without a service, a peer and bytes.
    #[track_caller]
    pub fn new(kind: Kind, text: Arguments<'a>) -> Self {
        let location = Location::caller();
        Event { kind, location, service: None, peer: None, bytes: None, text }
    }

    /// The event as a line of JSON, which `program` writes `seconds` after its start.
    pub fn json(&self, seconds: f64, program: &str) -> String {
        let mut fields = format!("{{\"seconds\":{seconds:.3},\"program\":{}", quoted(program));
        if let Some(service) = self.service {
            fields += &format!(",\"service\":{}", quoted(service));
        }
        // Windows separates folders in another way.
        let file = quoted(&self.location.file().replace('\\', "/"));
        let line = self.location.line();
        fields += &format!(",\"kind\":\"{}\",\"file\":{file},\"line\":{line}", self.kind.name());
        if let Some(peer) = self.peer {
            fields += &format!(",\"peer\":{}", quoted(&peer.to_string()));
        }
        if let Some(bytes) = self.bytes {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            fields += &format!(",\"bytes\":\"{hex}\"");
        }
        format!("{fields},\"text\":{}}}", quoted(&visible(&fmt::format(self.text), false)))
    }

    /// The event as people read it; at the level `debug` with its bytes and the line of the source.
    fn line(&self, is_detailed: bool) -> String {
        let mut line = fmt::format(self.text);
        if is_detailed {
            // A line of a protocol already stands in the text, in its own words.
            let said = line.strip_prefix("sent ").or(line.strip_prefix("received "));
            let said = said.map(str::as_bytes);
            if let Some(bytes) = self.bytes.filter(|bytes| said != Some(bytes)) {
                line += &match str::from_utf8(bytes) {
                    Ok(text) => format!(": {text:?}"),
                    Err(_) => format!(": \"{}\"", bytes.escape_ascii()),
                };
            }
            line += &format!(" ({}:{})", self.location.file(), self.location.line());
        }
        visible(&line, false)
    }
}

/// A text as JSON writes it (RFC 8259 section 7).
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            _ if character.is_control() => quoted += &format!("\\u{:04x}", u32::from(character)),
            _ => quoted.push(character),
        }
    }
    quoted + "\""
}

/// The log of this program.
struct Log {
    program: &'static str,
    /// When the program started.
    start: Instant,
    level: Level,
}

static LOG: OnceLock<Log> = OnceLock::new();

/// Starts the clock of the log and names the program that writes it; only the first call counts.
pub(crate) fn start(program: &'static str, level: Level) {
    let _ = LOG.set(Log { program, start: Instant::now(), level });
}

/// Writes one line in one piece, so that the lines of two threads never mix. A log that nobody can
/// read any more is no reason to stop: a failing write is passed over.
pub fn write(level: Level, event: &Event) {
    if let Some(line) = LOG.get().and_then(|log| log.line(level, event)) {
        let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
    }
}

impl Log {
    /// The line of an event, if those of this level are written.
    fn line(&self, level: Level, event: &Event) -> Option<String> {
        let seconds = self.start.elapsed().as_secs_f64();
        // What a service says is a transcript, which shows its bytes in its own way.
        let is_detailed =
            self.level == Level::Debug && level == Level::Info && event.service.is_none();
        match self.level {
            _ if level > self.level => None,
            Level::Json => Some(event.json(seconds, self.program)),
            _ => Some(format!("{seconds:.3} {}: {}", self.program, event.line(is_detailed))),
        }
    }
}

/// Logs something that is no other kind of event: `shared::info!("in TLS from here on")`.
#[macro_export]
macro_rules! info {
    ($($text:tt)+) => { $crate::log::said(format_args!($($text)+)) };
}

/// What [`info!`](crate::info!) calls.
#[track_caller]
pub fn said(text: Arguments) {
    write(Level::Info, &Event::new(Kind::Said, text));
}

/// Logs an error that the program survives; even with `LESSON_LOG=off` it is said.
#[track_caller]
pub fn report(error: &Error) {
    write(Level::Error, &Event::new(Kind::Said, format_args!("{error}")));
}

/// Logs what happened between this program and `peer`.
#[track_caller]
fn log(kind: Kind, peer: &dyn Display, bytes: Option<&[u8]>, text: Arguments) {
    write(Level::Info, &Event { peer: Some(peer), bytes, ..Event::new(kind, text) });
}

/// Logs that clients can reach this server from now on, and at which address.
#[track_caller]
pub fn listening(addr: impl Display) {
    log(Kind::Listening, &addr, None, format_args!("listening on {addr}"));
}

/// Logs that this server has accepted a connection from `peer`.
#[track_caller]
pub fn accepted(peer: impl Display) {
    log(Kind::Accepted, &peer, None, format_args!("accepted {peer}"));
}

/// Logs that this client has a connection to `peer`, in words of its own.
#[track_caller]
pub fn connected(peer: impl Display, text: impl Display) {
    log(Kind::Connected, &peer, None, format_args!("{text}"));
}

/// Logs that `bytes` went to `peer`; at the level `debug` with the bytes themselves.
#[track_caller]
pub fn sent(bytes: &[u8], peer: impl Display) {
    let length = bytes.len();
    log(Kind::Sent, &peer, Some(bytes), format_args!("sent {length} bytes to {peer}"));
}

/// Logs that `bytes` came from `peer`; at the level `debug` with the bytes themselves.
#[track_caller]
pub fn received(bytes: &[u8], peer: impl Display) {
    let length = bytes.len();
    log(Kind::Received, &peer, Some(bytes), format_args!("received {length} bytes from {peer}"));
}

/// Logs that a line of a protocol went to `peer`, in the words of that line.
#[track_caller]
pub fn sent_line(line: &str, peer: impl Display) {
    log(Kind::Sent, &peer, Some(line.as_bytes()), format_args!("sent {line}"));
}

/// Logs that a line of a protocol came from `peer`, in the words of that line.
#[track_caller]
pub fn received_line(line: &str, peer: impl Display) {
    log(Kind::Received, &peer, Some(line.as_bytes()), format_args!("received {line}"));
}

/// Logs that the connection to `peer` is closed.
#[track_caller]
pub fn closed(peer: impl Display) {
    log(Kind::Closed, &peer, None, format_args!("closed {peer}"));
}

#[cfg(test)]
mod tests {
    use std::{env, process};

    use super::*;

    fn log_at(name: &str) -> Log {
        Log { program: "lesson", start: Instant::now(), level: name.parse().unwrap() }
    }

    #[test]
    fn a_level_includes_the_ones_before_it() {
        for (place, name) in ["off", "info", "debug", "json"].into_iter().enumerate() {
            for (of_event, least) in [(Level::Error, 0), (Level::Info, 1), (Level::Debug, 2)] {
                let line = log_at(name).line(of_event, &Event::new(Kind::Said, format_args!("x")));
                assert_eq!(line.is_some(), place >= least, "{of_event:?} with {name}");
            }
        }
        assert_eq!("loud".parse::<Level>(), Err("not one of off, info, debug and json"));
    }

    #[test]
    fn at_debug_an_event_has_its_bytes_and_the_line_of_the_source() {
        for (bytes, text, more) in [
            (&b"a\x1b\n\xff"[..], "sent 4 bytes to x", r#": "a\x1b\n\xff""#),
            ("你\n".as_bytes(), "sent 4 bytes to x", r#": "你\n""#),
            (b"", "received 0 bytes from x", r#": """#),
            (b"EHLO x", "sent EHLO x", ""),
            (b"250 x", "received 250 x", ""),
            (b"x", "sent 1 bytes to x", r#": "x""#),
        ] {
            let said = format_args!("{text}");
            let event = Event { bytes: Some(bytes), ..Event::new(Kind::Sent, said) };
            let detailed = format!("{text}{more} ({}:{})", file!(), line!() - 1);
            // What a service says shows its bytes in its own way.
            let of_service = Event { service: Some("qq-smtp"), ..event };
            for (name, level, event, expected) in [
                ("debug", Level::Info, &event, &*detailed),
                ("debug", Level::Error, &event, text),
                ("debug", Level::Info, &of_service, text),
                ("info", Level::Info, &event, text),
            ] {
                let line = log_at(name).line(level, event).unwrap();
                let (seconds, said) = line.split_once(" lesson: ").unwrap();
                assert!(seconds.parse::<f64>().is_ok(), "{line}");
                assert_eq!(said, expected);
            }
        }
    }

    #[test]
    fn an_event_is_a_line_of_json() {
        let event = Event {
            service: Some("qq-smtp"),
            peer: Some(&"a\x1b"),
            bytes: Some(b"\0Hello\xff"),
            ..Event::new(Kind::Received, format_args!("a\n\"\\你"))
        };
        let start =
            r#"{"seconds":0.012,"program":"les\"son","service":"qq-smtp","kind":"received""#;
        let place = format!(r#""file":"shared/src/log.rs","line":{}"#, event.location.line());
        let rest = r#""peer":"a\u001b","bytes":"0048656c6c6fff","text":"a\\n\"\\你"}"#;
        assert_eq!(event.json(0.0123, "les\"son"), format!("{start},{place},{rest}"));
    }

    /// The test starts itself, as a program that logs all kinds of events and prints a result.
    #[test]
    fn each_event_is_written_to_standard_error() {
        if env::var_os("LOGS_EVENTS").is_some() {
            start("lesson", Level::Json);
            listening("1");
            accepted("2");
            connected("3", "at 3");
            sent(b"45", "4");
            received(b"678", "5");
            sent_line("EHLO", "6");
            received_line("250", "7");
            closed("8");
            crate::info!("{}", 9);
            report(&Error::new("10", "wait"));
            crate::text(b"\xff");
            crate::text(b"text");
            crate::print("result").unwrap();
            return;
        }
        let itself = "log::tests::each_event_is_written_to_standard_error";
        let mut again = process::Command::new(env::current_exe().unwrap());
        again.args(["--exact", itself, "--nocapture"]).env("LOGS_EVENTS", "");
        let output = again.output().unwrap();
        assert!(String::from_utf8_lossy(&output.stdout).contains("result\n"), "{output:?}");
        let logged = String::from_utf8_lossy(&output.stderr);
        let without_the_place = |line: &str| {
            let (start, end) = line.split_once(r#","file":"shared/src/log.rs","line":"#).unwrap();
            let (_, kind) = start.split_once(r#""kind":"#).unwrap();
            let (_, fields) = end.split_once(',').unwrap();
            format!("{kind},{fields}")
        };
        let events = [
            r#""listening","peer":"1","text":"listening on 1"}"#,
            r#""accepted","peer":"2","text":"accepted 2"}"#,
            r#""connected","peer":"3","text":"at 3"}"#,
            r#""sent","peer":"4","bytes":"3435","text":"sent 2 bytes to 4"}"#,
            r#""received","peer":"5","bytes":"363738","text":"received 3 bytes from 5"}"#,
            r#""sent","peer":"6","bytes":"45484c4f","text":"sent EHLO"}"#,
            r#""received","peer":"7","bytes":"323530","text":"received 250"}"#,
            r#""closed","peer":"8","text":"closed 8"}"#,
            r#""said","text":"9"}"#,
            r#""said","text":"10"}"#,
            "\"said\",\"text\":\"what came is not UTF-8 (perhaps GBK): \u{fffd} stands for what is no \
             text\"}",
        ];
        assert_eq!(logged.lines().map(without_the_place).collect::<Vec<_>>(), events);
    }
}
