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

/// Where in a line the last byte stood.
#[derive(Clone, Copy, PartialEq)]
enum Position {
    /// Before the first byte of a line.
    Start,
    /// After the dot that began a line.
    Dot,
    /// After the dot and CR that began a line.
    DotCr,
    /// Somewhere in a line.
    Within,
    /// After a CR in a line.
    Cr,
    /// After the line that ends the message.
    End,
}

/// Takes the lines of a message apart, in pieces as they come.
struct Receiver {
    position: Position,
    /// Whether the line before ended with CR LF.
    is_after_cr_lf: bool,
    /// Whether a dot stood alone in a line that did not end the message.
    has_bare_dot: bool,
}

/// Receives one message up to its end and gives its lines, each with CR LF, in parts to `keep`.
///
/// # Errors
/// The connection's; `UnexpectedEof` when it ends too early, and `TimedOut` when the end does not
/// come in [`limits::SILENCE`], or nothing comes for as long as the peer may be silent.
pub fn receive(connection: &mut Connection, mut keep: impl FnMut(&[u8])) -> io::Result<()> {
    let started = Instant::now();
    let mut receiver = Receiver::new();
    let mut has_said_so = false;
    let mut part = Vec::new();
    while receiver.position != Position::End {
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
    fn new() -> Self {
        Receiver { position: Position::Start, is_after_cr_lf: true, has_bare_dot: false }
    }

    /// Moves `bytes` into `part`, without the dots that the sender has added, and returns how many
    /// of `bytes` belong to this message.
    fn take(&mut self, bytes: &[u8], part: &mut Vec<u8>) -> usize {
        let mut index = 0;
        while index < bytes.len() {
            if self.position == Position::Within {
                // The rest of a line goes on as it is.
                let rest = &bytes[index..];
                let length = memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
                part.extend_from_slice(&rest[..length]);
                index += length;
            }
            let Some(&byte) = bytes.get(index) else {
                break;
            };
            index += 1;
            self.position = match (self.position, byte) {
                (Position::Start, b'.') => Position::Dot,
                (Position::Dot, b'\r') => Position::DotCr,
                (Position::DotCr, b'\n') if self.is_after_cr_lf => {
                    self.position = Position::End;
                    return index;
                }
                (before @ (Position::Dot | Position::DotCr), b'\n') => {
                    // The dot is the text of the line.
                    part.extend(b".\r\n");
                    self.has_bare_dot = true;
                    self.is_after_cr_lf = before == Position::DotCr;
                    Position::Start
                }
                (before, b'\n') => {
                    part.extend(b"\r\n");
                    self.is_after_cr_lf = before == Position::Cr;
                    Position::Start
                }
                (before, byte) => {
                    if matches!(before, Position::Cr | Position::DotCr) {
                        part.push(b' ');
                    }
                    match byte {
                        b'\r' => Position::Cr,
                        byte => {
                            part.push(byte);
                            Position::Within
                        }
                    }
                }
            };
        }
        bytes.len()
    }
}

/// Gives one message and its end to `send`, part by part, and returns how many bytes it has on the
/// way, without its end. Given a number of `lines`, that is the header, the empty line behind it, and
/// so many lines more at most.
///
/// # Errors
/// The reader's, and those of `send`; `TimedOut` when the peer does not take it in [`limits::SILENCE`].
pub fn send(
    message: &mut impl BufRead,
    lines: Option<u64>,
    mut send: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<u64> {
    let started = Instant::now();
    let mut count = 0;
    let mut sender = Sender { is_start: true, has_cr: false, is_header: true, lines };
    let mut part = Vec::new();
    loop {
        if started.elapsed() > limits::SILENCE {
            return Err(ErrorKind::TimedOut.into());
        }
        let bytes = message.fill_buf()?;
        let is_end = bytes.is_empty() || sender.is_done();
        sender.take(bytes, &mut part);
        let length = bytes.len();
        message.consume(length);
        if is_end && !sender.is_start {
            part.extend_from_slice(b"\r\n");
        }
        let own = part.len() as u64;
        if is_end {
            part.extend_from_slice(b".\r\n");
        }
        if is_end || part.len() > limits::PIECE {
            send(&part)?;
            count += own;
            part.clear();
        }
        if is_end {
            return Ok(count);
        }
    }
}

/// Puts the lines of a message together, in pieces as they are read.
struct Sender {
    /// Whether the next byte begins a line.
    is_start: bool,
    /// Whether the last byte was a CR: an LF may belong to it.
    has_cr: bool,
    is_header: bool,
    /// How many lines are left to send behind the header.
    lines: Option<u64>,
}

impl Sender {
    fn is_done(&self) -> bool {
        !self.is_header && self.lines == Some(0)
    }

    /// Moves `bytes` into `part`, with CR LF at the end of every line and a dot before every dot
    /// that begins one.
    fn take(&mut self, mut bytes: &[u8], part: &mut Vec<u8>) {
        while !bytes.is_empty() && !self.is_done() {
            let end = memchr::memchr(b'\n', bytes);
            let (line, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
            bytes = rest;
            if self.has_cr && line != b"\n" {
                part.push(b' ');
                self.is_start = false;
            }
            let text = line.strip_suffix(b"\n").unwrap_or(line);
            let before_cr = text.strip_suffix(b"\r");
            self.has_cr = end.is_none() && before_cr.is_some();
            let text = before_cr.unwrap_or(text);
            if self.is_start && text.starts_with(b".") {
                part.push(b'.');
            }
            let begin = part.len();
            part.extend_from_slice(text);
            if text.contains(&b'\r') {
                part[begin..].iter_mut().filter(|byte| **byte == b'\r').for_each(|cr| *cr = b' ');
            }
            self.is_start &= text.is_empty();
            if end.is_some() {
                part.extend(b"\r\n");
                match &mut self.lines {
                    Some(lines) if !self.is_header => *lines -= 1,
                    _ => self.is_header &= !self.is_start,
                }
                self.is_start = true;
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use super::*;

    /// What is kept of `bytes`, and how many of them belong to the message.
    pub(crate) fn received(bytes: &[u8], piece: usize) -> (Vec<u8>, Option<usize>) {
        let mut receiver = Receiver::new();
        let mut kept = Vec::new();
        let mut taken = 0;
        for piece in bytes.chunks(piece) {
            taken += receiver.take(piece, &mut kept);
            if receiver.position == Position::End {
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
