//! Lesson 02 with exercise 1 solved: it sees whether the answer is the echo.
//!
//! Diff it: `cargo run -- diff 02 --exercise 1`.

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

    if answer != message {
        let hint = "is it an echo server? see what it says";
        return Err(shared::Error::new(format!("{server} answered something else"), hint));
    }
    shared::print(shared::text(answer))
}
