//! Lesson 02 with exercise 3 solved: it takes the answer to its own question alone.
//!
//! Diff it: `cargo run -- diff 02 --exercise 3`.

use std::io::{self, ErrorKind};
use std::net::UdpSocket;
use std::process;
use std::time::Instant;

use shared::{OrCannot, wait_udp};

/// The most bytes of a message. A datagram over IPv4 carries no more: of its 65,535 bytes, the IP
/// header takes 20 and the UDP header 8 (RFC 791 section 3.1, RFC 768).
const MAX_MESSAGE: usize = 65_507;
/// The most bytes of an answer. An echo is as long as its message, which is shorter than this.
const MAX_ANSWER: usize = 65_535;

fn main() -> shared::Result {
    let config = shared::load!("LESSON_ECHO_ADDR", "LESSON_MESSAGE", "LESSON_TIMEOUT");
    let server = config.peer("LESSON_ECHO_ADDR", "lesson01-udp-server");
    let message = config.bytes("LESSON_MESSAGE", MAX_MESSAGE);
    let timeout = config.seconds("LESSON_TIMEOUT");
    let any = if server.first().is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };

    // Step 1: create the socket, on any free port.
    let socket = UdpSocket::bind(any).or_cannot("bind to", any)?;
    // Over UDP, connect sends nothing: the system now drops the datagrams of other peers, and
    // reports a closed port.
    socket.connect(&server).or_cannot("connect to", &server)?;

    // Step 2: send to the given server.
    let tag = format!("{} ", process::id()).into_bytes();
    let question = [&tag, message].concat();
    socket.send(&question).or_cannot("send to", &server)?;
    shared::sent(&question, &server);

    let mut buffer = [0; MAX_ANSWER];
    let deadline = Instant::now() + timeout;
    let answer = loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::Error::from(ErrorKind::TimedOut)).or_cannot("receive from", &server);
        }
        socket.set_read_timeout(Some(left)).or_cannot("await", &server)?;
        // Step 3: receive the answer; if Ctrl-Z or a debugger ends the wait, wait again.
        let length = wait_udp(|| socket.recv(&mut buffer)).or_cannot("receive from", &server)?;
        let answer = &buffer[..length];
        // Whatever begins otherwise is not the answer to this question.
        if answer.starts_with(&tag) {
            break answer;
        }
    };
    shared::received(answer, &server);

    shared::print(shared::text(&answer[tag.len()..]))
}
