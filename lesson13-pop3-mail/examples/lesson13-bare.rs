//! Lesson 13 on std and the library mailparse alone: it fetches the newest mail over POP3.
//!
//! Run it: `cargo run -p lesson13-pop3-mail --example lesson13-bare`, with the practice servers in
//! another terminal. A real provider wants TLS, which the lesson adds.
#![allow(clippy::print_stdout)]

use std::env;
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use mailparse::MailHeaderMap;

fn main() -> Result<(), Box<dyn Error>> {
    let socket = TcpStream::connect(env::args().nth(1).unwrap_or("127.0.0.1:2111".into()))?;
    socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut stream = BufReader::new(socket);
    // The server speaks first.
    ask(&mut stream, "")?;
    ask(&mut stream, "USER xuesheng@sina.example\r\n")?;
    ask(&mut stream, "PASS practice\r\n")?;
    let count = ask(&mut stream, "STAT\r\n")?;
    let newest = count.split(' ').nth(1).unwrap_or_default();
    ask(&mut stream, &format!("RETR {newest}\r\n"))?;
    let mut message = Vec::new();
    for line in (&mut stream).split(b'\n') {
        let line = line?;
        if line == b".\r" {
            break;
        }
        message.extend(line.strip_prefix(b".").unwrap_or(&line));
        message.push(b'\n');
    }
    ask(&mut stream, "QUIT\r\n")?;

    let mail = mailparse::parse_mail(&message)?;
    println!("Subject: {}\n", mail.headers.get_first_value("Subject").unwrap_or_default());
    for part in mail.parts().filter(|part| part.ctype.mimetype == "text/plain") {
        println!("{}", part.get_body()?);
    }
    Ok(())
}

/// Sends a command, and returns the line that replies to it.
fn ask(stream: &mut BufReader<TcpStream>, command: &str) -> Result<String, Box<dyn Error>> {
    stream.get_mut().write_all(command.as_bytes())?;
    let mut reply = String::new();
    stream.read_line(&mut reply)?;
    if reply.starts_with("+OK") { Ok(reply) } else { Err(format!("refused: {reply}").into()) }
}
