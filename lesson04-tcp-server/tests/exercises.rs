//! The exercises of lesson 04, checked from outside: `cargo run -- check 04`.
#![cfg(test)]

use std::io::{ErrorKind, Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use testing::exercise::{Attempt, Check, LIMIT, not_yet, say_no_more};
use testing::tcp_peer;

const LESSON: &str = env!("CARGO_BIN_EXE_lesson04-tcp-server");

/// The sum at the end.
#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let mut stream = tcp_peer(addr);
    server.replies(&mut stream, b"hello\n", b"hello\n")?;
    server.replies(&mut stream, b"again\n", b"again\n")?;
    say_no_more(&stream);
    server.sends(&mut stream, "sent 12 bytes and closed the sending side", b"12 bytes\n")?;
    server.closes(&mut stream, "got `12 bytes`")?;

    let mut stream = tcp_peer(addr);
    say_no_more(&stream);
    server.sends(&mut stream, "closed the sending side at once", b"0 bytes\n")?;
    server.closes(&mut stream, "got `0 bytes`")
}

/// So much time for each.
#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    // When the check itself is held up, it proves nothing, and begins anew.
    for _ in 0..5 {
        let (mut server, addr) = Attempt::serve(LESSON, &["--timeout", "1"])?;
        let started = Instant::now();
        let mut stream = tcp_peer(addr);
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let (mut last, mut longest) = (started, Duration::ZERO);
        let done = "sent a line every 0.1 s with --timeout 1";
        server.expect(done, "the end within 4 s", |_| {
            while started.elapsed() < Duration::from_secs(4) {
                let sent = stream.write_all(b"x\n");
                let answered = sent.and_then(|()| stream.read_exact(&mut [0; 2]));
                longest = longest.max(last.elapsed());
                last = Instant::now();
                match answered.map_err(|why| why.kind()) {
                    Ok(()) => {}
                    Err(ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                        return Err("neither that nor an answer came within 5 s".into());
                    }
                    Err(_) => return Ok(()),
                }
                thread::sleep(Duration::from_millis(100));
            }
            Err("the server still answers".into())
        })?;
        if longest > Duration::from_millis(500) {
            continue;
        }
        if started.elapsed() < Duration::from_millis(700) {
            let early = format!("{done}, expected to be served for 1 s: the end came before");
            return Err(server.not_yet(&early));
        }
        server.logs(done, "timed out")?;
        return server.replies(&mut tcp_peer(addr), b"next\n", b"next\n");
    }
    not_yet("this machine is too busy for this check: try again")
}

/// Whole lines.
#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let mut stream = tcp_peer(addr);
    stream.write_all(b"he").unwrap();
    server.keeps_silent(&mut stream, "sent \"he\" without a new line")?;
    server.replies(&mut stream, b"llo\n", b"hello\n")?;
    server.replies(&mut stream, b"\xff one\ntwo", b"\xff one\n")?;
    server.keeps_silent(&mut stream, "sent \"two\" without a new line")?;
    let rest = [[b'x'; 1_020].as_slice(), b"\n"].concat();
    server.replies(&mut stream, &rest, &[b"two", rest.as_slice()].concat())?;
    stream.write_all(b"tail").unwrap();
    say_no_more(&stream);
    server.sends(&mut stream, "sent \"tail\" and closed the sending side", b"tail")?;

    let mut stream = tcp_peer(addr);
    server.replies(&mut stream, &[b'y'; 1_025], b"line too long\n")?;
    server.closes(&mut stream, "sent 1025 bytes without a new line, and got `line too long`")
}
