//! Lesson 05 with exercise 4 solved: it sends and takes messages with a length in front.
//!
//! Diff it: `cargo run -- diff 05 --exercise 4`.

use std::io::{Read, Write};

use shared::{Error, OrCannot};

/// The most bytes of a message, and of an answer.
const MAX_MESSAGE: usize = 65_536;

fn main() -> shared::Result {
    let config = shared::load!("LESSON_ECHO_ADDR", "LESSON_MESSAGE", "LESSON_TIMEOUT");
    let server = config.peer("LESSON_ECHO_ADDR", "lesson04-tcp-server");
    let message = config.bytes("LESSON_MESSAGE", MAX_MESSAGE);
    let timeout = config.seconds("LESSON_TIMEOUT");

    // Steps 1 and 2: create the socket, and connect it to the given server. This calls
    // `TcpStream::connect_timeout` for each address of the host, until one takes the connection.
    let mut socket = shared::connect(&server, timeout).or_cannot("connect to", &server)?;
    socket.set_read_timeout(Some(timeout)).or_cannot("await", &server)?;
    socket.set_write_timeout(Some(timeout)).or_cannot("await", &server)?;

    // Step 3: send to the given server, the length in front: four bytes in big-endian order.
    let length = (message.len() as u32).to_be_bytes();
    let question = [&length, message].concat();
    socket.write_all(&question).or_cannot("send to", &server)?;
    shared::sent(&question, &server);

    // Step 4: receive the answer, however many pieces it comes in: first its length.
    let mut length = [0; 4];
    socket.read_exact(&mut length).or_cannot("receive from", &server)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > MAX_MESSAGE {
        let hint = "does it put four bytes of length in front of its answer? see what it says";
        return Err(Error::new(format!("{server} announces {length} bytes"), hint));
    }
    let mut answer = vec![0; length];
    socket.read_exact(&mut answer).or_cannot("receive from", &server)?;
    shared::received(&answer, &server);

    // Step 5: close.
    drop(socket);

    shared::print(shared::text(&answer))
}
