//! Lesson 04 with exercise 3 solved: it sends back whole lines.
//!
//! Diff it: `cargo run -- diff 04 --exercise 3`.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use shared::OrCannot;

/// The most bytes of a line, with its new line.
const MAX_LINE: usize = 1_024;

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

/// Sends back what comes, to the end of the stream.
fn echo_stream(mut stream: &TcpStream, peer: SocketAddr) -> shared::Result {
    let mut reader = BufReader::new(stream);
    loop {
        // Step 5: receive a line, or what is left when the stream ends.
        let mut line = Vec::new();
        let mut limited = reader.by_ref().take(MAX_LINE as u64 + 1);
        let length = limited.read_until(b'\n', &mut line).or_cannot("receive from", peer)?;
        shared::received(&line, peer);
        if length == 0 {
            return Ok(());
        }
        if length > MAX_LINE {
            stream.write_all(b"line too long\n").or_cannot("answer", peer)?;
            stream.shutdown(Shutdown::Write).or_cannot("finish sending to", peer)?;
            // A close with bytes unread resets the connection, and the peer may lose these words.
            io::copy(&mut reader, &mut io::sink()).or_cannot("receive from", peer)?;
            return Ok(());
        }
        // Step 6: answer; an echo server sends back what it received.
        stream.write_all(&line).or_cannot("answer", peer)?;
        shared::sent(&line, peer);
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
