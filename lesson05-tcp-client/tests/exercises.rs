//! The exercises of lesson 05, checked from outside: `cargo run -- check 05`.
#![cfg(test)]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use testing::exercise::{
    Attempt, Check, Server, has_error, has_printed, has_status, not_yet, show,
};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson05-tcp-client");

fn start(addr: SocketAddr, message: &str) -> Attempt {
    Attempt::start(LESSON, &["--echo-addr", &addr.to_string(), "--message", message])
}

/// Receives a message of so many bytes.
fn receive(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut message = vec![0; length];
    let _ = stream.read_exact(&mut message);
    message
}

/// Sends the message back, and whatever else comes until the client has closed.
fn echo(mut stream: TcpStream, message: &[u8]) {
    let _ = stream.write_all(message);
    let _ = io::copy(&mut stream.try_clone().unwrap(), &mut stream);
}

/// Cut short.
#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    for (message, answer) in [("hello", "hel"), ("你好", "xy")] {
        let server = Server::start(|_, mut stream| {
            receive(&mut stream, message.len());
            let _ = stream.write_all(answer.as_bytes());
        });
        let done = format!("answered {answer:?} to {message:?}, and closed");
        let ended = start(server.addr, message).ends(&done, 1)?;
        let (addr, came, all) = (server.addr, answer.len(), message.len());
        has_error(&ended, &done, &format!("{addr} closed after {came} of {all} bytes"))?;
        has_printed(&ended, &done, "")?;
    }
    let server = Server::start(|_, mut stream| {
        let message = receive(&mut stream, 5);
        echo(stream, &message);
    });
    start(server.addr, "hello").ends("sent back all of \"hello\"", 0)?;
    Ok(())
}

/// A second question.
#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = start(listener.local_addr().unwrap(), "hello");
    let mut stream = client.connects(&listener)?;
    client.sends(&mut stream, "accepted the client", b"hello")?;
    stream.write_all(b"he").unwrap();
    client.keeps_silent(&mut stream, "answered 2 of 5 bytes")?;
    stream.write_all(b"llo").unwrap();
    client.sends(&mut stream, "answered the other 3 bytes", b"bye")?;
    stream.write_all(b"bye").unwrap();
    let done = "answered \"bye\", too, and closed";
    client.closes(&mut stream, done)?;
    drop(stream);
    let ended = client.ends(done, 0)?;
    has_printed(&ended, done, "hello\nbye\n")
}

/// Three tries.
#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    let server = Server::start(|number, mut stream| {
        let message = receive(&mut stream, 5);
        if number == 2 {
            echo(stream, &message);
        }
    });
    let done = "closed two connections without an answer, and answered over the third";
    let ended = start(server.addr, "hello").ends(done, 0)?;
    let first = ended.stdout.lines().next().unwrap_or_default();
    if first != "hello" {
        let first = show(first.as_bytes());
        return not_yet(format!("{done}, expected \"hello\" to be printed: it is {first}"));
    }

    let server = Server::start(|_, mut stream| drop(receive(&mut stream, 5)));
    let done = "closed every connection without an answer";
    let mut client = start(server.addr, "hello");
    let ended = client.expect(done, "the client to give up within 5 s", |client| {
        let ended = client.has_ended(testing::exercise::LIMIT);
        match server.count() {
            0..=3 => ended.ok_or("it still runs".into()),
            _ => Err("a fourth connection came".into()),
        }
    })?;
    let count = server.results().len();
    if count != 3 {
        return not_yet(format!("{done}, expected three connections: {count} came"));
    }
    has_status(&ended, done, 1)?;
    match ended.stderr.lines().any(|line| line.starts_with("Error: ")) {
        true => Ok(()),
        false => not_yet(format!("{done}, expected a line that begins with `Error: `")),
    }
}
