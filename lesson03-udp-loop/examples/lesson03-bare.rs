//! Lesson 03 on the standard library alone: a UDP server that echoes datagrams forever.
//!
//! Run it: `cargo run -p lesson03-udp-loop --example lesson03-bare`,
//! then lesson 02 in another terminal.
#![allow(clippy::print_stderr)]

use std::env;
use std::error::Error;
use std::io;
use std::net::UdpSocket;

fn main() -> Result<(), Box<dyn Error>> {
    let addr = env::args().nth(1).unwrap_or("127.0.0.1:7007".to_string());
    let socket = UdpSocket::bind(addr)?;
    eprintln!("listening on {}", socket.local_addr()?);

    let mut buffer = [0; 65_535];
    loop {
        // No bad datagram ends the server.
        if let Err(error) = echo_datagram(&socket, &mut buffer) {
            eprintln!("{error}");
        }
    }
}

fn echo_datagram(socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<()> {
    let (length, peer) = socket.recv_from(buffer)?;
    socket.send_to(&buffer[..length], peer)?;
    Ok(())
}
