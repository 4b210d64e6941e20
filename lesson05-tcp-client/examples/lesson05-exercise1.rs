//! Lesson 05 with exercise 1 solved: it sees whether all of the answer has come.
//!
//! Check it: `cargo run -- check solutions 05`.
//! Diff it: `cargo run -- diff 05 --exercise 1`.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use shared::OrCannot;

/// The most bytes of a message. A datagram over IPv4 carries no more: of its 65,535 bytes, the IP
/// header takes 20 and the UDP header 8 (RFC 791 section 3.1, RFC 768).
const MAX_MESSAGE: usize = 65_507;
/// The most bytes of an answer. An echo is as long as its message, which is shorter than this.
const MAX_ANSWER: usize = 65_535;

fn main() -> shared::Result {
    let config = shared::load!("LESSON_ECHO_ADDR", "LESSON_MESSAGE", "LESSON_TIMEOUT");
    let server = config.peer("LESSON_ECHO_ADDR", "lesson04-tcp-server")?;
    let message = config.bytes("LESSON_MESSAGE", MAX_MESSAGE);
    let limit = config.seconds("LESSON_TIMEOUT");

    // Steps 1 and 2: create the socket, and connect it to the given server.
    let mut socket = TcpStream::connect_timeout(&server, limit).or_cannot("connect to", server)?;
    socket.set_read_timeout(Some(limit)).or_cannot("await", server)?;
    socket.set_write_timeout(Some(limit)).or_cannot("await", server)?;

    // Step 3: send to the given server.
    socket.write_all(message).or_cannot("send to", server)?;
    shared::sent(message, server);
    // This is all: the server reads to the end of the stream.
    socket.shutdown(Shutdown::Write).or_cannot("finish sending to", server)?;

    let mut buffer = Vec::new();
    let mut limited = (&socket).take(MAX_ANSWER as u64 + 1);
    // Step 4: receive the answer, to the end of the stream.
    let length = limited.read_to_end(&mut buffer).or_cannot("receive from", server)?;
    let answer = &buffer[..length];
    shared::received(answer, server);

    // Step 5: close.
    drop(socket);

    let hint = "is it an echo server? see what it says";
    if answer.is_empty() && !message.is_empty() {
        return Err(shared::Error::new(format!("{server} closed without an answer"), hint));
    }
    if answer.len() < message.len() {
        let problem = format!("{server} closed after {length} of {} bytes", message.len());
        return Err(shared::Error::new(problem, hint));
    }
    if answer.len() > MAX_ANSWER {
        return Err(shared::Error::new(format!("{server} answers without end"), hint));
    }
    shared::print(String::from_utf8_lossy(answer))
}
