//! Lesson 02 with exercise 2 solved: it asks up to three times.
//!
//! Diff it: `cargo run -- diff 02 --exercise 2`.

use std::io::ErrorKind::{TimedOut, WouldBlock};
use std::net::UdpSocket;

use shared::{OrCannot, wait_udp};

/// The most bytes of a message. A datagram over IPv4 carries no more: of its 65,535 bytes, the IP
/// header takes 20 and the UDP header 8 (RFC 791 section 3.1, RFC 768).
const MAX_MESSAGE: usize = 65_507;
/// The most bytes of an answer. An echo is as long as its message, which is shorter than this.
const MAX_ANSWER: usize = 65_535;
/// The message is sent at most this many times.
const MAX_TRIES: u32 = 3;

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
    socket.set_read_timeout(Some(timeout)).or_cannot("await", &server)?;

    let mut buffer = [0; MAX_ANSWER];
    let mut tries = 1;
    let length = loop {
        // Step 2: send to the given server.
        socket.send(message).or_cannot("send to", &server)?;
        shared::sent(message, &server);

        // Step 3: receive the answer; if Ctrl-Z or a debugger ends the wait, wait again.
        match wait_udp(|| socket.recv(&mut buffer)) {
            // Nothing has come in time (Unix says `WouldBlock`, Windows `TimedOut`): ask again.
            Err(error) if matches!(error.kind(), WouldBlock | TimedOut) && tries < MAX_TRIES => {
                tries += 1;
            }
            received => break received.or_cannot("receive from", &server)?,
        }
    };
    let answer = &buffer[..length];
    shared::received(answer, &server);

    shared::print(shared::text(answer))
}
