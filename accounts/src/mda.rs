//! The way to an MDA, over POP3 (RFC 1939): the same whether plain or in TLS, and never endless.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use crate::Phase::{Connect, StartTls};
use crate::{Account, InPhase, Tls};

/// A whole answer may take this many times the longest wait, however slowly its bytes come in.
const MAX_WAITS: u32 = 30;

impl Account {
    /// Connects to the MDA. With `pop3s://`, TLS begins before it has said a word (RFC 8314 section
    /// 3.1).
    ///
    /// # Errors
    /// There is no connection, TLS does not come about, or the MDA's certificate is not trusted.
    pub fn connect_mda(&self) -> shared::Result<Mda> {
        let socket = self.connect()?;
        let below = socket.try_clone().in_phase(Connect, self)?;
        let longest = self.timeout.saturating_mul(MAX_WAITS);
        let mut timed = Timed { socket, started: Instant::now(), longest };
        if self.tls != Tls::FromTheStart {
            return Ok(Mda { stream: BufReader::new(Box::new(timed)), socket: below });
        }
        let name = ServerName::try_from(self.host.clone()).in_phase(StartTls, self)?;
        let mut tls = ClientConnection::new(self.tls_config()?, name).in_phase(StartTls, self)?;
        tls.complete_io(&mut timed).in_phase(StartTls, self)?;
        let stream = StreamOwned::new(tls, timed);
        Ok(Mda { stream: BufReader::new(Box::new(stream)), socket: below })
    }
}

/// A connection to an MDA, plain or in TLS. No answer is endless, neither in time nor in bytes.
pub struct Mda {
    stream: BufReader<Box<dyn Stream>>,
    /// The socket below.
    socket: TcpStream,
}

trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

impl Mda {
    /// Sends a text as it is.
    ///
    /// # Errors
    /// The connection is broken, or the MDA takes nothing within the time-out.
    pub fn send(&mut self, text: &str) -> io::Result<()> {
        let stream = self.stream.get_mut();
        stream.write_all(text.as_bytes())?;
        stream.flush()
    }

    /// Receives a line and adds it to `lines`, which grow to `max` bytes at most. Only CR LF ends a
    /// line: with a CR or an LF alone, a message would seem to come to an end in its middle.
    ///
    /// # Errors
    /// The MDA sends more, or closes the connection, or does not send all of its answer in time.
    pub fn receive_line(&mut self, lines: &mut Vec<u8>, max: usize) -> io::Result<()> {
        let start = lines.len();
        while !lines[start..].ends_with(b"\r\n") {
            if lines.len() == max {
                let why = format!("the server sends more than {max} bytes");
                return Err(io::Error::new(ErrorKind::FileTooLarge, why));
            }
            let mut limited = (&mut self.stream).take((max - lines.len()) as u64);
            if limited.read_until(b'\n', lines)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    /// Waits no longer than this for what comes next.
    ///
    /// # Errors
    /// The system's own.
    pub fn set_timeout(&self, timeout: Duration) -> io::Result<()> {
        self.socket.set_read_timeout(Some(timeout))
    }
}

/// A socket that bounds the wait for a whole answer, not only for each part of it. The time of an
/// answer is counted from the last command.
struct Timed {
    socket: TcpStream,
    started: Instant,
    longest: Duration,
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.started.elapsed() >= self.longest {
            return Err(ErrorKind::TimedOut.into());
        }
        shared::wait(|| self.socket.read(buffer))
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.started = Instant::now();
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use testing::{Server, talk};

    use super::*;
    use crate::tests::account;

    #[test]
    fn commands_and_answers_pass() {
        let answer = |line: &str| format!("+OK {line}\r\n").into_bytes();
        let server = Server::start(move |_, stream| talk(stream, answer));
        let account = account(&format!("pop3://{}", server.addr));
        let mut mda = account.connect_mda().unwrap();
        mda.send("NOOP\r\n").unwrap();
        let mut answers = Vec::new();
        mda.receive_line(&mut answers, 6).unwrap();
        let error = mda.receive_line(&mut answers, 9).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        assert_eq!(answers, b"+OK \r\n+OK");
        mda.receive_line(&mut answers, 16).unwrap();
        assert_eq!(answers, b"+OK \r\n+OK NOOP\r\n");
        mda.set_timeout(Duration::from_millis(50)).unwrap();
        let error = mda.receive_line(&mut answers, 17).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
        drop(mda);
        assert_eq!(server.results(), [["NOOP"]]);
    }

    #[test]
    fn an_answer_that_drips_in_comes_to_an_end() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        listener.accept().unwrap().0.write_all(b"+OK").unwrap();
        let mut timed = Timed { socket, started: Instant::now(), longest: Duration::ZERO };
        assert_eq!(timed.read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
    }
}
