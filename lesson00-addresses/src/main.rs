//! Shows what an address says: its version, class and kind, and the range of its port.
//!
//! Run it: `cargo run -p lesson00-addresses`, or with addresses of your own behind `--`.
//! New here: IP addresses and ports, by which all other lessons find their peers.
//! Diff it: it stands alone.

use std::net::{IpAddr, SocketAddr};

/// What is shown when the command line names no address.
#[rustfmt::skip]
const EXAMPLES: [&str; 20] = [
    "127.0.0.1:7007", "10.0.0.1:80", "172.31.255.255", "172.32.0.0", "192.168.1.20:1023", "169.254.1.1",
    "191.255.0.1:1024", "198.41.0.4:53", "192.0.2.1:49151", "203.0.113.9:49152", "224.0.0.251:5353",
    "240.0.0.1", "255.255.255.255:65535", "0.0.0.0:0", "[::1]:7007", "[::]:0", "fe80::1", "fd00::1",
    "ff02::1", "2001:db8::1",
];

fn main() -> shared::Result {
    let config = shared::load(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_DESCRIPTION"));
    let mut texts: Vec<&str> = config.arguments.iter().map(String::as_str).collect();
    if texts.is_empty() {
        texts = EXAMPLES.to_vec();
    }

    let mut table = row("address", "version", "class", "kind", "port's range");
    for text in texts {
        // Step 1: read the address, and the port if there is one.
        let parsed = parse(text);
        let (ip, port) = parsed?;

        // Step 2: see what the address says.
        let version = if ip.is_ipv4() { "IPv4" } else { "IPv6" };
        let class = class(ip);
        let kind = kind(ip);

        // Step 3: see what the port says.
        let range = range(port);
        table += "\n";
        table += &row(text, version, class, kind, range);
    }
    shared::print(table)
}

/// One row of the table.
fn row(address: &str, version: &str, class: &str, kind: &str, range: &str) -> String {
    format!("{address:<22} {version:<8} {class:<6} {kind:<14} {range}")
}

/// Reads an address, alone or with a port; an IPv6 address with a port stands in brackets.
fn parse(text: &str) -> shared::Result<(IpAddr, Option<u16>)> {
    if let Ok(addr) = text.parse::<SocketAddr>() {
        return Ok((addr.ip(), Some(addr.port())));
    }
    let hint = "write it like 192.168.1.20, 192.168.1.20:80, ::1 or [::1]:80";
    match text.parse::<IpAddr>() {
        Ok(ip) => Ok((ip, None)),
        Err(_) => Err(shared::Error::new(format!("{text} is not an IP address"), hint)),
    }
}

/// The historic class of an IPv4 address, by its first number (RFC 791, RFC 1112). Prefixes of any
/// length have replaced the classes (CIDR, RFC 4632).
fn class(ip: IpAddr) -> &'static str {
    let IpAddr::V4(ip) = ip else { return "-" };
    match ip.octets()[0] {
        0..=127 => "A",
        128..=191 => "B",
        192..=223 => "C",
        224..=239 => "D",
        240..=255 => "E",
    }
}

/// What the address is for (RFC 6890); an IPv4 address inside an IPv6 one is what it is alone.
fn kind(ip: IpAddr) -> &'static str {
    match ip.to_canonical() {
        ip if ip.is_unspecified() => "unspecified",
        ip if ip.is_loopback() => "loopback",
        ip if ip.is_multicast() => "multicast",
        IpAddr::V4(ip) if ip.is_private() => "private",
        IpAddr::V6(ip) if ip.is_unique_local() => "private",
        IpAddr::V4(ip) if ip.is_link_local() => "link-local",
        IpAddr::V6(ip) if ip.is_unicast_link_local() => "link-local",
        IpAddr::V4(ip) if ip.is_broadcast() => "broadcast",
        IpAddr::V4(ip) if ip.is_documentation() => "documentation",
        IpAddr::V6(ip) if matches!(ip.segments(), [0x2001, 0xdb8, ..]) => "documentation",
        IpAddr::V4(ip) if matches!(ip.octets(), [0 | 240.., ..] | [100, 64..=127, ..]) => {
            "reserved"
        }
        IpAddr::V4(ip) if matches!(ip.octets(), [192, 0, 0, _] | [198, 18..=19, ..]) => "reserved",
        IpAddr::V6(ip) if !matches!(ip.segments(), [0x2000..=0x3fff, ..]) => "reserved",
        _ => "public",
    }
}

/// The range of the port (RFC 6335); most Unix systems let only privileged programs listen on a
/// well-known one.
fn range(port: Option<u16>) -> &'static str {
    match port {
        None => "-",
        Some(0) => "the system chooses",
        Some(1..=1023) => "well-known",
        Some(1024..=49151) => "registered",
        Some(49152..=65535) => "dynamic",
    }
}
