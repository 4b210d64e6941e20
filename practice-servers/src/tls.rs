//! TLS by rustls, with a certificate authority of our own, made at the first start.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rcgen::{ExtendedKeyUsagePurpose, KeyUsagePurpose};
use rustls::crypto::ring::Ticketer;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{KeyLogFile, ServerConfig, ServerConnection, StreamOwned};
use shared::{Error, OrCannot};

use crate::connection::{Stream, is_time_out};
use crate::files;

/// The names in the certificate: all names and addresses that a client may use for the practice
/// servers.
const NAMES: [&str; 5] = ["localhost", "127.0.0.1", "::1", "qq.example", "sina.example"];

/// The server's side of TLS.
pub struct Tls {
    /// For connections with commands and replies. The client gets session tickets there.
    pub control: Arc<ServerConfig>,
    /// For FTP's data connections. A client may show a ticket there, as many do, and gets none: one
    /// that only sends a file may close the connection with a ticket unread, which resets it while
    /// the file is still on its way.
    pub data: Arc<ServerConfig>,
}

impl Tls {
    /// Loads the key and the certificate from `folder`, and makes them at the first start. `drafts`
    /// is the folder for files that are being written. Clients have to trust `ca.pem`.
    pub fn load(folder: &Path, drafts: &Path) -> shared::Result<Self> {
        // Key and certificates are in one file, so that they always belong together.
        let path = folder.join("tls.pem");
        if !path.exists() {
            let pem = make().or_cannot("make the key for", "TLS")?;
            files::write(drafts, &path, pem.as_bytes()).or_cannot("write", path.display())?;
        }
        let pem = fs::read_to_string(&path).or_cannot("read", path.display())?;
        let (config, authority) = configure(&pem).ok_or_else(|| {
            let problem = format!("cannot use the key and certificates in {}", path.display());
            Error::new(problem, "remove that file, and the next start makes it anew")
        })?;
        let path = folder.join("ca.pem");
        if fs::read_to_string(&path).ok().as_deref() != Some(authority) {
            files::write(drafts, &path, authority.as_bytes()).or_cannot("write", path.display())?;
        }
        let mut data = config.clone();
        data.send_tls13_tickets = 0;
        Ok(Tls { control: Arc::new(config), data: Arc::new(data) })
    }
}

/// Shakes hands with a client.
///
/// # Errors
/// The client does not speak TLS, does not trust our certificate, or takes longer than `patience`
/// says, which is asked again and again.
pub fn accept(
    config: &Arc<ServerConfig>,
    mut socket: TcpStream,
    patience: impl Fn() -> Duration,
) -> io::Result<Box<dyn Stream>> {
    let started = Instant::now();
    let connection = ServerConnection::new(config.clone());
    let mut connection = connection.map_err(io::Error::other)?;
    while connection.is_handshaking() || connection.wants_write() {
        if started.elapsed() > patience() {
            return Err(ErrorKind::TimedOut.into());
        }
        if connection.wants_write() {
            connection.write_tls(&mut socket)?;
            continue;
        }
        match shared::wait(|| connection.read_tls(&mut socket)) {
            Err(error) if is_time_out(&error) => continue,
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            result => result?,
        };
        if let Err(error) = connection.process_new_packets() {
            // Tell the client why.
            let _ = connection.write_tls(&mut socket);
            return Err(io::Error::other(error));
        }
    }
    Ok(Box::new(StreamOwned::new(connection, socket)))
}

impl Stream for StreamOwned<ServerConnection, TcpStream> {
    fn finish(&mut self) -> io::Result<()> {
        self.conn.send_close_notify();
        self.flush()?;
        self.sock.shutdown(Shutdown::Write)
    }
}

/// Makes an authority and a server certificate, and returns the server's key, its certificate and
/// the authority's. Nobody keeps the authority's own key, so it can never sign anything else.
fn make() -> Result<String, rcgen::Error> {
    let mut params = CertificateParams::default();
    // Each authority gets another name: else a client could take an older one for this one.
    let name = format!("Practice servers' authority {}", files::unique_name());
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

    let mut params = CertificateParams::new(NAMES.map(String::from))?;
    let name = "Practice servers";
    params.distinguished_name.push(DnType::CommonName, name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &authority)?;
    Ok(key.serialize_pem() + &certificate.pem() + &authority.pem())
}

/// Reads what [`make`] has made; returns also the authority's certificate, as PEM.
fn configure(pem: &str) -> Option<(ServerConfig, &str)> {
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).ok()?;
    let mut certificates = CertificateDer::pem_slice_iter(pem.as_bytes());
    let certificate = certificates.next()?.ok()?;
    let config = ServerConfig::builder().with_no_client_auth();
    let mut config = config.with_single_cert(vec![certificate], key).ok()?;
    // Wireshark can read the TLS of these servers when the variable SSLKEYLOGFILE names a file.
    config.key_log = Arc::new(KeyLogFile::new());
    // A ticket holds the whole session, sealed with a key that both kinds of connections know: so
    // one ticket opens as many data connections as a client likes.
    config.ticketer = Ticketer::new().ok()?;
    let start = pem.rfind("-----BEGIN CERTIFICATE-----")?;
    Some((config, &pem[start..]))
}
