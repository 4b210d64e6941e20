//! Waiting for a peer: with a time-out, and whatever interrupts it.

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::io::{self, ErrorKind, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Makes a call that waits for a peer with a time-out, and makes it again when a debugger that
/// stops the program, or Ctrl-Z, has ended the wait early.
///
/// # Errors
/// The call's own.
pub fn wait<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            result => return result,
        }
    }
}

/// The same for a call on a connected UDP socket. Over UDP nothing can be reset, and so an error of
/// this name, with which Windows reports a closed port, becomes what it means: `ConnectionRefused`.
///
/// # Errors
/// The call's own.
pub fn wait_udp<T>(call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    wait(call).map_err(|error| match error.kind() {
        ErrorKind::ConnectionReset => ErrorKind::ConnectionRefused.into(),
        _ => error,
    })
}

/// A stream that can be read until a deadline.
pub struct InTime<'a> {
    stream: &'a TcpStream,
    deadline: Instant,
    came: usize,
}

/// Bounds all reads of a stream together, from now on. The time-out of a socket is for one read
/// alone, so a peer that sends a byte now and then would keep us waiting forever.
///
/// When no time is left, a read fails with `TimedOut`, and the error says how many bytes came.
pub fn in_time(stream: &TcpStream, timeout: Duration) -> InTime<'_> {
    InTime { stream, deadline: Instant::now() + timeout, came: 0 }
}

impl Read for InTime<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = wait(|| {
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            // macOS takes no time-out when both sides have closed, and then the read does not wait.
            let _ = self.stream.set_read_timeout(Some(left));
            self.stream.read(buffer)
        });
        match result {
            Ok(length) => {
                self.came += length;
                Ok(length)
            }
            // Linux calls a wait that has run out `WouldBlock`.
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Err(io::Error::new(ErrorKind::TimedOut, Unended { came: self.came }))
            }
            Err(error) => Err(error),
        }
    }
}

/// The time is over, and the end of the stream has not come.
#[derive(Debug)]
pub(crate) struct Unended {
    came: usize,
}

impl Unended {
    /// What to do next.
    pub(crate) fn hint(&self) -> &'static str {
        if self.came == 0 {
            return "the other side keeps silent: is it an echo server, or busy with another \
                    client? see what it says, or wait longer: --timeout 60";
        }
        "the other side keeps the connection open; an echo is whole when it is as long as its \
         message; or wait longer: --timeout 60"
    }
}

impl Display for Unended {
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        write!(formatter, "timed out after {} bytes, without an end", self.came)
    }
}

impl Error for Unended {}
