//! Waiting for a peer: with a time-out, and whatever interrupts it.

use std::io::{self, ErrorKind, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::Error;

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
        let read = wait(|| {
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            // macOS takes no time-out when both sides have closed, and then the read does not wait.
            let _ = self.stream.set_read_timeout(Some(left));
            self.stream.read(buffer)
        });
        let length = read.map_err(|error| match error.kind() {
            // Linux calls a wait that has run out `WouldBlock`.
            ErrorKind::WouldBlock | ErrorKind::TimedOut => unended(self.came),
            _ => error,
        })?;
        self.came += length;
        Ok(length)
    }
}

/// The time is over, and the end of the stream has not come.
fn unended(came: usize) -> io::Error {
    let hint = if came == 0 {
        "the other side keeps silent: is it an echo server, or busy with another client? see what it \
         says, or wait longer: --timeout 60"
    } else {
        "the other side keeps the connection open: is it an echo server? see what it says, or wait \
         longer: --timeout 60"
    };
    let problem = format!("timed out after {came} bytes, without an end");
    io::Error::new(ErrorKind::TimedOut, Error::new(problem, hint))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;
    use crate::OrCannot;

    #[test]
    fn an_interrupted_wait_goes_on() {
        use ErrorKind::{ConnectionRefused, ConnectionReset, Interrupted, TimedOut};
        for (kind, of_tcp, of_udp) in
            [(TimedOut, TimedOut, TimedOut), (ConnectionReset, ConnectionReset, ConnectionRefused)]
        {
            let mut kinds = [Interrupted, Interrupted, kind].into_iter();
            let waited: io::Result<()> = wait(|| Err(kinds.next().unwrap().into()));
            assert_eq!(waited.unwrap_err().kind(), of_tcp);
            let waited: io::Result<()> = wait_udp(|| Err(kind.into()));
            assert_eq!(waited.unwrap_err().kind(), of_udp);
        }
        assert_eq!(wait_udp(|| Ok(7)).unwrap(), 7);
    }

    /// Two ends of a connection.
    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (stream, listener.accept().unwrap().0)
    }

    #[test]
    fn when_no_time_is_left_the_error_says_how_much_came() {
        for (sent, came, hint) in [
            (&[b"hel", b"lo!"][..], 6, "the other side keeps the connection open: is it an echo"),
            (&[], 0, "the other side keeps silent: is it an echo server, or busy with another"),
        ] {
            let (stream, mut peer) = pair();
            let mut reader = in_time(&stream, Duration::from_secs(60));
            for part in sent {
                peer.write_all(*part).unwrap();
                reader.read_exact(&mut [0; 3]).unwrap();
            }
            reader.deadline = Instant::now() + Duration::from_millis(10);
            let error = reader.read(&mut [0]).or_cannot("hear", "it").unwrap_err();
            let problem = format!("cannot hear it: timed out after {came} bytes, without an end");
            let start = format!("{problem}\nhint: {hint}");
            assert!(format!("{error:?}").starts_with(&start), "{error:?}");
        }
    }

    /// Elsewhere the system may call it the end of the stream.
    #[cfg(unix)]
    #[test]
    fn a_stream_that_breaks_off_has_not_timed_out() {
        let (mut stream, peer) = pair();
        // A stream that is closed with bytes unread is reset (RFC 2525 section 2.17).
        stream.write_all(b"hello").unwrap();
        peer.peek(&mut [0]).unwrap();
        drop(peer);
        let error = in_time(&stream, Duration::from_secs(60)).read(&mut [0]).unwrap_err();
        assert!(crate::addr::is_broken(error.kind()), "{error}");
    }
}
