//! Lesson 10 on the library suppaftp alone: plain FTP, as short as it can be.
//!
//! Run it: `cargo run -p lesson10-ftp-client --example lesson10-bare`, with the practice servers in
//! another terminal. It downloads into the folder where it is started.
#![allow(clippy::print_stdout)]

use std::env;
use std::error::Error;
use std::fs::File;
use std::io;

use suppaftp::types::FileType;
use suppaftp::{FtpError, FtpStream};

fn main() -> Result<(), Box<dyn Error>> {
    let host = env::args().nth(1).unwrap_or("127.0.0.1:2121".into());
    let mut ftp = FtpStream::connect(host)?;
    ftp.login("guest", "practice")?;
    ftp.transfer_type(FileType::Binary)?;
    ftp.cwd("pub")?;

    for name in ftp.nlst(None)? {
        println!("{name}");
    }

    let mut file = File::create("readme.txt")?;
    let length = ftp.retr("readme.txt", |stream| {
        io::copy(stream, &mut file).map_err(FtpError::ConnectionError)
    })?;
    println!("downloaded readme.txt ({length} bytes)");

    let length = ftp.put_file("hello.txt", &mut "Hello!\n".as_bytes())?;
    println!("uploaded hello.txt ({length} bytes)");

    ftp.quit()?;
    Ok(())
}
