//! The way to the server: a connection, time-outs, TLS, and what the library's errors mean.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore};
use shared::{Config, OrCannot};
use suppaftp::{FtpError, FtpResult, Mode, RustlsConnector, RustlsFtpStream};

/// Connects to `server` and hears its greeting; if the URL asks for it, goes on in TLS.
pub fn connect(server: SocketAddr, config: &Config) -> shared::Result<RustlsFtpStream> {
    let limit = config.timeout;
    let stream = open_stream(server, limit).or_cannot("connect to", server)?;
    let greeted = RustlsFtpStream::connect_with_stream(stream);
    let mut ftp = greeted.map_err(cause).or_cannot("hear from", server)?;
    shared::info!("connected to {server}");

    // Extended passive (EPSV, RFC 2428): the server names a port and no address, so that it cannot
    // send us to another host.
    ftp.set_mode(Mode::ExtendedPassive);
    let ftp = ftp.passive_stream_builder(move |addr| open_data(addr, limit));
    if !config.ftp_url.is_secure {
        return Ok(ftp);
    }
    let secured = ftp.into_secure(trust(), &config.ftp_url.host);
    let ftp = secured.map_err(cause).or_cannot("begin TLS with", server)?;
    shared::info!("in TLS from here on");
    Ok(ftp)
}

/// Opens a connection on which no read and no write waits longer than `limit`.
fn open_stream(addr: SocketAddr, limit: Duration) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&addr, limit)?;
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))?;
    Ok(stream)
}

/// Opens a data connection; its error says so, as the command that wants one names a file.
fn open_data(addr: SocketAddr, limit: Duration) -> FtpResult<TcpStream> {
    let why = |error| io::Error::other(format!("no data connection to {addr}: {error}"));
    let stream = open_stream(addr, limit).map_err(why);
    stream.map_err(FtpError::ConnectionError)
}

/// TLS (RFC 4217) that trusts whom the system trusts, or the file that `SSL_CERT_FILE` names. The data
/// connections use it, too.
fn trust() -> RustlsConnector {
    let trusted = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(trusted.certs);
    let tls = ClientConfig::builder().with_root_certificates(roots);
    RustlsConnector::from(Arc::new(tls.with_no_client_auth()))
}

/// The system's error inside the library's, or the last line of what the server said, at most 200
/// characters of it.
pub fn cause(error: FtpError) -> io::Error {
    match error {
        FtpError::ConnectionError(error) => error,
        FtpError::UnexpectedResponse(reply) => {
            let text = String::from_utf8_lossy(&reply.body);
            let line = text.lines().last().unwrap_or_default();
            io::Error::other(format!("the server says {line:.200}"))
        }
        error => io::Error::other(error.to_string()),
    }
}
