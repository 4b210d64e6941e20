//! A UDP client that sends one message to an echo server and prints the answer (case 02).
//!
//! Run it: `cargo run -p lesson02-udp-client`, with lesson 01 or 03 in another terminal.
//! New here: a socket on any free port, which accepts answers from one server only.
//! Diff it: it is the first of its kind; lesson 05 is the same over TCP.

use std::net::UdpSocket;

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
    socket.set_read_timeout(Some(timeout)).or_cannot("await", &server)?;

    // Step 2: send to the given server.
    socket.send(message).or_cannot("send to", &server)?;
    shared::sent(message, &server);

    let mut buffer = [0; MAX_ANSWER];
    // Step 3: receive the answer; if Ctrl-Z or a debugger ends the wait, wait again.
    let length = wait_udp(|| socket.recv(&mut buffer)).or_cannot("receive from", &server)?;
    let answer = &buffer[..length];
    shared::received(answer, &server);

    shared::print(shared::text(answer))
}
