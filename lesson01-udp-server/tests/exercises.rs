//! The exercises of lesson 01, checked from outside: `cargo run -- check 01`.
#![cfg(test)]

use std::thread;
use std::time::{Duration, Instant};

use testing::exercise::{Attempt, Check, has_error, not_yet};
use testing::udp_peer;

const LESSON: &str = env!("CARGO_BIN_EXE_lesson01-udp-server");

/// Capitals.
#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let sent = b"hello, \xe4\xbd\xa0\xe5\xa5\xbd \xc3\xa9 \xff\0z";
    server.answers(&udp_peer(addr), sent, &sent.to_ascii_uppercase())?;
    server.ends("answered a datagram", 0)?;
    Ok(())
}

/// Who am I?
#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let peer = udp_peer(addr);
    let own = peer.local_addr().unwrap().to_string();
    server.answers(&peer, b"whoami", own.as_bytes())?;

    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    // In either case of letters: exercise 1 makes capitals of it.
    let is_right = |came: &[u8]| came.eq_ignore_ascii_case(b"whoami?");
    server.answers_so(&udp_peer(addr), b"whoami?", b"whoami?", is_right)
}

/// Not forever.
#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    thread::sleep(Duration::from_millis(500));
    server.echoes(&udp_peer(addr), b"123")?;
    server.ends("sent a datagram after half a second", 0)?;

    let started = Instant::now();
    let (mut server, _) = Attempt::serve(LESSON, &[])?;
    let ended = server.ends("sent nothing", 1)?;
    if started.elapsed() < Duration::from_secs(2) {
        return not_yet("sent nothing, expected the server to wait for 2 s: it has ended before");
    }
    has_error(&ended, "sent nothing", "cannot receive from a peer: timed out")
}
