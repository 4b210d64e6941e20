//! A UDP client that sends one message to an echo server and prints the answer (case 02).
//!
//! Run it: `cargo run -p lesson02-udp-client`, with lesson 01 or 03 in another terminal.
//! New here: a socket on any free port, which asks one server and believes nobody else.
//! Diff it: it is the first of its kind; lesson 05 is the same over TCP.

use std::net::{SocketAddr, UdpSocket};

use shared::OrCannot;

/// No answer is longer, in bytes: an echo is as long as its message, which is shorter than this.
const MAX_ANSWER: usize = 65_535;

fn main() -> shared::Result {
    let config = shared::load(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_DESCRIPTION"));
    let server = shared::resolve(&config.echo_addr)?;
    let message = config.message.as_bytes();
    let any = match server {
        SocketAddr::V4(_) => "0.0.0.0:0",
        SocketAddr::V6(_) => "[::]:0",
    };
    let limit = Some(config.timeout);

    // Step 1: create the socket, on any free port.
    let socket = UdpSocket::bind(any).or_cannot("bind to", any)?;
    // To connect sends nothing here: the system just keeps others out, and tells if nobody listens.
    socket.connect(server).or_cannot("connect to", server)?;
    socket.set_read_timeout(limit).or_cannot("await", server)?;

    // Step 2: send to the given server.
    socket.send(message).or_cannot("send to", server)?;
    shared::sent(message, server);

    let mut buffer = [0; MAX_ANSWER];
    // Step 3: receive the answer; if a debugger or Ctrl-Z ends the wait early, wait again.
    let received = shared::wait(|| socket.recv(&mut buffer));
    let length = received.or_cannot("receive from", server)?;
    let answer = &buffer[..length];
    shared::received(answer, server);

    let text = String::from_utf8_lossy(answer);
    shared::print(text)
}
