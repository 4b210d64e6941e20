//! Lesson 00: each row of the table against what the standards say.
#![cfg(test)]

use testing::run;

const LESSON: &str = env!("CARGO_BIN_EXE_lesson00-addresses");

/// What the lesson says (the version, the class, the kind, and the range of the port), and of which
/// addresses. Where there are ranges, these are the first and the last one of a range.
const ROWS: [(&str, &str); 28] = [
    ("IPv4 A public -", "1.0.0.0 126.255.255.255"),
    ("IPv4 B public -", "128.0.0.0 172.15.255.255 172.32.0.0 191.255.255.255"),
    ("IPv4 C public -", "192.0.1.0 223.255.255.255"),
    ("IPv4 D multicast -", "224.0.0.0 239.255.255.255"),
    ("IPv4 E reserved -", "240.0.0.0"),
    ("IPv4 E broadcast -", "255.255.255.255"),
    ("IPv4 A unspecified -", "0.0.0.0"),
    ("IPv4 A loopback -", "127.255.255.254"),
    ("IPv4 A private -", "10.255.255.255"),
    ("IPv4 B private -", "172.16.0.0 172.31.255.255"),
    ("IPv4 C private -", "192.168.0.1"),
    ("IPv4 B link-local -", "169.254.0.1"),
    ("IPv4 C documentation -", "198.51.100.1"),
    ("IPv4 A reserved -", "100.64.0.1"),
    ("IPv4 C reserved -", "192.0.0.1 198.19.255.255"),
    ("IPv6 - unspecified -", "::"),
    ("IPv6 - loopback -", "::1 ::ffff:127.0.0.1"),
    ("IPv6 - link-local -", "fe80::1"),
    ("IPv6 - private -", "fd00::1"),
    ("IPv6 - multicast -", "ff02::1"),
    ("IPv6 - documentation -", "2001:db8::1 3fff:fff::1"),
    ("IPv6 - public -", "3fff:1000::1 2a00::1"),
    ("IPv6 - reserved -", "4000::1 fec0::1"),
    ("IPv4 A loopback the system chooses", "127.0.0.1:0"),
    ("IPv4 A loopback well-known", "127.0.0.1:1 127.0.0.1:1023"),
    ("IPv4 A loopback registered", "127.0.0.1:1024 127.0.0.1:49151"),
    ("IPv4 A loopback dynamic", "127.0.0.1:49152"),
    ("IPv6 - loopback dynamic", "[::1]:65535"),
];

#[test]
fn each_address_has_its_row() {
    for (says, addresses) in ROWS {
        let addresses: Vec<_> = addresses.split(' ').collect();
        let ended = run(LESSON, &addresses);
        assert_eq!(ended.status, Some(0), "{}", ended.stderr);
        let rows: Vec<_> = ended.stdout.lines().skip(1).collect();
        assert_eq!(rows.len(), addresses.len());
        for (row, address) in rows.into_iter().zip(addresses) {
            let words: Vec<_> = row.split_whitespace().collect();
            assert_eq!(words.join(" "), format!("{address} {says}"));
        }
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
