//! Lesson 02 on the standard library alone: a UDP client that prints the answer to its message.
//!
//! Run it: `cargo run -p lesson02-udp-client --example lesson02-bare`,
//! with lesson 03 in another terminal.
#![allow(clippy::print_stdout)]

use std::env;
use std::error::Error;
use std::net::UdpSocket;
use std::time::Duration;

fn main() -> Result<(), Box<dyn Error>> {
    let server = env::args().nth(1).unwrap_or("127.0.0.1:7007".to_string());
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.connect(server)?;
    // A datagram may get lost: without a time-out, the client would wait forever.
    socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    socket.send("Hello, network! 你好，网络！".as_bytes())?;

    let mut buffer = [0; 65_535];
    let length = socket.recv(&mut buffer)?;
    println!("{}", String::from_utf8_lossy(&buffer[..length]));
    Ok(())
}
