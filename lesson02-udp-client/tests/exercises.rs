//! The exercises of lesson 02, checked from outside: `cargo run -- check 02`.
#![cfg(test)]

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use testing::exercise::{
    Attempt, Check, LIMIT, ensure, has_error, has_printed, has_status, is, no_more, show, step,
    takes,
};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson02-udp-client");

/// A datagram that the client sends, and where it comes from.
type Asked = (Vec<u8>, SocketAddr);

/// Starts the client; the server is up to the check. Returns the first datagram, too.
fn start(message: &str, timeout: &str) -> Check<(Attempt, UdpSocket, Asked)> {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut client = Attempt::ask(LESSON, server.local_addr().unwrap(), message, timeout);
    let first = asked(&mut client, &server, "waited for the message, as a server")?;
    Ok((client, server, first))
}

/// The next datagram that the client sends.
fn asked(client: &mut Attempt, server: &UdpSocket, done: &str) -> Check<Asked> {
    client.expect(done, "your program to send a datagram within 5 s", |_| {
        let mut datagram = vec![0; 65_535];
        server.set_read_timeout(Some(LIMIT)).unwrap();
        let (length, peer) =
            server.recv_from(&mut datagram).map_err(|_| "Your program sent none.")?;
        Ok((datagram[..length].to_vec(), peer))
    })
}

/// A message, what the server does with what came, how many bytes it takes off the end for that,
/// and what it puts there.
const CHANGES: [(&str, &str, usize, &[u8]); 5] = [
    ("hello", "sent back what had come", 0, b""),
    ("hello", "sent it back with a capital as its last letter", 1, b"O"),
    ("hello", "sent it back with a new line more", 0, b"\n"),
    ("hello", "sent it back without its last four letters", 4, b""),
    // Both are shown as the same sign when they become text.
    ("hello\u{fffd}", "sent back the byte FF for the character U+FFFD", 3, b"\xff"),
];

#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    for (message, done, less, end) in CHANGES {
        let (mut client, server, (asked, peer)) = start(message, "10")?;
        let kept = &asked[..asked.len().saturating_sub(less)];
        let answer = [kept, end].concat();
        let _ = server.send_to(&answer, peer);
        if answer == asked {
            has_printed(&client.ends(done, 0)?, message)?;
        } else {
            let ended = client.ends(done, 1)?;
            let addr = server.local_addr().unwrap();
            has_error(&ended, &format!("{addr} answered something else"))?;
            has_printed(&ended, "")?;
        }
    }
    Ok(())
}

/// Runs the client to its end, against a server that answers the datagram of this number, if it
/// comes. Returns the shortest time between two datagrams.
fn ask_again(answered: usize) -> Check<Duration> {
    let (mut client, server, first) = start("hello", "0.5")?;
    let shown = |(datagram, peer): &Asked| format!("{} from {peer}", show(datagram));
    let expected = format!("your program to send {} again", shown(&first));
    let mut pause = Duration::MAX;
    for _ in 1..answered.min(3) {
        let since = Instant::now();
        let again = asked(&mut client, &server, "did not answer")?;
        pause = pause.min(since.elapsed());
        ensure(again == first, &expected, format!("Your program sent {}.", shown(&again)))?;
    }
    if answered <= 3 {
        let _ = server.send_to(&first.0, first.1);
        let ended = client.ends(&format!("sent back datagram {answered}"), 0)?;
        has_printed(&ended, "hello")?;
    } else {
        let ended = client.ends("did not answer the third datagram, either", 1)?;
        let addr = server.local_addr().unwrap();
        has_error(&ended, &format!("cannot receive from {addr}: timed out"))?;
    }
    no_more(&server)?;
    Ok(pause)
}

#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let expected = "your program to send it again when --timeout 0.5 is over";
    for answered in 2..=4 {
        let came = "Your program sent it again after";
        takes(expected, 400.., came, || ask_again(answered))?;
    }

    // That nobody listens is reported at once: the time has not run out, and nothing got lost.
    let nobody = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ended = Attempt::ask(LESSON, nobody, "hello", "0.5").ends("did not listen there", 1)?;
    step("counted the lines with `sent 5 bytes` in the log");
    let count = ended.stderr.lines().filter(|line| line.contains(": sent 5 bytes ")).count();
    ensure(
        // A system that does not report it lets the time run out.
        count <= 1 || ended.stderr.contains("timed out"),
        "your program to send nothing more after another error than `timed out`",
        format!("Your program sent the message {count} times."),
    )
}

#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    let (mut client, server, (first, peer)) = start("hello, all", "10")?;
    let number = client.program.id();
    let right = format!("{number} hello, all");
    let what = format!("the message of your program, whose process has the number {number},");
    is(&what, first, &right)?;
    let before = format!("1{number} hello");
    let behind = format!("{number}0 hello");
    let answers = [b"hello", before.as_bytes(), behind.as_bytes(), b"", b"\xff", right.as_bytes()];
    for answer in answers {
        let _ = server.send_to(answer, peer);
    }
    let ended = client.ends(&format!("sent {}", answers.map(show).join(", ")), 0)?;
    has_printed(&ended, "hello, all")?;

    let (mut client, server, (_, peer)) = start("hello", "2")?;
    let done = "sent a wrong answer again and again";
    let ended = client.expect(done, "your program to give up within 5 s", |client| {
        let started = Instant::now();
        while started.elapsed() < LIMIT {
            let _ = server.send_to(b"0 old", peer);
            // Without a pause around the end of the time, so that it ends between two of them.
            let is_near = (1_500..2_400).contains(&started.elapsed().as_millis());
            let pause = if is_near { Duration::ZERO } else { Duration::from_millis(20) };
            if let Some(ended) = client.program.ends(pause) {
                return Ok(ended);
            }
        }
        Err("Your program still waited then.".into())
    })?;
    has_status(&ended, 1)?;
    let addr = server.local_addr().unwrap();
    has_error(&ended, &format!("cannot receive from {addr}: timed out"))
}
