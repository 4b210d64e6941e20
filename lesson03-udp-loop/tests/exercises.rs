//! The exercises of lesson 03, checked from outside: `cargo run -- check 03`.
#![cfg(test)]

use testing::exercise::{Attempt, Check, show};
use testing::udp_peer;

const LESSON: &str = env!("CARGO_BIN_EXE_lesson03-udp-loop");

/// Sums.
#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let (first, second) = (udp_peer(addr), udp_peer(addr));
    for (peer, datagram, sums) in [
        (&first, "hello", "datagrams: 1, bytes: 5"),
        (&second, "", "datagrams: 2, bytes: 5"),
        (&first, "you", "datagrams: 3, bytes: 8"),
    ] {
        server.echoes(peer, datagram.as_bytes())?;
        server.logs(&format!("sent {}", show(datagram.as_bytes())), sums)?;
    }
    Ok(())
}

/// Five for each.
#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let (first, second) = (udp_peer(addr), udp_peer(addr));
    for datagram in [b"1", b"2", b"3", b"4", b"5"] {
        server.echoes(&first, datagram)?;
    }
    first.send(b"6").unwrap();
    first.send(b"7").unwrap();
    // The server works in order: when this one is back, the others would be, too.
    server.echoes(&second, b"from another peer")?;
    let done = "sent seven datagrams";
    server.expect(done, "five answers", |_| {
        first.set_nonblocking(true).unwrap();
        let mut answer = [0; 100];
        match first.recv(&mut answer) {
            Ok(length) => Err(format!("a sixth came, {}", show(&answer[..length]))),
            Err(_) => Ok(()),
        }
    })?;
    let ignored = format!("ignored {}", first.local_addr().unwrap());
    server.logs(done, &ignored)?;
    server.logs("sent seven datagrams, and has found it once", &ignored)?;
    for datagram in [b"2", b"3", b"4", b"5"] {
        server.echoes(&second, datagram)?;
    }
    Ok(())
}

/// Who may end it.
#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let (first, second) = (udp_peer(addr), udp_peer(addr));
    server.echoes(&first, b"hello")?;
    server.echoes(&second, b"hello")?;
    server.echoes(&second, b"quit").map_err(|why| why.by("another peer"))?;
    server.echoes(&first, b"quitter")?;
    server.echoes(&second, b"again")?;
    server.answers(&first, b"quit", b"bye").map_err(|why| why.by("the first peer"))?;
    server.ends("the first peer sent \"quit\"", 0)?;
    Ok(())
}
