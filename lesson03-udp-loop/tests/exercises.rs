//! The exercises of lesson 03, checked from outside: `cargo run -- check 03`.
#![cfg(test)]

use testing::exercise::{Attempt, Check, no_more, step};
use testing::udp_peer;

const LESSON: &str = env!("CARGO_BIN_EXE_lesson03-udp-loop");

#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let first = udp_peer(addr);
    let second = udp_peer(addr);
    for (peer, datagram, totals) in [
        (&first, "hello", "datagrams: 1, bytes: 5"),
        (&second, "", "datagrams: 2, bytes: 5"),
        (&first, "你", "datagrams: 3, bytes: 8"),
    ] {
        server.echoes("", peer, datagram)?;
        server.logs("read your program's log", totals)?;
    }
    Ok(())
}

#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let first = udp_peer(addr);
    let second = udp_peer(addr);
    for datagram in ["1", "2", "3", "4", "5"] {
        server.echoes("", &first, datagram)?;
    }
    server.echoes("another peer", &second, "hello")?;
    // If the server has gone, the next step says so.
    let _ = first.send(b"6");
    let _ = first.send(b"7");
    // The server works in order: when this one is back, the others would be, too.
    server.echoes("another peer", &second, "2")?;
    step("had sent \"6\" and \"7\", too, before that");
    no_more(&first)?;
    let ignored = format!("ignored {}", first.local_addr().unwrap());
    server.logs("read your program's log", &ignored)?;
    server.logs("read your program's log for the second one", &ignored)?;
    for datagram in ["3", "4", "5"] {
        server.echoes("another peer", &second, datagram)?;
    }
    Ok(())
}

#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let first = udp_peer(addr);
    let second = udp_peer(addr);
    server.echoes("the first peer", &first, "hello")?;
    server.echoes("another peer", &second, "hello")?;
    server.echoes("another peer", &second, "quit")?;
    server.echoes("the first peer", &first, "quitter")?;
    server.echoes("the first peer", &first, "quit\n")?;
    server.echoes("another peer", &second, "again")?;
    server.answers("the first peer", &first, b"quit", &[b"bye"])?;
    server.ends("waited for its end", 0)?;
    no_more(&first)?;

    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    server.answers("the first peer", &udp_peer(addr), b"quit", &[b"bye"])?;
    server.ends("waited for its end", 0)?;
    Ok(())
}
