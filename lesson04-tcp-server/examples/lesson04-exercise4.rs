//! Lesson 04 with exercise 4 solved: it takes messages with a length in front.
//!
//! Diff it: `cargo run -- diff 04 --exercise 4`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use shared::{Error, OrCannot};

/// The most bytes of a message.
const MAX_MESSAGE: usize = 65_536;

fn main() -> shared::Result {
    let config = shared::load!("LESSON_ECHO_ADDR", "LESSON_TIMEOUT");
    let addr = config.addr("LESSON_ECHO_ADDR");
    let timeout = config.seconds("LESSON_TIMEOUT");

    // Steps 1 to 3: create the socket, bind it to a fixed IP address and port, and listen.
    let listener = TcpListener::bind(&addr).or_cannot("listen on", &addr)?;
    let local = listener.local_addr().or_cannot("ask for the port of", &addr)?;
    shared::listening(local);

    loop {
        if let Err(error) = accept_client(&listener, timeout) {
            shared::report(&error);
            // The system may be out of sockets: wait until clients leave.
            thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Accepts the next client, and serves it.
fn accept_client(listener: &TcpListener, timeout: Duration) -> shared::Result {
    // Step 4: accept, which yields a second socket, the channel to that one peer.
    let (stream, peer) = listener.accept().or_cannot("accept", "a client")?;
    shared::accepted(peer);
    stream.set_read_timeout(Some(timeout)).or_cannot("await", peer)?;
    stream.set_write_timeout(Some(timeout)).or_cannot("await", peer)?;
    serve_client(stream, peer);
    Ok(())
}

/// Sends back each message that comes, to the end of the stream.
fn echo_stream(mut stream: &TcpStream, peer: SocketAddr) -> shared::Result {
    loop {
        // Only here, before a message begins, may the stream end.
        if shared::wait(|| stream.peek(&mut [0])).or_cannot("receive from", peer)? == 0 {
            return Ok(());
        }
        // Step 5: receive a message, however many pieces it comes in: first its length.
        let mut prefix = [0; 4];
        stream.read_exact(&mut prefix).or_cannot("receive from", peer)?;
        let length = u32::from_be_bytes(prefix) as usize;
        // Whoever believes every length makes room for 4 GiB when a peer says so.
        if length > MAX_MESSAGE {
            let hint = "does it put four bytes of length in front of its message?";
            return Err(Error::new(format!("{peer} announces {length} bytes"), hint));
        }
        let mut message = vec![0; length];
        stream.read_exact(&mut message).or_cannot("receive from", peer)?;
        shared::received(&message, peer);
        // Step 6: answer; an echo server sends back what it received, its length in front again.
        let answer = [&prefix, message.as_slice()].concat();
        stream.write_all(&answer).or_cannot("answer", peer)?;
        shared::sent(&answer, peer);
    }
}

/// Serves one client, until it closes its sending side or something goes wrong.
fn serve_client(stream: TcpStream, peer: SocketAddr) {
    if let Err(error) = echo_stream(&stream, peer) {
        shared::report(&error);
    }
    // Step 7: close the channel.
    drop(stream);
    shared::closed(peer);
}
