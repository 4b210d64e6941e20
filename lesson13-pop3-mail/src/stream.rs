//! The connection below POP3: the same for the protocol whether plain or in TLS, and never endless.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use shared::{OrCannot, Url};

/// No answer takes more than so many times the longest wait, though its bytes drip in one by one.
const MAX_WAITS: u32 = 30;

/// Connects to `peer`, the server of `url`, within `timeout`, which limits each later wait as well. With
/// `pop3s://`, TLS begins before the server has said a word (RFC 8314 section 3.3).
///
/// # Errors
/// There is no connection, TLS does not come about, or the server's certificate is not trusted.
pub fn connect(url: &Url, peer: SocketAddr, timeout: Duration) -> shared::Result<Box<dyn Stream>> {
    let limit = Some(timeout);
    let socket = TcpStream::connect_timeout(&peer, timeout).or_cannot("connect to", url)?;
    socket.set_read_timeout(limit).or_cannot("await", url)?;
    socket.set_write_timeout(limit).or_cannot("await", url)?;
    let longest = timeout.saturating_mul(MAX_WAITS);
    let started = Instant::now();
    let plain = Timed { socket, started, longest };
    if url.is_secure {
        return Ok(Box::new(start_tls(plain, url)?));
    }
    Ok(Box::new(plain))
}

/// Wraps the socket in TLS: whatever goes through it is secret, and the server is who it should be.
fn start_tls(socket: Timed, url: &Url) -> shared::Result<StreamOwned<ClientConnection, Timed>> {
    let mut roots = RootCertStore::empty();
    // Those that the system trusts, or those of SSL_CERT_FILE.
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    let config = ClientConfig::builder().with_root_certificates(roots);
    let config = Arc::new(config.with_no_client_auth());
    let name = ServerName::try_from(url.host.clone()).or_cannot("use the name of", url)?;
    let connection = ClientConnection::new(config, name).or_cannot("prepare TLS for", url)?;
    let mut stream = StreamOwned::new(connection, socket);
    let shaken = stream.conn.complete_io(&mut stream.sock);
    shaken.or_cannot("begin TLS with", url)?;
    Ok(stream)
}

/// The bytes of a connection, plain or in TLS.
pub trait Stream: Read + Write {
    /// From now on, the time that the next answer takes is counted.
    fn begin(&mut self);
}

/// A socket that has also the whole of an answer come in time, not only each part.
struct Timed {
    socket: TcpStream,
    started: Instant,
    longest: Duration,
}

impl Stream for Timed {
    fn begin(&mut self) {
        self.started = Instant::now();
    }
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
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

impl Stream for StreamOwned<ClientConnection, Timed> {
    fn begin(&mut self) {
        self.sock.begin();
    }
}
