//! The exercises of lesson 05, checked from outside: `cargo run -- check 05`.
#![cfg(test)]

use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use testing::exercise::{
    Attempt, Check, SILENCE, ensure, has_error, has_printed, has_status, is, send, takes,
};
use testing::{Ended, Server};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson05-tcp-client");

/// Receives a message of so many bytes.
fn receive(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut message = vec![0; length];
    let _ = stream.read_exact(&mut message);
    message
}

/// Sends the message back, and whatever else comes until the client has closed.
fn echo(mut stream: TcpStream, message: &[u8]) {
    send(&mut stream, message);
    let _ = io::copy(&mut stream.try_clone().unwrap(), &mut stream);
}

#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    for (message, answer) in [("hello", "hell"), ("你好", "xy")] {
        let server = Server::start(|_, mut stream| {
            receive(&mut stream, message.len());
            send(&mut stream, answer.as_bytes());
        });
        let done = format!("answered {answer:?} to {message:?}, and closed");
        let ended = Attempt::ask(LESSON, server.addr, message, "10").ends(&done, 1)?;
        let came = answer.len();
        let all = message.len();
        has_error(&ended, &format!("{} closed after {came} of {all} bytes", server.addr))?;
        has_printed(&ended, "")?;
    }
    let server = Server::start(|_, mut stream| {
        let message = receive(&mut stream, 5);
        send(&mut stream, &message[..2]);
        thread::sleep(SILENCE);
        echo(stream, &message[2..]);
    });
    let mut client = Attempt::ask(LESSON, server.addr, "hello", "10");
    let ended = client.ends("sent back \"he\", and then \"llo\"", 0)?;
    has_printed(&ended, "hello")
}

#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = Attempt::ask(LESSON, listener.local_addr().unwrap(), "你好", "10");
    let mut stream = client.connects(&listener)?;
    let message = "你好".as_bytes();
    client.sends(&mut stream, "accepted the connection", message)?;
    send(&mut stream, &message[..4]);
    client.keeps_silent(&mut stream, "answered four of the six bytes")?;
    send(&mut stream, &message[4..]);
    client.sends(&mut stream, "answered the other two", b"bye")?;
    // A server may answer only what is whole: the client must not wait for the answer before.
    client.closes(&mut stream, "waited for the end of what your program sends")?;
    send(&mut stream, b"bye");
    drop(stream);
    let ended = client.ends("closed the connection", 0)?;
    has_printed(&ended, "你好\nbye")
}

/// How the server of exercise 3 treats a connection.
type Treats = fn(TcpStream);

const CLOSES: Treats = |mut stream| drop(receive(&mut stream, 5));
/// To close with bytes unread resets the connection.
const BREAKS: Treats = |stream| drop(stream.peek(&mut [0]));
/// Longer than the client waits.
const KEEPS_SILENT: Treats = |_stream| thread::sleep(Duration::from_secs(3));
const ANSWERS: Treats = |mut stream| {
    let message = receive(&mut stream, 5);
    echo(stream, &message);
};
/// Later than a client waits whose tries share one time-out.
const ANSWERS_LATE: Treats = |stream| {
    thread::sleep(SILENCE);
    ANSWERS(stream);
};

/// Runs the client to its end against a server that treats its connections so, and closes all more.
/// The client has to end with this status: 0 where the last connection is answered, else 1. Returns
/// the time from the first connection to the last.
fn tries(done: &str, treats: &'static [Treats], status: i32) -> Check<Duration> {
    let server = Server::start(|number, stream| {
        let began = Instant::now();
        treats.get(number).unwrap_or(&CLOSES)(stream);
        began
    });
    let mut client = Attempt::ask(LESSON, server.addr, "hello", "2");
    let ended = client.ends_after(done, &server, treats.len())?;
    has_status(&ended, status)?;
    let mut failed = treats.len();
    if status == 0 {
        failed -= 1;
        let first = ended.stdout.lines().next().unwrap_or_default();
        is("the first line that your program prints", first, "hello")?;
    }
    has_logged(&ended, failed, &format!("the {failed} tries that failed"))?;
    let began = server.results();
    Ok(began[began.len() - 1] - began[0])
}

/// Expects an error in the log for each of so many tries.
fn has_logged(ended: &Ended, count: usize, tries: &str) -> Check {
    // What the lesson logs of a connection that goes well.
    let usual = [": sent 5 bytes ", ": received 5 bytes ", ": connected ", ": closed ", "hint: "];
    let is_error = |line: &&str| !usual.iter().any(|usual| line.contains(usual));
    let errors = ended.stderr.lines().filter(is_error).count();
    ensure(
        errors >= count,
        format!("your program to log an error of each of {tries}"),
        format!("Its log has {errors} of them."),
    )
}

#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    tries("answered over the first connection", &[ANSWERS], 0)?;
    let done = "broke off the first connection, closed the second without an answer, and answered \
                over the third";
    tries(done, &[BREAKS, CLOSES, ANSWERS], 0)?;
    // Each try has all of the time-out.
    let expected = "your program to wait for an answer until --timeout 2 is over";
    takes(expected, 1_600.., "Your program connected again after", || {
        let done = "kept silent, and answered over the second connection after 0.3 s";
        tries(done, &[KEEPS_SILENT, ANSWERS_LATE], 0)
    })?;
    tries("closed every connection without an answer", &[CLOSES, CLOSES, CLOSES], 1)?;

    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ended = Attempt::ask(LESSON, nobody, "hello", "1").ends("did not listen there", 1)?;
    has_logged(&ended, 3, "the 3 tries")
}

/// Starts the client, and takes the message with its length in front.
fn start_framed(listener: &TcpListener, message: &str) -> Check<(Attempt, TcpStream, Vec<u8>)> {
    let mut client = Attempt::ask(LESSON, listener.local_addr().unwrap(), message, "10");
    let mut stream = client.connects(listener)?;
    let framed = [&(message.len() as u32).to_be_bytes(), message.as_bytes()].concat();
    client.sends(&mut stream, "accepted the connection", &framed)?;
    Ok((client, stream, framed))
}

#[test]
#[ignore = "exercise 4"]
fn exercise_4() -> Check {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    for message in ["hello", "你好，网络！"] {
        let (mut client, mut stream, framed) = start_framed(&listener, message)?;
        for piece in [&framed[..1], &framed[1..3], &framed[3..6], &framed[6..]] {
            send(&mut stream, piece);
            thread::sleep(SILENCE / 6);
        }
        // A server that goes on talking: this is not part of the answer.
        send(&mut stream, &[0, 0, 0, 1, b'x']);
        let done = "answered the same in four pieces, sent one message more, and did not close";
        let ended = client.ends(done, 0)?;
        has_printed(&ended, message)?;
    }

    let (mut client, mut stream, _) = start_framed(&listener, "hello")?;
    let most = "x".repeat(65_536);
    send(&mut stream, &[b"\0\x01\0\0", most.as_bytes()].concat());
    let ended = client.ends("answered 65536 bytes", 0)?;
    has_printed(&ended, &most)?;

    for (answer, done, error) in [
        (&[0, 1, 0, 1][..], "announced 65537 bytes, and sent none", "announces 65537 bytes"),
        (&[0xff; 5][..], "announced 4294967295 bytes, and sent one", "announces 4294967295 bytes"),
        (&[0, 0, 0, 5, b'h', b'e'][..], "announced 5 bytes, sent two, and closed", ""),
        (&[0, 0][..], "sent two bytes of a length, and closed", ""),
    ] {
        let (mut client, mut stream, _) = start_framed(&listener, "hello")?;
        send(&mut stream, answer);
        let kept = (!error.is_empty()).then_some(stream);
        let ended = client.ends(done, 1)?;
        drop(kept);
        has_printed(&ended, "")?;
        if !error.is_empty() {
            has_error(&ended, &format!("{} {error}", listener.local_addr().unwrap()))?;
        }
    }
    Ok(())
}
