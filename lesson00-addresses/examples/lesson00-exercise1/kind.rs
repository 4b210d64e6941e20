//! The class of an address, and what it is for.

use std::net::IpAddr;

/// What the address is for (RFC 6890). An IPv4 address inside an IPv6 one counts as the IPv4 one.
pub fn kind_of(ip: IpAddr) -> &'static str {
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
        // RFC 9637.
        IpAddr::V6(ip) if matches!(ip.segments(), [0x3fff, ..=0x0fff, ..]) => "documentation",
        IpAddr::V4(ip) if matches!(ip.octets(), [100, 64..=127, ..]) => "shared",
        IpAddr::V4(ip) if matches!(ip.octets(), [0 | 240.., ..]) => "reserved",
        IpAddr::V4(ip) if matches!(ip.octets(), [192, 0, 0, _] | [198, 18..=19, ..]) => "reserved",
        IpAddr::V6(ip) if !matches!(ip.segments(), [0x2000..=0x3fff, ..]) => "reserved",
        _ => "public",
    }
}

/// The historic class of an IPv4 address, by its first number (RFC 791, RFC 1112). Prefixes of any
/// length have replaced the classes (CIDR, RFC 4632).
pub fn class_of(ip: IpAddr) -> &'static str {
    let IpAddr::V4(ip) = ip else { return "-" };
    match ip.octets()[0] {
        0..=127 => "A",
        128..=191 => "B",
        192..=223 => "C",
        224..=239 => "D",
        240..=255 => "E",
    }
}
