//! Addresses, as the settings give them.

use std::fmt::{self, Display, Formatter};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;
use std::vec;

use crate::config::{flag, label};
use crate::error::{Error, Result, Whom};

/// HOST:PORT from the settings: where a program listens, or where it finds its peer. Hints say which
/// setting it comes from, and how to start the other side there.
pub struct Addr {
    /// HOST:PORT as it was given.
    text: String,
    /// The addresses of the host.
    addrs: Vec<SocketAddr>,
    /// The setting that gave it.
    name: &'static str,
    /// The package that listens there; none where this program does.
    server: Option<&'static str>,
}

impl Addr {
    /// Looks up the value `text` of the setting `name`.
    pub(crate) fn look_up(
        text: &str,
        name: &'static str,
        server: Option<&'static str>,
    ) -> Result<Self> {
        let mut addrs = resolve(text, name)?;
        if server.is_none() {
            // A server that finds this address taken says so, and does not listen at another one.
            addrs.truncate(1);
        }
        Ok(Addr { text: text.into(), addrs, name, server })
    }

    /// The first address of the host.
    pub fn first(&self) -> SocketAddr {
        self.addrs[0]
    }

    /// How to start the other side, as the end of a hint.
    fn start(&self) -> String {
        let Some(server) = self.server else {
            return String::new();
        };
        let ip = self.first().ip();
        let is_here = ip.is_loopback() || ip.is_unspecified();
        let place = if is_here { "in another terminal" } else { "on its machine" };
        let addr = if is_here { self.text.clone() } else { self.everywhere() };
        format!(", {place}: cargo run -p {server} -- {} {}", flag(self.name), quoted(&addr))
    }

    /// The port at all addresses of a machine.
    fn everywhere(&self) -> String {
        let all = if self.first().is_ipv4() { "0.0.0.0" } else { "[::]" };
        format!("{all}:{}", self.first().port())
    }

    /// The port at the address by which a machine reaches itself.
    fn loopback(&self) -> String {
        let itself = if self.first().is_ipv4() { "127.0.0.1" } else { "[::1]" };
        format!("{itself}:{}", self.first().port())
    }
}

/// HOST:PORT as it was given.
impl Display for Addr {
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// All addresses of the host, IPv4 first.
impl ToSocketAddrs for Addr {
    type Iter = vec::IntoIter<SocketAddr>;

    fn to_socket_addrs(&self) -> io::Result<Self::Iter> {
        Ok(self.addrs.clone().into_iter())
    }
}

impl Whom for Addr {
    fn hint(&self, kind: ErrorKind) -> Option<String> {
        let start = self.start();
        let flag = flag(self.name);
        let label = label(self.name);
        let hint = match kind {
            ErrorKind::ConnectionRefused => {
                format!("nobody listens at {self}: start the other side{start}")
            }
            kind if is_broken(kind) => {
                format!("the other side broke off: see what it says, or start it again{start}")
            }
            ErrorKind::AddrInUse => {
                format!("stop the program that uses this port, or choose another: {label}")
            }
            ErrorKind::AddrNotAvailable if self.server.is_none() => {
                let everywhere = quoted(&self.everywhere());
                format!("this machine has no such address; all that it has: {flag} {everywhere}")
            }
            ErrorKind::AddrNotAvailable => {
                let loopback = quoted(&self.loopback());
                format!("nobody can be reached there; this machine itself is {flag} {loopback}")
            }
            ErrorKind::PermissionDenied if self.server.is_none() => {
                format!("not everybody may use this port, choose another: {label}")
            }
            ErrorKind::PermissionDenied if self.may_be_broadcast() => {
                "it is the address of all machines of a network; a broadcast needs \
                 `set_broadcast(true)`"
                    .into()
            }
            ErrorKind::PermissionDenied => "a firewall may forbid it: ask whose it is".into(),
            _ => return None,
        };
        Some(hint)
    }
}

impl Addr {
    /// Whether it ends as most broadcast addresses do. Only the system knows which ones are.
    fn may_be_broadcast(&self) -> bool {
        matches!(self.first().ip(), IpAddr::V4(ip) if ip.octets()[3] == 255)
    }
}

/// Whether a connection that there was has ended against the rules.
pub(crate) fn is_broken(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::NotConnected
            | ErrorKind::BrokenPipe
            | ErrorKind::UnexpectedEof
    )
}

/// The text as a shell takes it: some take brackets for a pattern.
fn quoted(text: &str) -> String {
    if text.starts_with('[') { format!("\"{text}\"") } else { text.into() }
}

/// Looks up `addr` (HOST:PORT), the value of the setting `name`: all addresses of the host, IPv4
/// first, so that a server and its client that are given the same host meet.
///
/// # Errors
/// The system finds no address for the host.
pub fn resolve(addr: &str, name: &str) -> Result<Vec<SocketAddr>> {
    let found = addr.to_socket_addrs().and_then(|found| {
        let mut addrs: Vec<_> = found.collect();
        addrs.sort_by_key(SocketAddr::is_ipv6);
        if addrs.is_empty() { Err(io::Error::other("it has no address")) } else { Ok(addrs) }
    });
    found.map_err(|error| {
        let hint = format!("check the spelling of the host in {name}, or give its address there");
        Error::new(format!("cannot look up {addr}: {error}"), hint).caused_by(error)
    })
}

/// Calls [`TcpStream::connect_timeout`] for one address of the peer after another, until one takes
/// the connection.
///
/// # Errors
/// The last address's own.
pub fn connect(peer: impl ToSocketAddrs, timeout: Duration) -> io::Result<TcpStream> {
    let mut result = Err(ErrorKind::AddrNotAvailable.into());
    for addr in peer.to_socket_addrs()? {
        result = TcpStream::connect_timeout(&addr, timeout);
        if result.is_ok() {
            break;
        }
    }
    result
}
