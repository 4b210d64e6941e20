//! Addresses, as the settings give them.

use std::fmt::{self, Display, Formatter};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;
use std::vec;

use crate::error::{Error, Result, Whom};
use crate::setting::{flag, label};

/// HOST:PORT from the settings: where a program listens, or where it finds its peer. Hints say
/// which setting it comes from, and how to start the other side there.
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
        let addr = if is_here { self.text.clone() } else { self.port_at("0.0.0.0", "[::]") };
        format!(", {place}: cargo run -p {server} -- {} {}", flag(self.name), quoted(&addr))
    }

    /// Its port at the first of these addresses if it is one of IPv4, else at the second.
    fn port_at(&self, ipv4: &str, ipv6: &str) -> String {
        let ip = if self.first().is_ipv4() { ipv4 } else { ipv6 };
        format!("{ip}:{}", self.first().port())
    }

    /// Whether it ends as most broadcast addresses do. Only the system knows which ones are.
    fn may_be_broadcast(&self) -> bool {
        matches!(self.first().ip(), IpAddr::V4(ip) if ip.octets()[3] == 255)
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
        use ErrorKind::*;

        let start = self.start();
        let flag = flag(self.name);
        let label = label(self.name);
        let hint = match kind {
            ConnectionRefused => format!("nobody listens at {self}: start the other side{start}"),
            kind if is_broken(kind) => {
                format!("the other side broke off: see what it says, or start it again{start}")
            }
            AddrInUse => {
                format!("stop the program that uses this port, or choose another: {label}")
            }
            AddrNotAvailable if self.server.is_none() => {
                let everywhere = quoted(&self.port_at("0.0.0.0", "[::]"));
                format!("this machine has no such address; all that it has: {flag} {everywhere}")
            }
            AddrNotAvailable => {
                let loopback = quoted(&self.port_at("127.0.0.1", "[::1]"));
                format!("nobody can be reached there; this machine itself is {flag} {loopback}")
            }
            PermissionDenied if self.server.is_none() => {
                format!("not everybody may use this port, choose another: {label}")
            }
            PermissionDenied if self.may_be_broadcast() => {
                "it is the address of all machines of a network; a broadcast needs \
                 `set_broadcast(true)`"
                    .into()
            }
            PermissionDenied => "a firewall may forbid it: ask whose it is".into(),
            _ => return None,
        };
        Some(hint)
    }
}

/// Whether the error means that an open connection has broken off.
pub(crate) fn is_broken(kind: ErrorKind) -> bool {
    use ErrorKind::*;

    matches!(kind, ConnectionReset | ConnectionAborted | NotConnected | BrokenPipe | UnexpectedEof)
}

/// The text as a shell takes it: some take brackets for a pattern.
fn quoted(text: &str) -> String {
    if text.starts_with('[') { format!("\"{text}\"") } else { text.into() }
}

/// Checks that the text is HOST:PORT, for a peer with a port above 0, or says what is wrong.
pub(crate) fn check_form(text: &str, is_peer: bool) -> Result<(), &'static str> {
    let (host, port) = text.rsplit_once(':').unwrap_or_default();
    let port = port.parse::<u16>();
    let is_name = host.contains(char::is_alphabetic) && !host.contains([':', '/', '@', ' ']);
    if port.is_err() || !(is_name || text.parse::<SocketAddr>().is_ok()) {
        let is_number = |part: &str| part.parse::<u64>().is_ok();
        let is_ipv4 = host.parse::<Ipv4Addr>().is_ok();
        if port.is_ok() && !is_ipv4 && host.split('.').all(is_number) {
            return Err("its host is not an IPv4 address, which is four numbers from 0 to 255");
        }
        return Err("not HOST:PORT or [IPV6]:PORT, with a port from 0 to 65535");
    }
    if is_peer && port == Ok(0) {
        return Err("port 0 is for servers: give the port that the server logs");
    }
    Ok(())
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
/// That of the last address.
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

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use ErrorKind::*;

    use super::*;

    #[test]
    fn host_and_port_have_a_form() {
        let form = Err("not HOST:PORT or [IPV6]:PORT, with a port from 0 to 65535");
        let wrong = ", 127.0.0.1, 127.0.0.1:, 127.0.0.1:+7, 127.0.0.1:65536, 300.0.0.256:65536, \
                     ::1:7, [::g]:7, localhost, localhost:, localhost:65536, localhost:echo, :7, a b:7, \
                     udp://localhost:7, me@localhost:7, a/b:7";
        for wrong in wrong.split(", ") {
            assert_eq!(check_form(wrong, false), form, "{wrong}");
        }
        let not_ipv4 = Err("its host is not an IPv4 address, which is four numbers from 0 to 255");
        for wrong in ["192.168.1.256:7007", "127.1:7", "1.2.3.4.5:7", "7007:7"] {
            assert_eq!(check_form(wrong, true), not_ipv4, "{wrong}");
        }
        let zero = Err("port 0 is for servers: give the port that the server logs");
        for host in ["127.0.0.1", "localhost", "[::1]"] {
            assert_eq!(check_form(&format!("{host}:0"), false), Ok(()));
            assert_eq!(check_form(&format!("{host}:0"), true), zero);
            assert_eq!(check_form(&format!("{host}:7007"), true), Ok(()));
        }
    }

    #[track_caller]
    fn has_hint(text: &str, server: Option<&'static str>, kind: ErrorKind, expected: &str) {
        let addr = Addr::look_up(text, "LESSON_ECHO_ADDR", server).unwrap();
        assert_eq!(addr.hint(kind).as_deref(), Some(expected));
    }

    #[test]
    fn a_hint_for_a_client_says_how_to_start_the_other_side() {
        let broke = "the other side broke off: see what it says, or start it again";
        let foreign = "nobody can be reached there; this machine itself is --echo-addr";
        let firewall = "a firewall may forbid it: ask whose it is";
        for (text, place, listens_at, loopback) in [
            ("127.0.0.1:7", "in another terminal", "127.0.0.1:7", "127.0.0.1:7"),
            ("0.0.0.0:7", "in another terminal", "0.0.0.0:7", "127.0.0.1:7"),
            ("[::1]:7", "in another terminal", "\"[::1]:7\"", "\"[::1]:7\""),
            ("192.0.2.1:7", "on its machine", "0.0.0.0:7", "127.0.0.1:7"),
            ("[2001:db8::1]:7", "on its machine", "\"[::]:7\"", "\"[::1]:7\""),
        ] {
            let start = format!("{place}: cargo run -p x -- --echo-addr {listens_at}");
            let nobody = format!("nobody listens at {text}: start the other side, {start}");
            has_hint(text, Some("x"), ConnectionRefused, &nobody);
            has_hint(text, Some("x"), ConnectionReset, &format!("{broke}, {start}"));
            has_hint(text, Some("x"), AddrNotAvailable, &format!("{foreign} {loopback}"));
            has_hint(text, Some("x"), PermissionDenied, firewall);
        }
        let all = "it is the address of all machines of a network; a broadcast needs \
                   `set_broadcast(true)`";
        has_hint("192.0.2.255:7", Some("x"), PermissionDenied, all);
        has_hint("[2001:db8::ff]:7", Some("x"), PermissionDenied, firewall);
    }

    #[test]
    fn a_hint_for_a_server_names_the_setting() {
        let other = "choose another: --echo-addr, LESSON_ECHO_ADDR";
        let taken = format!("stop the program that uses this port, or {other}");
        let forbidden = format!("not everybody may use this port, {other}");
        let foreign = "this machine has no such address; all that it has: --echo-addr";
        for (text, all) in [("127.0.0.1:7", "0.0.0.0:7"), ("[::1]:7", "\"[::]:7\"")] {
            has_hint(text, None, AddrInUse, &taken);
            has_hint(text, None, PermissionDenied, &forbidden);
            has_hint(text, None, AddrNotAvailable, &format!("{foreign} {all}"));
        }
        let addr = Addr::look_up("127.0.0.1:7", "LESSON_ECHO_ADDR", None).unwrap();
        assert_eq!(addr.hint(NotFound), None);
        assert_eq!(addr.to_string(), "127.0.0.1:7");
    }

    #[test]
    fn a_server_has_one_address_and_a_peer_has_all_of_its_host() {
        let addrs = |server| {
            let addr = Addr::look_up("localhost:7", "LESSON_ECHO_ADDR", server).unwrap();
            addr.to_socket_addrs().unwrap().collect::<Vec<_>>()
        };
        assert_eq!(addrs(Some("lesson04-tcp-server")), resolve("localhost:7", "x").unwrap());
        assert_eq!(addrs(None), resolve("localhost:7", "x").unwrap()[..1]);
        assert!(addrs(None)[0].is_ipv4());
    }

    #[test]
    fn a_host_that_is_not_found_is_said_so() {
        let error = resolve("no-such-host.invalid:7", "LESSON_ECHO_ADDR").unwrap_err();
        let lines = format!("{error:?}");
        assert!(lines.starts_with("cannot look up no-such-host.invalid:7: "), "{lines}");
        let hint = "check the spelling of the host in LESSON_ECHO_ADDR, or give its address there";
        assert!(lines.ends_with(&format!("\nhint: {hint}")), "{lines}");
    }

    #[test]
    fn the_first_address_that_takes_the_connection_has_it() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let open = listener.local_addr().unwrap();
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let timeout = Duration::from_secs(60);
        let stream = connect(&[closed, open, closed][..], timeout).unwrap();
        assert_eq!(stream.peer_addr().unwrap(), open);
        let error = connect(closed, timeout).unwrap_err();
        assert_eq!(error.kind(), ConnectionRefused);
    }
}
