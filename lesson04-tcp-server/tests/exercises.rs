//! The exercises of lesson 04, checked from outside: `cargo run -- check 04`.
#![cfg(test)]

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use testing::exercise::{Attempt, Check, LIMIT, say_no_more, send, show, takes};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson04-tcp-server");

#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let mut stream = server.connect("connected", addr)?;
    server.replies(&mut stream, b"hello\n", b"hello\n")?;
    server.replies(&mut stream, "你好\n".as_bytes(), "你好\n".as_bytes())?;
    // The sum has no room in 16 bits.
    let long = [b'x'; 70_000];
    send(&mut stream, &long);
    server.sends(&mut stream, "sent 70,000 bytes more", &long)?;
    server.keeps_silent(&mut stream, "sent nothing more")?;
    say_no_more(&stream);
    server.sends(&mut stream, "closed its sending side", b"70013 bytes\n")?;
    server.closes(&mut stream, "waited for the end of the stream")?;

    let mut stream = server.connect("connected again", addr)?;
    say_no_more(&stream);
    server.sends(&mut stream, "closed its sending side at once", b"0 bytes\n")?;
    server.closes(&mut stream, "waited for the end of the stream")
}

/// What a client does until the server closes.
type Client = fn(&mut TcpStream) -> io::Result<()>;

/// A client that sends the next line with each answer, until the server closes.
fn without_pause(stream: &mut TcpStream) -> io::Result<()> {
    let deadline = Instant::now() + LIMIT;
    while Instant::now() < deadline {
        stream.write_all(b"x\n")?;
        stream.read_exact(&mut [0; 2])?;
    }
    Ok(())
}

/// A client that sends two lines, the second one after 1.2 s, and waits until the server closes.
fn then_silent(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(b"x\n")?;
    thread::sleep(Duration::from_millis(1_200));
    stream.write_all(b"x\n")?;
    io::copy(stream, &mut io::sink())?;
    Err(ErrorKind::UnexpectedEof.into())
}

#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &["--timeout", "2"])?;
    let clients: [(&str, Client); 2] = [
        ("sent a line, and the next one with each answer", without_pause),
        ("sent a line, 1.2 s later another one, and then nothing", then_silent),
    ];
    let expected = "your program to close the connection after 2 s";
    for (done, client) in clients {
        takes(expected, 2_000..2_900, "Your program closed after", || {
            let started = Instant::now();
            let mut stream = server.connect("connected", addr)?;
            server.expect(done, expected, |_| {
                match client(&mut stream).map_err(|why| why.kind()) {
                    Ok(()) => Err("Your program still answered after 5 s.".into()),
                    Err(ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                        Err("Your program neither answered nor closed for 5 s.".into())
                    }
                    Err(_) => Ok(()),
                }
            })?;
            let served = started.elapsed();
            server.logs("read your program's log", "timed out")?;
            Ok(served)
        })?;
    }
    let mut stream = server.connect("connected again", addr)?;
    server.replies(&mut stream, b"next\n", b"next\n")
}

#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let mut stream = server.connect("connected", addr)?;
    send(&mut stream, b"he");
    server.keeps_silent(&mut stream, "sent \"he\" without a new line")?;
    server.replies(&mut stream, b"llo\n", b"hello\n")?;
    server.replies(&mut stream, b"\xff one\ntwo", b"\xff one\n")?;
    server.keeps_silent(&mut stream, "sent nothing more behind \"two\"")?;
    // Together these lines are longer than one may be.
    let rest = [[b'x'; 1_020].as_slice(), b"\n\nthree\nfour\n"].concat();
    server.replies(&mut stream, &rest, &[b"two", rest.as_slice()].concat())?;
    // The longest rest that is no line too long.
    let tail = [b't'; 1_024];
    send(&mut stream, &tail);
    say_no_more(&stream);
    let sent = "sent 1,024 bytes without a new line, and closed its sending side";
    server.sends(&mut stream, sent, &tail)?;
    server.closes(&mut stream, "waited for the end of the stream")?;

    for last in [b"y", b"\n"] {
        let mut stream = server.connect("connected again", addr)?;
        let line = [[b'y'; 1_024].as_slice(), last].concat();
        server.replies(&mut stream, &line, b"line too long\n")?;
        server.closes(&mut stream, "waited for the end of the stream")?;
    }

    let mut stream = server.connect("connected again", addr)?;
    server.replies(&mut stream, b"next\n", b"next\n")
}

/// A message with its length in front.
fn framed(message: &[u8]) -> Vec<u8> {
    [&(message.len() as u32).to_be_bytes(), message].concat()
}

#[test]
#[ignore = "exercise 4"]
fn exercise_4() -> Check {
    let (mut server, addr) = Attempt::serve(LESSON, &[])?;
    let mut stream = server.connect("connected", addr)?;
    let hello = framed(b"hello");
    send(&mut stream, &hello[..2]);
    server.keeps_silent(&mut stream, "sent the first two bytes of a length of 5")?;
    send(&mut stream, &hello[2..6]);
    server.keeps_silent(&mut stream, "sent the rest of it, and two of the five bytes")?;
    server.replies(&mut stream, &hello[6..], &hello)?;

    let two = [framed(b"one"), framed(b"\xff")].concat();
    server.replies(&mut stream, &two, &two)?;
    let empty = framed(b"");
    server.replies(&mut stream, &empty, &empty)?;
    let most = framed(&[b'x'; 65_536]);
    server.replies(&mut stream, &most, &most)?;
    say_no_more(&stream);
    server.closes(&mut stream, "closed its sending side")?;

    for lie in [65_537_u32, 1_684_104_552, u32::MAX] {
        let mut stream = server.connect("connected again", addr)?;
        send(&mut stream, &lie.to_be_bytes());
        server.closes(&mut stream, &format!("sent a length of {lie}, and nothing behind it"))?;
    }

    let mut stream = server.connect("connected again", addr)?;
    send(&mut stream, &hello[..7]);
    say_no_more(&stream);
    let done = format!("sent {}, and closed its sending side", show(&hello[..7]));
    server.closes(&mut stream, &done)?;

    let mut stream = server.connect("connected again", addr)?;
    server.replies(&mut stream, &hello, &hello)
}
