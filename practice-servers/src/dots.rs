//! How a message travels over SMTP and POP3: it ends with a line that holds a dot alone, and a line
//! that begins with a dot gets another one (RFC 5321 section 4.5.2, RFC 1939 section 3).
//!
//! Lines end with CR LF here. A peer may end a line with LF alone: it becomes CR LF. A CR alone
//! becomes a blank. But only CR LF . CR LF ends a message: were less taken for its end, one message
//! could be made to look like two, since servers do not agree on such ends ("SMTP smuggling").

use std::io::{self, BufRead, ErrorKind};
use std::time::Instant;

use crate::connection::Connection;
use crate::limits;

/// Takes bytes apart into lines, in pieces as they come.
#[derive(Default)]
struct Lines {
    /// Whether something of a line has come, but not its end.
    is_within: bool,
    /// Whether the last byte was a CR. It is held back: an LF may belong to it.
    has_cr: bool,
}

impl Lines {
    /// Moves what has come of the next line from `bytes` to `text`, without its end, and with a
    /// blank for every CR in it. Returns its end, CR LF or LF, if that has come.
    fn take(&mut self, bytes: &mut &[u8], text: &mut Vec<u8>) -> Option<&'static str> {
        let lf = memchr::memchr(b'\n', bytes);
        let (line, rest) = bytes.split_at(lf.map_or(bytes.len(), |lf| lf + 1));
        *bytes = rest;
        let begin = text.len();
        if self.has_cr {
            text.push(b'\r');
        }
        text.extend_from_slice(line);
        let mut ends = ["\r\n", "\n", "\r"].into_iter();
        let end = ends.find(|end| text[begin..].ends_with(end.as_bytes()));
        text.truncate(text.len() - end.map_or(0, str::len));
        if text[begin..].contains(&b'\r') {
            text[begin..].iter_mut().filter(|byte| **byte == b'\r').for_each(|cr| *cr = b' ');
        }
        self.has_cr = end == Some("\r");
        self.is_within = lf.is_none() && (self.is_within || text.len() > begin);
        end.filter(|_| lf.is_some())
    }
}

/// Receives a message, in pieces as they come.
#[derive(Default)]
struct Receiver {
    lines: Lines,
    /// Whether the line is a dot so far, and nothing else.
    is_dot: bool,
    /// Whether the line before ended with LF alone.
    is_after_lf: bool,
    /// Whether a dot stood alone in a line that did not end the message.
    has_bare_dot: bool,
    /// Whether the message has ended.
    is_over: bool,
}

/// Receives one message up to its end and gives its lines, each with CR LF, in parts to `keep`.
///
/// # Errors
/// The connection's; `UnexpectedEof` when it ends too early, and `TimedOut` when the end does not
/// come in [`limits::SILENCE`], or nothing comes for as long as the peer may be silent.
pub fn receive(connection: &mut Connection, mut keep: impl FnMut(&[u8])) -> io::Result<()> {
    let started = Instant::now();
    let mut receiver = Receiver::default();
    let mut has_said_so = false;
    let mut part = Vec::new();
    while !receiver.is_over {
        if started.elapsed() > limits::SILENCE {
            return Err(ErrorKind::TimedOut.into());
        }
        if !connection.wait(Instant::now())? {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        part.clear();
        let taken = receiver.take(connection.stream.buffer(), &mut part);
        connection.stream.consume(taken);
        keep(&part);
        if receiver.has_bare_dot && !has_said_so {
            has_said_so = true;
            connection.transcript.said(
                "a dot alone in a line does not end the mail: CR LF must stand before and behind \
                 it, as nc -C and telnet send it",
            );
        }
    }
    Ok(())
}

impl Receiver {
    /// Moves `bytes` into `part`, without the dots that the sender has added, and returns how many
    /// of `bytes` belong to this message.
    fn take(&mut self, bytes: &[u8], part: &mut Vec<u8>) -> usize {
        let mut rest = bytes;
        while !self.is_over && !rest.is_empty() {
            let is_start = !self.lines.is_within;
            let begin = part.len();
            let end = self.lines.take(&mut rest, part);
            if is_start && part[begin..].starts_with(b".") {
                part.remove(begin);
                self.is_dot = true;
            }
            self.is_dot &= part.len() == begin;
            let Some(end) = end else {
                break;
            };
            if self.is_dot && end == "\r\n" && !self.is_after_lf {
                self.is_over = true;
                break;
            }
            if self.is_dot {
                // The dot is the text of the line.
                part.push(b'.');
                self.has_bare_dot = true;
            }
            part.extend(b"\r\n");
            self.is_dot = false;
            self.is_after_lf = end == "\n";
        }
        bytes.len() - rest.len()
    }
}

/// Gives one message and its end to `send`, part by part, and returns how many bytes it has on the
/// way, without its end. Given a number of `lines`, that is the header, the empty line behind it,
/// and at most this many lines more.
///
/// # Errors
/// The reader's, and those of `send`; `TimedOut` when the peer does not take it in
/// [`limits::SILENCE`].
pub fn send(
    message: &mut impl BufRead,
    lines: Option<u64>,
    mut send: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<u64> {
    let started = Instant::now();
    let mut state = Lines::default();
    let mut is_header = true;
    let mut left = lines;
    let mut count = 0;
    let mut part = Vec::new();
    while is_header || left != Some(0) {
        let mut bytes = message.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        let is_start = !state.is_within;
        let begin = part.len();
        let end = state.take(&mut bytes, &mut part);
        let taken = length - bytes.len();
        message.consume(taken);
        let is_empty = is_start && part.len() == begin;
        if is_start && part[begin..].starts_with(b".") {
            part.insert(begin, b'.');
        }
        if end.is_some() {
            part.extend(b"\r\n");
            match &mut left {
                Some(left) if !is_header => *left -= 1,
                _ => is_header &= !is_empty,
            }
        }
        if part.len() > limits::PIECE {
            if started.elapsed() > limits::SILENCE {
                return Err(ErrorKind::TimedOut.into());
            }
            send(&part)?;
            count += part.len() as u64;
            part.clear();
        }
    }
    if state.is_within {
        part.extend(b"\r\n");
    }
    count += part.len() as u64;
    part.extend(b".\r\n");
    send(&part)?;
    Ok(count)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use super::*;

    /// What is kept of `bytes`, and how many of them belong to the message.
    pub(crate) fn received(bytes: &[u8], piece: usize) -> (Vec<u8>, Option<usize>) {
        let mut receiver = Receiver::default();
        let mut kept = Vec::new();
        let mut taken = 0;
        for piece in bytes.chunks(piece) {
            taken += receiver.take(piece, &mut kept);
            if receiver.is_over {
                return (kept, Some(taken));
            }
        }
        (kept, None)
    }

    pub(crate) fn sent(mut bytes: &[u8], piece: usize, lines: Option<u64>) -> Vec<u8> {
        let mut stream = Vec::new();
        let mut reader = io::BufReader::with_capacity(piece, &mut bytes);
        send(&mut reader, lines, |part| stream.write_all(part)).unwrap();
        stream
    }

    #[test]
    fn every_line_ends_with_cr_lf() {
        for (sent, kept) in [
            ("a\nb\r\nc\n\n\r\n", "a\r\nb\r\nc\r\n\r\n\r\n"),
            ("a\rb\r\r\n\rc\n\r", "a b \r\n c\r\n"),
            ("..\n...\n.x\n", ".\r\n..\r\nx\r\n"),
            (".\n\n.\r\n.\r.\r\n", ".\r\n\r\n.\r\n .\r\n"),
        ] {
            for piece in [1, 2, 3, 100] {
                let (is, _) = received(sent.as_bytes(), piece);
                assert_eq!(
                    is.escape_ascii().to_string(),
                    kept.as_bytes().escape_ascii().to_string()
                );
            }
        }
    }

    #[test]
    fn whatever_lies_in_a_file_is_sent_in_lines() {
        for (file, lines, stream) in [
            ("", None, ".\r\n"),
            ("a\n.b\r\nc\rd\r\r\n\r.", None, "a\r\n..b\r\nc d \r\n .\r\n.\r\n"),
            ("a\n\nb\nc\n", Some(0), "a\r\n\r\n.\r\n"),
            ("a\r\n\r\n\r\n\nc\n", Some(1), "a\r\n\r\n\r\n.\r\n"),
            ("a\n\nb", Some(9), "a\r\n\r\nb\r\n.\r\n"),
        ] {
            for piece in [1, 2, 3, 100] {
                assert_eq!(String::from_utf8(sent(file.as_bytes(), piece, lines)).unwrap(), stream);
            }
        }
    }
}
