//! Lesson 03 with exercise 2 solved: it answers five datagrams of each peer.
//!
//! Diff it: `cargo run -- diff 03 --exercise 2`.

use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};

use shared::OrCannot;

/// The most bytes of a datagram: the length in its IP header has 16 bits (RFC 791 section 3.1).
const BUFFER_SIZE: usize = 65_535;
/// No peer gets more answers than this.
const MAX_ANSWERS: u32 = 5;

fn main() -> shared::Result {
    let config = shared::load!("LESSON_ECHO_ADDR");
    let addr = config.addr("LESSON_ECHO_ADDR");

    // Steps 1 and 2: create the socket, and bind it to a fixed IP address and port.
    let socket = UdpSocket::bind(&addr).or_cannot("listen on", &addr)?;
    let local = socket.local_addr().or_cannot("ask for the port of", &addr)?;
    shared::listening(local);

    let mut buffer = [0; BUFFER_SIZE];
    let mut answers = HashMap::new();
    loop {
        if let Err(error) = echo_datagram(&socket, &mut buffer, &mut answers) {
            shared::report(&error);
        }
    }
}

/// Receives one datagram and sends it back (RFC 862).
fn echo_datagram(
    socket: &UdpSocket,
    buffer: &mut [u8],
    answers: &mut HashMap<SocketAddr, u32>,
) -> shared::Result {
    // Step 3: receive what the peer sends.
    let (length, peer) = socket.recv_from(buffer).or_cannot("receive from", "a peer")?;
    let datagram = &buffer[..length];
    shared::received(datagram, peer);

    let count = answers.entry(peer).or_insert(0);
    if *count == MAX_ANSWERS {
        shared::info!("ignored {peer}");
        return Ok(());
    }
    *count += 1;

    // Step 4: answer; an echo server sends back what it received.
    socket.send_to(datagram, peer).or_cannot("answer", peer)?;
    shared::sent(datagram, peer);
    Ok(())
}
