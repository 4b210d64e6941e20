//! Lesson 05 with exercise 2 solved: it asks a second question.
//!
//! Diff it: `cargo run -- diff 05 --exercise 2`.

use std::io::{Read, Write};
use std::net::Shutdown;

use shared::{Error, OrCannot};

/// At most this many bytes of the stream are received at once; what follows waits for its turn.
const BUFFER_SIZE: usize = 65_535;
/// The most bytes by which an answer may be longer than its message; an echo is just as long.
const MAX_MORE: usize = 1_048_576;

fn main() -> shared::Result {
    let config = shared::load!("LESSON_ECHO_ADDR", "LESSON_MESSAGE", "LESSON_TIMEOUT");
    let server = config.peer("LESSON_ECHO_ADDR", "lesson04-tcp-server");
    let message = config.text("LESSON_MESSAGE").as_bytes();
    let timeout = config.seconds("LESSON_TIMEOUT");

    // Steps 1 and 2: create the socket, and connect it to the given server. This calls
    // `TcpStream::connect_timeout` for each address of the host, until one takes the connection.
    let mut socket = shared::connect(&server, timeout).or_cannot("connect to", &server)?;
    socket.set_write_timeout(Some(timeout)).or_cannot("await", &server)?;

    // Step 3: send to the given server.
    socket.write_all(message).or_cannot("send to", &server)?;
    shared::sent(message, &server);

    // Step 4: receive the answer, which is as long as the message.
    let mut first = vec![0; message.len()];
    let mut stream = shared::in_time(&socket, timeout);
    stream.read_exact(&mut first).or_cannot("receive from", &server)?;
    shared::received(&first, &server);
    shared::print(shared::text(&first))?;

    // Step 3 again: send the second message.
    let message = "bye".as_bytes();
    socket.write_all(message).or_cannot("send to", &server)?;
    shared::sent(message, &server);
    // This is all: the server reads to the end of the stream.
    socket.shutdown(Shutdown::Write).or_cannot("finish sending to", &server)?;

    let most = message.len() + MAX_MORE;
    let mut stream = shared::in_time(&socket, timeout).take(most as u64);
    let mut buffer = vec![0; BUFFER_SIZE];
    let mut answer = Vec::new();
    loop {
        // Step 4 again: receive the answer, to the end of the stream.
        let length = stream.read(&mut buffer).or_cannot("receive from", &server)?;
        if length == 0 {
            break;
        }
        shared::received(&buffer[..length], &server);
        answer.extend_from_slice(&buffer[..length]);
    }

    // Step 5: close.
    drop(socket);

    if answer.is_empty() && !message.is_empty() {
        let hint = "is it an echo server? see what it says";
        return Err(Error::new(format!("{server} closed without an answer"), hint));
    }
    if answer.len() == most {
        let hint = "is it an echo server? see what it says";
        return Err(Error::new(format!("{server} answers without end"), hint));
    }
    shared::print(shared::text(&answer))
}
