//! How a message travels over SMTP and POP3: it ends with a line that holds a dot alone, and a line
//! that begins with a dot gets another one (RFC 5321 section 4.5.2, RFC 1939 section 3).
//!
//! A line ends with CR LF and with nothing else: were a bare CR or LF taken for the end of a line,
//! one message could be made to look like two.

use std::io::{self, BufRead, ErrorKind, Write};
use std::time::Instant;

use crate::limits;

/// Where in a line the last byte stood.
#[derive(Clone, Copy, PartialEq)]
enum Place {
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
    /// After the line with nothing but a dot.
    End,
}

/// Receives one message up to its end and gives the message's own bytes, in parts, to `keep`.
///
/// # Errors
/// The stream's; `UnexpectedEof` when it ends too early, and `TimedOut` when the end does not come
/// in [`limits::SILENCE`].
pub fn receive(stream: &mut impl BufRead, mut keep: impl FnMut(&[u8])) -> io::Result<()> {
    let started = Instant::now();
    let mut place = Place::Start;
    let mut part = Vec::new();
    while place != Place::End {
        if started.elapsed() > limits::SILENCE {
            return Err(ErrorKind::TimedOut.into());
        }
        let bytes = match stream.fill_buf() {
            Ok([]) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        part.clear();
        let taken = unstuff(bytes, &mut place, &mut part);
        stream.consume(taken);
        keep(&part);
    }
    Ok(())
}

/// Moves `bytes` into `part`, without the dots that the sender has added, and returns how many of
/// `bytes` belong to this message.
fn unstuff(bytes: &[u8], place: &mut Place, part: &mut Vec<u8>) -> usize {
    for (index, &byte) in bytes.iter().enumerate() {
        *place = match (*place, byte) {
            (Place::Start, b'.') => Place::Dot,
            (Place::Dot, b'\r') => Place::DotCr,
            (Place::DotCr, b'\n') => {
                *place = Place::End;
                return index + 1;
            }
            (Place::Cr, b'\n') => {
                part.push(byte);
                Place::Start
            }
            (before, byte) => {
                if before == Place::DotCr {
                    part.push(b'\r');
                }
                part.push(byte);
                // In `DotCr` the CR is in the part now, so it stands before this byte.
                match byte {
                    b'\r' => Place::Cr,
                    _ => Place::Within,
                }
            }
        };
    }
    bytes.len()
}

/// Sends one message and its end.
///
/// # Errors
/// The reader's and the writer's; `TimedOut` when the peer does not take it in [`limits::SILENCE`].
pub fn send(message: &mut impl BufRead, stream: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let started = Instant::now();
    let mut place = Place::Start;
    let mut part = Vec::new();
    loop {
        if started.elapsed() > limits::SILENCE {
            return Err(ErrorKind::TimedOut.into());
        }
        let bytes = message.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        part.clear();
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            if place == Place::Start && line.starts_with(b".") {
                part.push(b'.');
            }
            part.extend_from_slice(line);
            place = match line {
                [.., b'\r', b'\n'] => Place::Start,
                [b'\n'] if place == Place::Cr => Place::Start,
                [.., b'\r'] => Place::Cr,
                _ => Place::Within,
            };
        }
        stream.write_all(&part)?;
        let length = bytes.len();
        message.consume(length);
    }
    if place != Place::Start {
        stream.write_all(b"\r\n")?;
    }
    stream.write_all(b".\r\n")?;
    stream.flush()
}
