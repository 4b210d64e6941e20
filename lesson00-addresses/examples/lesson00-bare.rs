//! Lesson 00 on the standard library alone: what an address says.
//!
//! Run it: `cargo run -p lesson00-addresses --example lesson00-bare -- 192.168.1.20 ::1`.
#![allow(clippy::print_stdout)]

use std::env;
use std::error::Error;
use std::net::IpAddr;

fn main() -> Result<(), Box<dyn Error>> {
    for argument in env::args().skip(1) {
        let ip: IpAddr = argument.parse()?;
        let version = if ip.is_ipv4() { "IPv4" } else { "IPv6" };
        let kind = match ip {
            ip if ip.is_loopback() => "loopback",
            ip if ip.is_multicast() => "multicast",
            IpAddr::V4(ip) if ip.is_private() => "private",
            IpAddr::V6(ip) if ip.is_unique_local() => "private",
            _ => "another kind",
        };
        println!("{ip}: {version}, {kind}");
    }
    Ok(())
}
