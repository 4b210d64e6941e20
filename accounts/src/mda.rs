//! The way to an MDA, over POP3 (RFC 1939): the same whether plain or in TLS, and never endless.

use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use crate::Phase::StartTls;
use crate::{Account, InPhase, Tls};

/// A whole answer may take this many times the longest wait, however slowly its bytes come in.
const MAX_WAITS: u32 = 30;

impl Account {
    /// Connects to the MDA. With `pop3s://`, TLS begins before it has said a word (RFC 8314 section
    /// 3.1).
    ///
    /// # Errors
    /// There is no connection, TLS does not come about, or the MDA's certificate is not trusted.
    pub fn connect_mda(&self) -> shared::Result<BufReader<Box<dyn Stream>>> {
        let longest = self.timeout.saturating_mul(MAX_WAITS);
        let mut socket = Timed { socket: self.connect()?, started: Instant::now(), longest };
        if self.tls != Tls::FromTheStart {
            return Ok(BufReader::new(Box::new(socket)));
        }
        let name = ServerName::try_from(self.host.clone()).in_phase(StartTls, self)?;
        let mut tls = ClientConnection::new(self.tls_config()?, name).in_phase(StartTls, self)?;
        tls.complete_io(&mut socket).in_phase(StartTls, self)?;
        Ok(BufReader::new(Box::new(StreamOwned::new(tls, socket))))
    }
}

/// The bytes of a connection, plain or in TLS.
pub trait Stream: Read + Write {
    /// The socket below.
    fn socket(&self) -> &TcpStream;
}

impl Stream for Timed {
    fn socket(&self) -> &TcpStream {
        &self.socket
    }
}

impl Stream for StreamOwned<ClientConnection, Timed> {
    fn socket(&self) -> &TcpStream {
        &self.sock.socket
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
    use std::io::BufRead;
    use std::net::TcpListener;

    use testing::{Server, talk};

    use super::*;
    use crate::tests::account;
    use crate::tls::tests::trusting;

    #[test]
    fn commands_and_answers_pass() {
        let answer = |line: &str| format!("+OK {line}\r\n").into_bytes();
        let server = Server::start(move |_, stream| talk(stream, answer));
        let timeout = Duration::from_secs(20);
        let account = Account { timeout, ..account(&format!("pop3://{}", server.addr)) };
        let mut mda = account.connect_mda().unwrap();
        mda.get_mut().write_all(b"NOOP\r\n").unwrap();
        let answers: Vec<_> = mda.by_ref().take(100).lines().take(2).map(Result::unwrap).collect();
        assert_eq!(answers, ["+OK ", "+OK NOOP"]);
        assert_eq!(mda.get_ref().socket().peer_addr().unwrap(), server.addr);
        drop(mda);
        assert_eq!(server.results(), [["NOOP"]]);
    }

    #[test]
    fn with_pop3s_nothing_is_said_before_tls() {
        let server = Server::start(|_, stream| talk(stream, |_| b"+OK hello\r\n".to_vec()));
        let addr = server.addr;
        let (account, _folder) = trusting(&format!("pop3s://{addr}"));
        let error = format!("{:?}", account.connect_mda().err().unwrap());
        assert!(error.starts_with(&format!("cannot begin TLS with pop3s://{addr}: ")), "{error}");
        assert!(error.contains("\nhint: that port begins without TLS"), "{error}");
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
