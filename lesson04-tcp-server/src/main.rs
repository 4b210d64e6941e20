//! A TCP server that echoes streams forever, one client after another (case 04).
//!
//! Run it: `cargo run -p lesson04-tcp-server`, then lesson 05 in a second terminal, as often as you like.
//! New here: a listener, and for each client a stream of bytes of its own.
//! Diff it: with lesson 03, the same over UDP.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use shared::OrCannot;

/// At most this many bytes are received at once: a whole datagram, or a part of a stream.
const BUFFER_SIZE: usize = 65_535;

fn main() -> shared::Result {
    let config = shared::load(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_DESCRIPTION"));
    let addr = shared::resolve(&config.echo_addr)?;

    // Steps 1 to 3: create the socket, bind it to a fixed IP address and port, and listen.
    let listener = TcpListener::bind(addr).or_cannot("listen on", addr)?;
    let local = listener.local_addr().or_cannot("ask for the port of", addr)?;
    shared::info!("listening on {local}");

    let limit = Some(config.timeout);
    loop {
        if let Err(error) = accept_client(&listener, limit) {
            shared::report(&error);
            // If the system has run out of something, clients that leave give it back.
            thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Accepts the next client, and sees to it that it is served.
fn accept_client(listener: &TcpListener, limit: Option<Duration>) -> shared::Result {
    // Step 4: accept, which yields a second socket, the channel to that one peer.
    let (stream, peer) = listener.accept().or_cannot("accept", "a client")?;
    shared::info!("accepted {peer}");
    stream.set_read_timeout(limit).or_cannot("await", peer)?;
    stream.set_write_timeout(limit).or_cannot("await", peer)?;
    let _ = serve_client(stream, peer).inspect_err(shared::report);
    Ok(())
}

/// Serves one client until it closes its sending side.
fn serve_client(mut stream: TcpStream, peer: SocketAddr) -> shared::Result {
    let mut part = [0; BUFFER_SIZE];
    // Steps 5 and 6, until the end of the stream.
    while echo_part(&mut stream, peer, &mut part)? > 0 {}

    // Step 7: close the channel.
    drop(stream);
    shared::info!("closed {peer}");
    Ok(())
}

/// Receives one part of the stream and sends it back (RFC 862); returns its length, 0 at the end.
fn echo_part(stream: &mut TcpStream, peer: SocketAddr, buffer: &mut [u8]) -> shared::Result<usize> {
    // Step 5: receive what the peer sends; if a debugger or Ctrl-Z ends the wait early, wait again.
    let received = shared::wait(|| stream.read(buffer));
    let length = received.or_cannot("receive from", peer)?;
    let bytes = &buffer[..length];
    shared::received(bytes, peer);
    if bytes.is_empty() {
        return Ok(0);
    }

    // Step 6: answer; an echo server sends back what it received.
    stream.write_all(bytes).or_cannot("answer", peer)?;
    shared::sent(bytes, peer);
    Ok(length)
}
