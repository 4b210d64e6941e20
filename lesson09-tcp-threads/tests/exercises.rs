//! The exercises of lesson 09, checked from outside: `cargo run -- check 09`.
#![cfg(test)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use testing::break_off;
use testing::exercise::{Attempt, Check, LIMIT, heard, say_no_more, send};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson09-tcp-threads");

#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let first = server.connect("connected", addr)?;
    server.logs("read your program's log", "clients: 1")?;
    let second = server.connect("connected as a second client", addr)?;
    server.logs("read your program's log", "clients: 2")?;
    drop(first);
    server.logs("closed the first connection, and read your program's log", "clients: 1")?;
    break_off(second);
    server.logs("broke off the second connection, and read your program's log", "clients: 0")?;
    let _third = server.connect("connected as a third client", addr)?;
    server.logs("read your program's log", "clients: 1")
}

/// Connects, says something, and hears it. Who is turned away tries again: the server may not have
/// seen yet that somebody has left.
fn come(server: &mut Attempt, addr: SocketAddr, done: &str, text: &str) -> Check<TcpStream> {
    server.expect(done, "your program to serve it within 5 s", |_| {
        let deadline = Instant::now() + LIMIT;
        loop {
            let stream = TcpStream::connect(addr);
            let mut stream = stream.map_err(|_| "Your program does not listen.")?;
            send(&mut stream, text.as_bytes());
            match heard(&mut stream, text) {
                Ok(()) => return Ok(stream),
                Err(came) if deadline < Instant::now() => return Err(came),
                Err(_) => {}
            }
        }
    })
}

#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let mut first = server.connect("connected", addr)?;
    server.says("the first client", &mut first, "one.")?;
    let mut second = server.connect("connected as a second client", addr)?;
    server.says("the second client", &mut second, "two.")?;
    for _ in 0..2 {
        let mut third = server.connect("connected as one client more", addr)?;
        server.sends(&mut third, "waited for what this client is sent", b"busy\n")?;
        server.closes(&mut third, "waited for the end of its stream")?;
    }
    server.says("the first client", &mut first, "three.")?;
    break_off(second);
    let mut other =
        come(&mut server, addr, "broke off the second connection, and connected", "four.")?;
    let mut third = server.connect("connected as one client more", addr)?;
    server.sends(&mut third, "waited for what this client is sent", b"busy\n")?;
    drop(first);
    come(&mut server, addr, "closed the first connection, and connected", "five.")?;
    server.says("the client that came for the second", &mut other, "six.")
}

#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let mut first = server.connect("connected", addr)?;
    server.says("the first client", &mut first, "first.")?;
    server.keeps_silent(&mut first, "waited, as it must not come twice")?;
    let mut second = server.connect("connected as a second client", addr)?;
    server.says("the second client", &mut second, "hello.")?;
    server.hears(&mut first, "waited as the first client", "hello.")?;
    server.says("the first client", &mut first, "again.")?;
    server.hears(&mut second, "waited as the second client", "again.")?;
    // It leaves with bytes unread, which breaks its connection.
    server.says("the first client", &mut first, "unread.")?;
    let _ = second.peek(&mut [0]);
    drop(second);
    for text in ["one.", "two.", "three."] {
        server.says("the first client, when the second had gone", &mut first, text)?;
    }
    let mut third = come(&mut server, addr, "connected as a third client", "mine.")?;
    server.says("the first client", &mut first, "all.")?;
    server.hears(&mut third, "waited as the third client", "all.")?;
    say_no_more(&first);
    server.closes(&mut first, "closed the sending side of the first client")?;
    server.says("the third client", &mut third, "still here.")?;

    // Another server, which can soon send nothing more to one of its clients.
    let (mut server, addr) = Attempt::serve(LESSON, &["--timeout", "2"])?;
    let mut first = server.connect("connected", addr)?;
    server.says("the first client", &mut first, "first.")?;
    let done = "connected as a second client, which never reads again";
    let mut second = come(&mut server, addr, done, "hello.")?;
    server.hears(&mut first, "waited as the first client", "hello.")?;
    let done = "sent 16 MB as the first client, which reads all that comes, and some dots as the \
                second";
    server.expect(done, "your program to send all of it back", |_| {
        first.set_read_timeout(Some(LIMIT)).unwrap();
        let piece = [b'x'; 65_536];
        let mut is_stuck = false;
        for _ in 0..256 {
            let began = Instant::now();
            let sent = first.write_all(&piece);
            sent.and_then(|()| first.read_exact(&mut [0; 65_536]))
                .map_err(|_| "The connection of the first client has ended.")?;
            // Whoever says nothing for 2 s is let go: the second says something until the server
            // can send it nothing more.
            is_stuck |= began.elapsed() > Duration::from_secs(1);
            if !is_stuck {
                send(&mut second, b".");
            }
        }
        Ok(())
    })
}
