//! The log: a line an event on standard error, for people or as JSON.

use std::fmt::{self, Arguments, Display};
use std::io::{self, Write};
use std::panic::Location;
use std::sync::OnceLock;
use std::time::Instant;

use crate::{Error, print::visible};

/// How much the log says (`LESSON_LOG`); each level includes the ones before it.
#[derive(Clone, Copy)]
pub enum Level {
    /// Nothing but errors: `off`.
    Error,
    /// Each event: `info`.
    Info,
    /// Also the bytes sent and received: `debug`.
    Debug,
}

/// What an event is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A server can be reached from now on, at the address that stands for the peer.
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

    /// What JSON calls it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Listening => "listening",
            Kind::Accepted => "accepted",
            Kind::Connected => "connected",
            Kind::Sent => "sent",
            Kind::Received => "received",
            Kind::Closed => "closed",
            Kind::Said => "said",
        }
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

    /// The event as a line of JSON: `program` says so, `seconds` after its start.
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
            // The words of a line of a protocol are there already.
            let is_there = |bytes: &[u8]| {
                ["sent ", "received "]
                    .iter()
                    .any(|verb| line.as_bytes() == [verb.as_bytes(), bytes].concat())
            };
            if let Some(bytes) = self.bytes.filter(|bytes| !is_there(bytes)) {
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
    /// When the program started.
    start: Instant,
    program: &'static str,
    level: Level,
    is_json: bool,
}

static LOG: OnceLock<Log> = OnceLock::new();

/// Starts the clock of the log and names the program that writes it; only the first call counts.
pub(crate) fn start(program: &'static str, level: Level, is_json: bool) {
    let _ = LOG.set(Log { start: Instant::now(), program, level, is_json });
}

/// Whether lines of this level are written.
pub fn enabled(level: Level) -> bool {
    LOG.get().is_some_and(|log| level as u8 <= log.level as u8)
}

/// Writes one line in one piece, so that the lines of two threads never mix. A log that nobody can
/// read any more is no reason to stop: a failing write is passed over.
pub fn write(level: Level, event: &Event) {
    let Some(log) = LOG.get().filter(|_| enabled(level)) else {
        return;
    };
    let seconds = log.start.elapsed().as_secs_f64();
    let line = if log.is_json {
        format!("{}\n", event.json(seconds, log.program))
    } else {
        // What a service says is a transcript, which shows its bytes in its own way.
        let is_detailed = matches!((log.level, level), (Level::Debug, Level::Info));
        let text = event.line(is_detailed && event.service.is_none());
        format!("{seconds:.3} {}: {text}\n", log.program)
    };
    let _ = io::stderr().write_all(line.as_bytes());
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
