//! The exercises of lesson 09, checked from outside: `cargo run -- check 09`.
#![cfg(test)]

use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use testing::exercise::{Attempt, Check, LIMIT, break_off, say_no_more};
use testing::tcp_peer;

const LESSON: &str = env!("CARGO_BIN_EXE_lesson09-tcp-threads");

/// How many.
#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let first = tcp_peer(addr);
    server.logs("a client came", "clients: 1")?;
    let second = tcp_peer(addr);
    server.logs("a second client came", "clients: 2")?;
    drop(first);
    server.logs("the first client closed", "clients: 1")?;
    break_off(second);
    server.logs("the second client broke off", "clients: 0")
}

/// Connects, says something, and hears it. Who is turned away tries again: the server may not have
/// seen yet that somebody has left.
fn come(server: &mut Attempt, addr: SocketAddr, done: &str, text: &str) -> Check<TcpStream> {
    server.expect(done, "it to be served within 5 s", |server| {
        let limit = Instant::now() + LIMIT;
        while Instant::now() < limit {
            let mut stream = tcp_peer(addr);
            if server.says(&mut stream, text).is_ok() {
                return Ok(stream);
            }
        }
        Err("it is not".into())
    })
}

/// No more than two.
#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let (mut first, mut second) = (tcp_peer(addr), tcp_peer(addr));
    server.says(&mut first, "one.")?;
    server.says(&mut second, "two.")?;
    for _ in 0..2 {
        let mut third = tcp_peer(addr);
        server.sends(&mut third, "two clients are there and a third came", b"busy\n")?;
        server.closes(&mut third, "a third client got `busy`")?;
    }
    server.says(&mut first, "three.")?;
    break_off(second);
    come(&mut server, addr, "one of two clients broke off, and another came", "four.")?;
    Ok(())
}

/// Everybody hears it.
#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let mut first = tcp_peer(addr);
    server.says(&mut first, "first.")?;
    let mut second = tcp_peer(addr);
    server.says(&mut second, "hello.")?;
    server.hears(&mut first, "a second client sent \"hello.\"", "hello.")?;
    server.says(&mut first, "again.")?;
    server.hears(&mut second, "the first client sent \"again.\"", "again.")?;
    drop(second);
    for text in ["one.", "two.", "three."] {
        server.says(&mut first, text)?;
    }
    let mut third = come(&mut server, addr, "the second client left, and a third came", "mine.")?;
    server.says(&mut first, "all.")?;
    server.hears(&mut third, "the first client sent \"all.\"", "all.")?;
    say_no_more(&first);
    server.closes(&mut first, "the first client closed its sending side")?;
    server.says(&mut third, "still here.")
}
