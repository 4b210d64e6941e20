//! Lesson 01 with exercise 3 solved: it does not wait forever.
//!
//! Diff it: `cargo run -- diff 01 --exercise 3`.

use std::net::UdpSocket;
use std::time::Duration;

use shared::OrCannot;

/// The most bytes of a datagram: the length in its IP header has 16 bits (RFC 791 section 3.1).
const BUFFER_SIZE: usize = 65_535;

fn main() -> shared::Result {
    let config = shared::load!("LESSON_ECHO_ADDR");
    let addr = config.addr("LESSON_ECHO_ADDR");

    // Steps 1 and 2: create the socket, and bind it to a fixed IP address and port.
    let socket = UdpSocket::bind(&addr).or_cannot("listen on", &addr)?;
    let local = socket.local_addr().or_cannot("ask for the port of", &addr)?;
    shared::listening(local);

    let timeout = Some(Duration::from_secs(2));
    socket.set_read_timeout(timeout).or_cannot("await", "a peer")?;
    let mut buffer = [0; BUFFER_SIZE];
    echo_datagram(&socket, &mut buffer)
}

/// Receives one datagram and sends it back (RFC 862).
fn echo_datagram(socket: &UdpSocket, buffer: &mut [u8]) -> shared::Result {
    // Step 3: receive what the peer sends.
    let (length, peer) = socket.recv_from(buffer).or_cannot("receive from", "a peer")?;
    let datagram = &buffer[..length];
    shared::received(datagram, peer);

    // Step 4: answer; an echo server sends back what it received.
    socket.send_to(datagram, peer).or_cannot("answer", peer)?;
    shared::sent(datagram, peer);
    Ok(())
}
