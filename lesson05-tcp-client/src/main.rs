//! A TCP client that sends one message to an echo server and prints the answer (case 05).
//!
//! Run it: `cargo run -p lesson05-tcp-client`, with lesson 04 or 09 in another terminal.
//! New here: a connection, whose sending side the client closes when it has said everything.
//! Diff it: with lesson 02, the same over UDP.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use shared::OrCannot;

/// No answer is longer, in bytes: an echo is as long as its message, which is shorter than this.
const MAX_ANSWER: usize = 65_535;

fn main() -> shared::Result {
    let config = shared::load(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_DESCRIPTION"));
    let server = shared::resolve(&config.echo_addr)?;
    let message = config.message.as_bytes();
    let limit = Some(config.timeout);

    // Steps 1 and 2: create the socket, and connect it to the given server.
    let connected = TcpStream::connect_timeout(&server, config.timeout);
    let mut socket = connected.or_cannot("connect to", server)?;
    socket.set_read_timeout(limit).or_cannot("await", server)?;
    socket.set_write_timeout(limit).or_cannot("await", server)?;

    // Step 3: send to the given server, then close the sending side to say that this is all.
    socket.write_all(message).or_cannot("send to", server)?;
    shared::sent(message, server);
    let closed = socket.shutdown(Shutdown::Write);
    closed.or_cannot("finish sending to", server)?;

    let mut buffer = Vec::new();
    let mut limited = (&socket).take(MAX_ANSWER as u64 + 1);
    // Step 4: receive the answer, to the end of the stream.
    let received = limited.read_to_end(&mut buffer);
    let length = received.or_cannot("receive from", server)?;
    let answer = &buffer[..length];
    shared::received(answer, server);

    // Step 5: close.
    drop(socket);

    let hint = "is it an echo server? see what it says";
    if length == 0 && !message.is_empty() {
        let problem = format!("{server} closed without an answer");
        return Err(shared::Error::new(problem, hint));
    }
    if length > MAX_ANSWER {
        let problem = format!("{server} answers without end");
        return Err(shared::Error::new(problem, hint));
    }
    let text = String::from_utf8_lossy(answer);
    shared::print(text)
}
