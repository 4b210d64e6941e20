//! Lesson 01 on the standard library alone: a UDP server that echoes one datagram and ends.
//!
//! Run it: `cargo run -p lesson01-udp-server --example lesson01-bare`,
//! then lesson 02 in another terminal.
#![allow(clippy::print_stderr)]

use std::env;
use std::error::Error;
use std::net::UdpSocket;

fn main() -> Result<(), Box<dyn Error>> {
    let addr = env::args().nth(1).unwrap_or("127.0.0.1:7007".to_string());
    let socket = UdpSocket::bind(addr)?;
    eprintln!("listening on {}", socket.local_addr()?);

    let mut buffer = [0; 65_535];
    let (length, peer) = socket.recv_from(&mut buffer)?;
    socket.send_to(&buffer[..length], peer)?;
    Ok(())
}
