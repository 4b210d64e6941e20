//! Lesson 05 on the standard library alone: a TCP client that prints the answer to its message.
//!
//! Run it: `cargo run -p lesson05-tcp-client --example lesson05-bare`,
//! with lesson 04 or 09 in another terminal.
#![allow(clippy::print_stdout)]

use std::env;
use std::error::Error;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

fn main() -> Result<(), Box<dyn Error>> {
    let server = env::args().nth(1).unwrap_or("127.0.0.1:7007".to_string());
    let mut socket = TcpStream::connect(server)?;
    // A server may keep the connection open: without a time-out, the client would wait forever.
    socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    socket.write_all("Hello, network! 你好，网络！".as_bytes())?;
    socket.shutdown(Shutdown::Write)?;

    let mut answer = String::new();
    socket.read_to_string(&mut answer)?;
    println!("{answer}");
    Ok(())
}
