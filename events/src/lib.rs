//! Reads what a program logs with `LESSON_LOG=json`: a line of JSON an event.

use std::net::SocketAddr;

use serde_json::Value;

pub use shared::log::Kind;

/// Something that happened in a program.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The seconds since the program's start.
    pub seconds: f64,
    /// The program, such as `lesson04-tcp-server`.
    pub program: String,
    /// Which of the program's services it concerns, such as `qq-smtp`.
    pub service: Option<String>,
    /// What it is.
    pub kind: Kind,
    /// The file of the source, from the workspace's folder on, with `/` on all systems.
    pub file: String,
    /// The line in that file, from 1 on.
    pub line: usize,
    /// The other side; of [`Kind::Listening`], the address at which the program can be reached.
    pub peer: Option<String>,
    /// What was sent or received.
    pub bytes: Option<Vec<u8>>,
    /// What people read.
    pub text: String,
}

impl Event {
    /// Reads one line; nothing if it is no event, such as the error that ends a program.
    pub fn parse(line: &str) -> Option<Self> {
        let fields: Value = serde_json::from_str(line).ok()?;
        let text = |name: &str| fields[name].as_str().map(String::from);
        Some(Event {
            seconds: fields["seconds"].as_f64()?,
            program: text("program")?,
            service: text("service"),
            kind: Kind::ALL.into_iter().find(|kind| fields["kind"] == kind.name())?,
            file: text("file")?,
            line: fields["line"].as_u64()?.try_into().ok()?,
            peer: text("peer"),
            bytes: fields["bytes"].as_str().and_then(bytes_of),
            text: text("text")?,
        })
    }

    /// The address of the peer, if it has one and not a name.
    pub fn addr(&self) -> Option<SocketAddr> {
        self.peer.as_ref()?.parse().ok()
    }
}

/// The bytes that pairs of hexadecimal digits stand for.
fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::{Event, Kind};

    #[test]
    fn each_field_is_read() {
        let line = r#"{"seconds":0.012,"program":"lesson04-tcp-server","kind":"received","file":"lesson04-tcp-server/src/main.rs","line":57,"peer":"127.0.0.1:50312","bytes":"48656c6c6f","text":"received 5 bytes from 127.0.0.1:50312"}"#;
        let event = Event::parse(line).unwrap();
        let expected = Event {
            seconds: 0.012,
            program: "lesson04-tcp-server".into(),
            service: None,
            kind: Kind::Received,
            file: "lesson04-tcp-server/src/main.rs".into(),
            line: 57,
            peer: Some("127.0.0.1:50312".into()),
            bytes: Some(b"Hello".into()),
            text: "received 5 bytes from 127.0.0.1:50312".into(),
        };
        assert_eq!(event, expected);
        assert_eq!(event.addr(), "127.0.0.1:50312".parse().ok());
        let named = line.replace("127.0.0.1:50312", "a server").replace("6c6f", "6c6");
        let event = Event::parse(&named).unwrap();
        assert_eq!((event.addr(), event.bytes), (None, None));
        let of_service = line.replace(r#","kind""#, r#","service":"qq-smtp","kind""#);
        assert_eq!(Event::parse(&of_service).unwrap().service.as_deref(), Some("qq-smtp"));
        for kind in Kind::ALL {
            let line = line.replace(r#":"received""#, &format!(r#":"{}""#, kind.name()));
            assert_eq!(Event::parse(&line).unwrap().kind, kind);
        }
    }

    #[test]
    fn what_is_no_event_is_none() {
        for line in ["", "Error: no", "{}", "7", "null", r#"{"seconds":1,"kind":"said"}"#] {
            assert_eq!(Event::parse(line), None, "{line}");
        }
    }
}
