//! What a line of a program's log says: `0.012 lesson04-tcp-server: accepted 127.0.0.1:54772
//! (src/main.rs:41)`.

use std::time::Duration;

/// A line of the log, taken apart.
pub struct Entry {
    /// The time since the start of the program, to the millisecond.
    pub time: Duration,
    /// The event, without the time, the name of the program and the place in its source.
    pub text: String,
    /// The file, such as `main.rs`, and the line of the source that logged it.
    pub place: Option<(String, usize)>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A server can be reached at this address.
    Listening(String),
    /// A client has connected to this server.
    Connected(String),
    /// A server has taken the connection of this peer.
    Accepted(String),
    /// Bytes came from this peer: how many, and which. The log names them at the level `debug`
    /// alone.
    Received(usize, Vec<u8>, String),
    /// Bytes went to this peer.
    Sent(usize, Vec<u8>, String),
    /// The connection with this peer is closed.
    Closed(String),
    /// Anything else.
    Other,
}

/// Takes a line of a program's log apart; whatever is not one, such as an error at the end, is
/// none.
pub fn entry(line: &str) -> Option<Entry> {
    let (seconds, rest) = line.split_once(' ')?;
    let time = Duration::try_from_secs_f64(seconds.parse().ok()?).ok()?;
    let (_program, text) = rest.split_once(": ")?;
    let (text, place) = match place(text) {
        Some((text, place)) => (text, Some(place)),
        None => (text, None),
    };
    Some(Entry { time, text: text.into(), place })
}

/// Splits off ` (src/main.rs:41)`, with or without a folder before `src`.
fn place(text: &str) -> Option<(&str, (String, usize))> {
    let (text, place) = text.strip_suffix(')')?.rsplit_once(" (")?;
    let (file, line) = place.rsplit_once(':')?;
    let file = file.replace('\\', "/");
    let (_folder, name) = file.rsplit_once("src/")?;
    Some((text, (name.into(), line.parse().ok()?)))
}

/// Reads the text of an event.
pub fn said(text: &str) -> Said {
    let after = |start| text.strip_prefix(start).map(String::from);
    if let Some(addr) = after("listening on ") {
        return Said::Listening(addr);
    }
    if let Some(server) = after("connected to ") {
        // What the server has said in its greeting may follow.
        return Said::Connected(addr(server.split(": ").next().unwrap_or_default()));
    }
    if let Some(addr) = after("accepted ") {
        return Said::Accepted(addr);
    }
    if let Some(addr) = after("closed ") {
        return Said::Closed(addr);
    }
    if let Some((length, bytes, peer)) = exchanged(text, "received ", " bytes from ") {
        return Said::Received(length, bytes, peer);
    }
    match exchanged(text, "sent ", " bytes to ") {
        Some((length, bytes, peer)) => Said::Sent(length, bytes, peer),
        None => Said::Other,
    }
}

fn exchanged(text: &str, start: &str, middle: &str) -> Option<(usize, Vec<u8>, String)> {
    let (length, rest) = text.strip_prefix(start)?.split_once(middle)?;
    let (peer, shown) = rest.split_once(": ").unwrap_or((rest, "\"\""));
    Some((length.parse().ok()?, quoted(shown)?, addr(peer)))
}

/// The address of a peer, or of the server that a URL names.
fn addr(peer: &str) -> String {
    let server = peer.split_once("://").map_or(peer, |(_scheme, rest)| rest);
    server.split(['/', '?']).next().unwrap_or_default().into()
}

/// The bytes that stand between quotation marks: escaped as Rust does it with a text, or, if they
/// are none, with bytes.
pub fn quoted(text: &str) -> Option<Vec<u8>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_apart() {
        let line = "0.012 lesson04-tcp-server: accepted 127.0.0.1:54772 (src/main.rs:41)";
        let entry = entry(line).unwrap();
        assert_eq!(entry.time, Duration::from_millis(12));
        assert_eq!(entry.text, "accepted 127.0.0.1:54772");
        assert_eq!(entry.place, Some(("main.rs".into(), 41)));
    }

    #[test]
    fn a_line_without_a_place_and_what_is_no_line() {
        let known = entry("0.000 lesson10-ftp-client: HOST 127.0.0.1, DIR pub (a folder)").unwrap();
        assert_eq!(known.text, "HOST 127.0.0.1, DIR pub (a folder)");
        assert_eq!(known.place, None);
        assert!(entry("Error: cannot listen on 127.0.0.1:7: permission denied").is_none());
        assert!(entry("hint: take a port above 1023").is_none());
    }

    #[test]
    fn places_of_other_systems() {
        let line = "0.5 lesson13-pop3-mail: sent STAT (lesson13-pop3-mail\\src\\pop3.rs:7)";
        assert_eq!(entry(line).unwrap().place, Some(("pop3.rs".into(), 7)));
    }

    #[test]
    fn events() {
        let addr = || "127.0.0.1:7007".to_string();
        assert_eq!(said("listening on 127.0.0.1:7007"), Said::Listening(addr()));
        assert_eq!(said("connected to 127.0.0.1:7007"), Said::Connected(addr()));
        let bytes = b"a\"\xe4\r\n\\: ".to_vec();
        let text = format!("sent 8 bytes to {}: \"{}\"", addr(), bytes.escape_ascii());
        assert_eq!(said(&text), Said::Sent(8, bytes, addr()));
        let received = Said::Received(3, Vec::new(), "[::1]:7".into());
        assert_eq!(said("received 3 bytes from [::1]:7"), received);
        assert_eq!(said("received +OK 3 messages"), Said::Other);
        assert_eq!(said("sent the mail to smtp://127.0.0.1:2525"), Said::Other);
    }
}
