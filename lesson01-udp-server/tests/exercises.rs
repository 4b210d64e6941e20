//! The exercises of lesson 01, checked from outside: `cargo run -- check 01`.
#![cfg(test)]

use std::thread;
use std::time::{Duration, Instant};

use testing::exercise::{Attempt, Check, ensure, has_error};
use testing::udp_peer;

const LESSON: &str = env!("CARGO_BIN_EXE_lesson01-udp-server");

#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let sent = b"hello, \xe4\xbd\xa0\xe5\xa5\xbd \xc3\xa9 \xff\0z";
    server.answers("", &udp_peer(addr), sent, sent.to_ascii_uppercase())?;
    server.ends("waited for its end", 0)?;
    Ok(())
}

#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let peer = udp_peer(addr);
    let own = peer.local_addr().unwrap().to_string();
    server.answers("", &peer, "whoami", own)?;
    server.ends("waited for its end", 0)?;

    for other in ["whoami?", "whoami\n", "WhoAmI", ""] {
        let (mut server, addr) = Attempt::serve(LESSON, &[])?;
        // In either case of letters: exercise 1 makes capitals of it.
        let is_right = |came: &[u8]| came.eq_ignore_ascii_case(other.as_bytes());
        server.answers_so("", &udp_peer(addr), other, other.as_bytes(), is_right)?;
    }
    Ok(())
}

#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    thread::sleep(Duration::from_millis(500));
    server.echoes("", &udp_peer(addr), "123")?;
    server.ends("waited for its end", 0)?;

    let mut waited = Duration::MAX;
    // On a busy machine everything takes longer; the shortest wait of three counts.
    for _ in 0..3 {
        let started = Instant::now();
        let (mut server, _) = Attempt::serve(LESSON, &[])?;
        let ended = server.ends("sent nothing", 1)?;
        waited = waited.min(started.elapsed());
        has_error(&ended, "cannot receive from a peer: timed out")?;
        if waited < Duration::from_millis(3_500) {
            break;
        }
    }
    let waited = waited.as_millis();
    let is_so = (2_000..3_500).contains(&waited);
    ensure(is_so, "your program to wait for 2 s", format!("It waited {waited} ms."))
}
