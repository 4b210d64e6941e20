//! Lesson 00 with exercise 1 solved: the space that providers share is a kind of its own.
//!
//! Diff it: `cargo run -- diff 00 --exercise 1`.

mod kind;

use std::net::{IpAddr, SocketAddr};

use shared::Takes;

use crate::kind::{class_of, kind_of};

/// What is shown when the command line names no address.
const EXAMPLES: [&str; 8] = [
    "127.0.0.1:7007",
    "192.168.1.20",
    "172.32.0.0:80",
    "198.41.0.4:53",
    "224.0.0.251:5353",
    "0.0.0.0:0",
    "[::1]:7007",
    "2001:db8::1",
];

fn main() -> shared::Result {
    let config = shared::load!(Takes::Arguments("[ADDRESS | ADDRESS:PORT]..."));
    let mut texts: Vec<&str> = config.arguments.iter().map(String::as_str).collect();
    if texts.is_empty() {
        texts.extend(EXAMPLES);
    }

    let mut table = row("address", "version", "class", "kind", "port's range");
    let mut wrong = None;
    for text in texts {
        // Step 1: read the address, and the port if there is one.
        let parsed = parse(text);
        let Some((ip, port)) = parsed else {
            wrong = wrong.or(Some(text));
            continue;
        };

        // Step 2: see what the address says.
        let version = version_of(ip);
        let class = class_of(ip);
        let kind = kind_of(ip);

        // Step 3: see what the port says.
        let range = range_of(port);
        table += "\n";
        table += &row(text, version, class, kind, range);
    }
    shared::print(table)?;
    if let Some(text) = wrong {
        let hint = "write it like 192.168.1.20, 192.168.1.20:80, ::1 or [::1]:80";
        config.refuse_argument(text, "is not an IP address", hint);
    }
    Ok(())
}

/// One row of the table.
fn row(address: &str, version: &str, class: &str, kind: &str, range: &str) -> String {
    format!("{address:<22} {version:<8} {class:<6} {kind:<14} {range}")
}

/// Reads an address, alone or with a port; an IPv6 address with a port stands in brackets.
fn parse(text: &str) -> Option<(IpAddr, Option<u16>)> {
    if let Ok(addr) = text.parse::<SocketAddr>() {
        return Some((addr.ip(), Some(addr.port())));
    }
    let ip = text.parse().ok()?;
    Some((ip, None))
}

/// The version of the Internet Protocol.
fn version_of(ip: IpAddr) -> &'static str {
    if ip.is_ipv4() { "IPv4" } else { "IPv6" }
}

/// The range of the port (RFC 6335); most Unix systems let only privileged programs listen on a
/// well-known one.
fn range_of(port: Option<u16>) -> &'static str {
    match port {
        None => "-",
        Some(0) => "the system chooses",
        Some(1..=1023) => "well-known",
        Some(1024..=49151) => "registered",
        Some(49152..=65535) => "dynamic",
    }
}
