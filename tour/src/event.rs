//! An event of a log, as a program or the practice servers have written it.

use serde_json::Value;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A server can be reached from now on.
    Listening,
    /// A client has connected to this server.
    Connected,
    /// A server has taken the connection of this peer.
    Accepted,
    /// Bytes came from this peer.
    Received,
    /// Bytes went to this peer.
    Sent,
    /// The connection with this peer is closed.
    Closed,
    /// Anything else.
    Said,
}

/// An event.
#[derive(Clone, Debug)]
pub struct Event {
    /// Since the start of the program.
    pub seconds: f64,
    /// Whose it is.
    pub program: String,
    /// What happened.
    pub kind: Kind,
    /// The file that logged it, such as `lesson04-tcp-server/src/main.rs`.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// The address of the other side.
    pub peer: Option<String>,
    /// The bytes that were sent or received.
    pub bytes: Option<Vec<u8>>,
    /// The same for people.
    pub text: String,
    /// The practice server, if it is one.
    pub service: Option<String>,
}

impl Event {
    /// Reads one line; nothing if it is no event, such as the error that ends a program.
    pub fn parse(line: &str) -> Option<Self> {
        if !line.starts_with('{') {
            return Event::logged(line);
        }
        let fields: Value = serde_json::from_str(line).ok()?;
        let text = |name: &str| fields[name].as_str().map(String::from);
        Some(Event {
            seconds: fields["seconds"].as_f64()?,
            program: text("program")?,
            service: text("service"),
            kind: Kind::parse(fields["kind"].as_str()?)?,
            file: text("file")?,
            line: fields["line"].as_u64()?.try_into().ok()?,
            peer: text("peer"),
            bytes: fields["bytes"].as_str().and_then(bytes_of),
            text: text("text")?,
        })
    }

    fn logged(line: &str) -> Option<Event> {
        let (seconds, rest) = line.split_once(' ')?;
        let seconds = seconds.parse().ok()?;
        let (program, text) = rest.split_once(": ")?;
        let (text, (file, line)) = place(text).unwrap_or((text, (String::new(), 0)));
        let (kind, peer, bytes) = said(text);
        // At this level a line ends with the bytes.
        let text = match (&peer, &bytes) {
            (Some(_), Some(_)) => text.split_once(": ").map_or(text, |(text, _)| text),
            _ => text,
        };
        let (program, text) = (program.into(), text.into());
        Some(Event { seconds, program, kind, file, line, peer, bytes, text, service: None })
    }
}

impl Kind {
    fn parse(name: &str) -> Option<Self> {
        let kind = match name {
            "listening" => Kind::Listening,
            "accepted" => Kind::Accepted,
            "connected" => Kind::Connected,
            "sent" => Kind::Sent,
            "received" => Kind::Received,
            "closed" => Kind::Closed,
            "said" => Kind::Said,
            _ => return None,
        };
        Some(kind)
    }
}

/// The bytes that pairs of hexadecimal digits stand for.
fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

fn said(text: &str) -> (Kind, Option<String>, Option<Vec<u8>>) {
    for (start, kind) in [
        ("listening on ", Kind::Listening),
        ("connected to ", Kind::Connected),
        ("accepted ", Kind::Accepted),
        ("closed ", Kind::Closed),
    ] {
        if let Some(peer) = text.strip_prefix(start) {
            // What the server has said in its greeting may follow.
            let peer = addr(peer.split(": ").next().unwrap_or_default());
            return (kind, Some(peer), None);
        }
    }
    if let Some((bytes, peer)) = exchanged(text, "received ", " bytes from ") {
        return (Kind::Received, Some(peer), Some(bytes));
    }
    if let Some((bytes, peer)) = exchanged(text, "sent ", " bytes to ") {
        return (Kind::Sent, Some(peer), Some(bytes));
    }
    let wire = [("sent ", Kind::Sent), ("received ", Kind::Received)].into_iter().find_map(
        |(start, kind)| {
            Some((kind, text.strip_prefix(start).filter(|_| !text.starts_with("sent the "))?))
        },
    );
    match wire {
        Some((kind, words)) => (kind, None, Some(words.as_bytes().to_vec())),
        None => (Kind::Said, None, None),
    }
}

/// Splits off ` (src/main.rs:41)`, with or without a folder before `src`.
fn place(text: &str) -> Option<(&str, (String, usize))> {
    let (text, place) = text.strip_suffix(')')?.rsplit_once(" (")?;
    let (file, line) = place.rsplit_once(':')?;
    Some((text, (file.replace('\\', "/"), line.parse().ok()?)))
}

fn exchanged(text: &str, start: &str, middle: &str) -> Option<(Vec<u8>, String)> {
    let (length, rest) = text.strip_prefix(start)?.split_once(middle)?;
    let (peer, shown) = rest.split_once(": ").unwrap_or((rest, "\"\""));
    length.parse::<usize>().ok()?;
    Some((quoted(shown)?, addr(peer)))
}

/// The address of a peer, or of the server that a URL names.
fn addr(peer: &str) -> String {
    let server = peer.split_once("://").map_or(peer, |(_scheme, rest)| rest);
    server.split(['/', '?']).next().unwrap_or_default().into()
}

/// The bytes that stand between quotation marks: escaped as Rust does it with a text, or, if they
/// are none, with bytes.
fn quoted(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next()? {
                b'u' => {
                    let code = rest.by_ref().skip(1).take_while(|byte| *byte != b'}');
                    let code = String::from_utf8(code.collect()).ok()?;
                    let character = char::from_u32(u32::from_str_radix(&code, 16).ok()?)?;
                    bytes.extend(character.to_string().bytes());
                    continue;
                }
                b'0' => 0,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'x' => {
                    let digit = |byte: u8| char::from(byte).to_digit(16);
                    (16 * digit(rest.next()?)? + digit(rest.next()?)?) as u8
                }
                byte => byte,
            },
            byte => byte,
        });
    }
    Some(bytes)
}
