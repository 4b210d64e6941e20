//! The connection below POP3: the same for the protocol whether plain or in TLS, and never endless.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use accounts::Phase::StartTls;
use accounts::{Account, InPhase, Tls};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

/// No answer takes more than so many times the longest wait, though its bytes drip in one by one.
const MAX_WAITS: u32 = 30;

/// Connects to the server of the account. With `pop3s://`, TLS begins before the server has said a
/// word (RFC 8314 section 3.1).
///
/// # Errors
/// There is no connection, TLS does not come about, or the server's certificate is not trusted.
pub fn connect(account: &Account) -> shared::Result<Box<dyn Stream>> {
    let socket = account.connect()?;
    let longest = account.timeout.saturating_mul(MAX_WAITS);
    let plain = Timed { socket, started: Instant::now(), longest };
    match account.tls {
        Tls::FromTheStart => Ok(Box::new(start_tls(plain, account)?)),
        _ => Ok(Box::new(plain)),
    }
}

/// Wraps the socket in TLS: whatever goes through it is secret, and the server is who it should be.
fn start_tls(
    socket: Timed,
    account: &Account,
) -> shared::Result<StreamOwned<ClientConnection, Timed>> {
    let name = ServerName::try_from(account.host.clone()).in_phase(StartTls, account)?;
    let connection = ClientConnection::new(accounts::trusted()?, name);
    let mut stream = StreamOwned::new(connection.in_phase(StartTls, account)?, socket);
    stream.conn.complete_io(&mut stream.sock).in_phase(StartTls, account)?;
    Ok(stream)
}

/// The bytes of a connection, plain or in TLS.
pub trait Stream: Read + Write {}

impl<S: Read + Write> Stream for S {}

/// A socket on which also the whole of an answer comes in time, not only each part. The time that
/// an answer takes is counted from the last command.
struct Timed {
    socket: TcpStream,
    started: Instant,
    longest: Duration,
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.started.elapsed() > self.longest {
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
