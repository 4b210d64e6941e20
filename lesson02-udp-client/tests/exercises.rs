//! The exercises of lesson 02, checked from outside: `cargo run -- check 02`.
#![cfg(test)]

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use testing::Ended;
use testing::exercise::{Attempt, Check, LIMIT, has_error, has_printed, has_status, not_yet, show};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson02-udp-client");

/// Starts the client; the server is up to the check.
fn start(message: &str, timeout: &str) -> (Attempt, UdpSocket) {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    let addr = server.local_addr().unwrap().to_string();
    let arguments = ["--echo-addr", &addr, "--message", message, "--timeout", timeout];
    (Attempt::start(LESSON, &arguments), server)
}

/// The next datagram that the client sends, and where it comes from.
fn asked(client: &mut Attempt, server: &UdpSocket, done: &str) -> Check<(Vec<u8>, SocketAddr)> {
    client.expect(done, "a datagram within 5 s", |_| {
        let mut datagram = vec![0; 65_535];
        server.set_read_timeout(Some(LIMIT)).unwrap();
        let (length, peer) = server.recv_from(&mut datagram).map_err(|_| "none came")?;
        Ok((datagram[..length].to_vec(), peer))
    })
}

/// Runs the client to its end, against a server that changes what came and sends it back.
fn answer(message: &str, done: &str, change: Change, status: i32) -> Check<(Ended, SocketAddr)> {
    let (mut client, server) = start(message, "10");
    let (asked, peer) = asked(&mut client, &server, "started the client")?;
    server.send_to(&change(&asked), peer).unwrap();
    Ok((client.ends(done, status)?, server.local_addr().unwrap()))
}

type Change = fn(&[u8]) -> Vec<u8>;

/// Is it the echo?
#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let done = "sent back what came";
    let (ended, _) = answer("hello", done, <[u8]>::to_vec, 0)?;
    has_printed(&ended, done, "hello\n")?;

    let changes: [(&str, &str, Change); 3] = [
        ("hello", "changed a letter in the answer", |asked| {
            [&asked[..asked.len() - 1], b"0"].concat()
        }),
        ("hello", "added a letter to the answer", |asked| [asked, b"!"].concat()),
        // Both are shown as the same sign when they become text.
        ("hello\u{fffd}", "answered \"\\xff\" to \"\\u{fffd}\"", |asked| {
            [&asked[..asked.len() - 3], b"\xff"].concat()
        }),
    ];
    for (message, done, change) in changes {
        let (ended, addr) = answer(message, done, change, 1)?;
        has_error(&ended, done, &format!("{addr} answered something else"))?;
        has_printed(&ended, done, "")?;
    }
    Ok(())
}

/// Ask again.
#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let (mut client, server) = start("hello", "1");
    let first = asked(&mut client, &server, "started the client")?;
    let asked_first = Instant::now();
    let done = "did not answer the first datagram";
    let second = asked(&mut client, &server, done)?;
    let pause = asked_first.elapsed();
    // A check that was held up sees a shorter pause than there was.
    if pause < Duration::from_millis(700) {
        return not_yet(format!(
            "{done}, expected the second one after --timeout 1, a second later: it came after {} \
             ms",
            pause.as_millis()
        ));
    }
    if first.0 != second.0 {
        let (first, second) = (show(&first.0), show(&second.0));
        return not_yet(format!("{done}, expected {first} again: {second} came"));
    }
    if first.1 != second.1 {
        return not_yet(format!(
            "{done}, expected the second from {}: it came from {}",
            first.1, second.1
        ));
    }
    server.send_to(&second.0, second.1).unwrap();
    let ended = client.ends("answered the second datagram", 0)?;
    has_printed(&ended, "answered the second datagram", "hello\n")?;

    let (mut client, server) = start("hello", "0.2");
    let done = "answered nothing";
    let ended = client.expect(done, "the client to give up within 5 s", |client| {
        client.has_ended(LIMIT).ok_or("it still runs".into())
    })?;
    let mut count = 0;
    server.set_nonblocking(true).unwrap();
    while server.recv(&mut [0; 100]).is_ok() {
        count += 1;
    }
    if count != 3 {
        return not_yet(format!("{done}, expected 3 datagrams: {count} came"));
    }
    has_status(&ended, done, 1)?;
    has_error(
        &ended,
        done,
        &format!("cannot receive from {}: timed out", server.local_addr().unwrap()),
    )?;

    // That nobody listens is reported at once: the time has not run out, and nothing got lost.
    let (mut client, server) = start("hello", "1");
    drop(server);
    if let Some(ended) = client.has_ended(Duration::from_millis(700)) {
        let count = ended.stderr.lines().filter(|line| line.contains(": sent ")).count();
        if count > 1 {
            return not_yet(format!(
                "nobody listens, expected no second datagram before --timeout 1 is over: {count} \
                 went out at once"
            ));
        }
    }
    Ok(())
}

/// Which answer is it?
#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    let (mut client, server) = start("hello", "10");
    let number = client.id();
    let right = format!("{number} hello");
    let (asked, peer) = asked(&mut client, &server, "started the client")?;
    if asked != right.as_bytes() {
        return not_yet(format!(
            "expected \"{right}\" as its process has this number: {} came",
            show(&asked)
        ));
    }
    for answer in ["hello", &format!("1{right}"), &format!("{number}0 hello"), "", &right] {
        server.send_to(answer.as_bytes(), peer).unwrap();
    }
    let done = format!("sent \"hello\", \"1{right}\", \"{number}0 hello\", \"\" and \"{right}\"");
    let ended = client.ends(&done, 0)?;
    has_printed(&ended, &done, "hello\n")?;

    let (mut client, server) = start("hello", "0.3");
    let (_, peer) = self::asked(&mut client, &server, "started the client")?;
    let done = "sent a wrong answer again and again";
    let ended = client.expect(done, "the client to give up within 5 s", |client| {
        let limit = Instant::now() + LIMIT;
        while Instant::now() < limit {
            server.send_to(b"0 old", peer).unwrap();
            if let Some(ended) = client.has_ended(Duration::from_millis(20)) {
                return Ok(ended);
            }
        }
        Err("it still waits".into())
    })?;
    has_status(&ended, done, 1)?;
    has_error(
        &ended,
        done,
        &format!("cannot receive from {}: timed out", server.local_addr().unwrap()),
    )
}
