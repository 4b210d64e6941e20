//! Lesson 04 on the standard library alone: a TCP echo server, one client after another.
//!
//! Run it: `cargo run -p lesson04-tcp-server --example lesson04-bare`,
//! then lesson 05 in another terminal.
#![allow(clippy::print_stderr)]

use std::env;
use std::error::Error;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

fn main() -> Result<(), Box<dyn Error>> {
    let addr = env::args().nth(1).unwrap_or("127.0.0.1:7007".to_string());
    let listener = TcpListener::bind(addr)?;
    eprintln!("listening on {}", listener.local_addr()?);

    for stream in listener.incoming() {
        // No bad client ends the server.
        if let Err(error) = serve_client(&stream?) {
            eprintln!("{error}");
        }
    }
    Ok(())
}

fn serve_client(mut stream: &TcpStream) -> io::Result<()> {
    // Without time-outs, a silent client would keep all others waiting forever.
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.set_write_timeout(Some(Duration::from_secs(10)))?;
    // Whatever comes goes back, to the end of the stream.
    io::copy(&mut stream.try_clone()?, &mut stream)?;
    Ok(())
}
