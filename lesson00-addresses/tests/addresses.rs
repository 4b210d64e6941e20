//! Lesson 00: each row of the table against what the standards say.
#![cfg(test)]

use testing::run;

const LESSON: &str = env!("CARGO_BIN_EXE_lesson00-addresses");

/// What the lesson says of one address: version, class, kind, and the port's range.
fn row(address: &str) -> String {
    let ended = run(LESSON, &[address]);
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    let row = ended.stdout.lines().nth(1).unwrap().to_string();
    row.strip_prefix(address).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn classes_end_where_the_next_begins() {
    assert_eq!(row("1.0.0.0"), "IPv4 A public -");
    assert_eq!(row("126.255.255.255"), "IPv4 A public -");
    assert_eq!(row("128.0.0.0"), "IPv4 B public -");
    assert_eq!(row("191.255.255.255"), "IPv4 B public -");
    assert_eq!(row("192.0.1.0"), "IPv4 C public -");
    assert_eq!(row("223.255.255.255"), "IPv4 C public -");
    assert_eq!(row("224.0.0.0"), "IPv4 D multicast -");
    assert_eq!(row("239.255.255.255"), "IPv4 D multicast -");
    assert_eq!(row("240.0.0.0"), "IPv4 E reserved -");
}

#[test]
fn kinds_of_ipv4() {
    assert_eq!(row("0.0.0.0"), "IPv4 A unspecified -");
    assert_eq!(row("127.255.255.254"), "IPv4 A loopback -");
    assert_eq!(row("10.255.255.255"), "IPv4 A private -");
    assert_eq!(row("172.15.255.255"), "IPv4 B public -");
    assert_eq!(row("172.16.0.0"), "IPv4 B private -");
    assert_eq!(row("172.31.255.255"), "IPv4 B private -");
    assert_eq!(row("172.32.0.0"), "IPv4 B public -");
    assert_eq!(row("192.168.0.1"), "IPv4 C private -");
    assert_eq!(row("169.254.0.1"), "IPv4 B link-local -");
    assert_eq!(row("255.255.255.255"), "IPv4 E broadcast -");
    assert_eq!(row("198.51.100.1"), "IPv4 C documentation -");
    assert_eq!(row("100.64.0.1"), "IPv4 A reserved -");
    assert_eq!(row("192.0.0.1"), "IPv4 C reserved -");
    assert_eq!(row("198.19.255.255"), "IPv4 C reserved -");
}

#[test]
fn kinds_of_ipv6() {
    assert_eq!(row("::"), "IPv6 - unspecified -");
    assert_eq!(row("::1"), "IPv6 - loopback -");
    assert_eq!(row("fe80::1"), "IPv6 - link-local -");
    assert_eq!(row("fd00::1"), "IPv6 - private -");
    assert_eq!(row("ff02::1"), "IPv6 - multicast -");
    assert_eq!(row("2001:db8::1"), "IPv6 - documentation -");
    assert_eq!(row("3fff:fff::1"), "IPv6 - documentation -");
    assert_eq!(row("3fff:1000::1"), "IPv6 - public -");
    assert_eq!(row("2a00::1"), "IPv6 - public -");
    assert_eq!(row("4000::1"), "IPv6 - reserved -");
    assert_eq!(row("fec0::1"), "IPv6 - reserved -");
    assert_eq!(row("::ffff:127.0.0.1"), "IPv6 - loopback -");
}

#[test]
fn ranges_of_ports() {
    assert_eq!(row("127.0.0.1:0"), "IPv4 A loopback the system chooses");
    assert_eq!(row("127.0.0.1:1"), "IPv4 A loopback well-known");
    assert_eq!(row("127.0.0.1:1023"), "IPv4 A loopback well-known");
    assert_eq!(row("127.0.0.1:1024"), "IPv4 A loopback registered");
    assert_eq!(row("127.0.0.1:49151"), "IPv4 A loopback registered");
    assert_eq!(row("127.0.0.1:49152"), "IPv4 A loopback dynamic");
    assert_eq!(row("[::1]:65535"), "IPv6 - loopback dynamic");
}

#[test]
fn without_addresses_it_shows_examples() {
    let ended = run(LESSON, &[]);
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    let words: Vec<_> = ended.stdout.split_whitespace().collect();
    for word in [
        "IPv4",
        "IPv6",
        "A",
        "B",
        "C",
        "D",
        "unspecified",
        "loopback",
        "private",
        "multicast",
        "documentation",
        "public",
        "well-known",
        "registered",
    ] {
        assert!(words.contains(&word), "no example of {word}");
    }
}

#[test]
fn what_is_no_address_is_said_so_after_the_right_ones() {
    for wrong in ["256.0.0.1", "127.0.0.1:65536", "::1:::", "www.sina.example", "", "1.2.3"] {
        let ended = run(LESSON, &[wrong, "127.0.0.1", "the.last"]);
        assert_eq!(ended.status, Some(2));
        assert_eq!(ended.stdout.lines().count(), 2, "{}", ended.stdout);
        assert!(ended.stdout.contains("127.0.0.1              IPv4"), "{}", ended.stdout);
        let expected = format!(
            "Error: {wrong} is not an IP address\n\
             hint: write it like 192.168.1.20, 192.168.1.20:80, ::1 or [::1]:80\n"
        );
        assert_eq!(ended.stderr, expected);
    }
}
