//! The exercises of lesson 01, checked from outside: `cargo run -- check 01`.
#![cfg(test)]

use std::thread;
use std::time::{Duration, Instant};

use testing::exercise::{Attempt, Check, has_error, no_more, takes};
use testing::udp_peer;

const LESSON: &str = env!("CARGO_BIN_EXE_lesson01-udp-server");

#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let sent = b"Hello, \xe4\xbd\xa0\xe5\xa5\xbd \xc3\xa9 \xff\0z";
    server.answers("", &udp_peer(addr), sent, &[&sent.to_ascii_uppercase()])?;
    server.ends("waited for its end", 0)?;
    Ok(())
}

#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let peer = udp_peer(addr);
    let own = peer.local_addr().unwrap().to_string();
    server.answers("", &peer, b"whoami", &[own.as_bytes()])?;
    server.ends("waited for its end", 0)?;
    no_more(&peer)?;

    for other in ["whoami?", "whoami\n", ">whoami", "WhoAmI", ""] {
        let (mut server, addr) = Attempt::serve(LESSON, &[])?;
        // Whoever has solved exercise 1, too, answers in capitals.
        let capitals = other.to_ascii_uppercase();
        let answers = [other.as_bytes(), capitals.as_bytes()];
        server.answers("", &udp_peer(addr), other.as_bytes(), &answers)?;
    }
    Ok(())
}

#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    takes("your program to answer at once", ..1_000, "It answered after", || {
        let (mut server, addr) = Attempt::serve(LESSON, &[])?;
        thread::sleep(Duration::from_millis(500));
        let started = Instant::now();
        server.echoes("", &udp_peer(addr), "123")?;
        let answered = started.elapsed();
        server.ends("waited for its end", 0)?;
        Ok(answered)
    })?;
    takes("your program to wait for 2 s", 2_000..3_500, "It waited", || {
        let started = Instant::now();
        let (mut server, _) = Attempt::serve(LESSON, &[])?;
        let ended = server.ends("sent nothing", 1)?;
        has_error(&ended, "cannot receive from a peer: timed out")?;
        Ok(started.elapsed())
    })
}
