//! How an office hands a mail to another office: as an SMTP client.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use shared::log::Kind;

use crate::accounts::Office;
use crate::clients::Crowd;
use crate::connection::{Connection, Line};
use crate::transcript::Transcript;
use crate::{dots, limits};

/// A mail on its way to another office.
pub struct Mail<'a> {
    /// Its name in the queue.
    pub id: &'a str,
    /// The file with the message.
    pub message: &'a Path,
    /// The sender, from the envelope.
    pub sender: &'a str,
    /// The parameters, from the envelope.
    pub parameters: &'a str,
    /// The recipients at the other office.
    pub recipients: Vec<&'a str>,
}

/// Talks to the server at `addr` as any SMTP client would, up to the end of the message. Returns
/// the connection, and for each recipient the reply that says whether it gets the mail.
///
/// # Errors
/// The connection's, and a server that does not greet.
pub fn hand_over(
    mail: &Mail,
    office: &Office,
    addr: SocketAddr,
    transcript: Transcript,
) -> io::Result<(Connection, Vec<String>)> {
    let socket = TcpStream::connect_timeout(&addr, limits::STALL)?;
    let transcript = transcript.with_own_side(socket.local_addr()?);
    transcript.told(Kind::Connected, format!("takes {} to {addr}", mail.id));
    let mut peer = Connection::new(socket, transcript, Crowd::default().enter())?;
    expect("220", read_reply(&mut peer)?)?;
    expect("250", ask(&mut peer, &format!("EHLO {}", office.domain))?)?;

    let mut message = open(mail.message)?;
    // The lines that servers on the way have added do not count.
    let size = message.get_ref().metadata()?.len().min(limits::MESSAGE);
    let command = format!("MAIL FROM:<{}> SIZE={size}{}", mail.sender, mail.parameters);
    let reply = ask(&mut peer, &command)?;
    if !reply.starts_with('2') {
        return Ok((peer, vec![reply; mail.recipients.len()]));
    }
    let mut replies = Vec::new();
    for address in &mail.recipients {
        replies.push(ask(&mut peer, &format!("RCPT TO:<{address}>"))?);
    }
    let mut taken: Vec<_> = replies.iter_mut().filter(|reply| reply.starts_with('2')).collect();
    if !taken.is_empty() {
        let mut reply = ask(&mut peer, "DATA")?;
        if reply.starts_with('3') {
            let stream = peer.stream.get_mut();
            dots::send(&mut message, None, |part| stream.write_all(part))?;
            stream.flush()?;
            reply = read_reply(&mut peer)?;
        }
        for one in &mut taken {
            **one = reply.clone();
        }
    }
    Ok((peer, replies))
}

/// Opens a message behind its line [`Envelope::return_path`](super::envelope::Envelope), which is
/// for nobody but the last office.
pub fn open(message: &Path) -> io::Result<BufReader<File>> {
    let mut message = BufReader::with_capacity(limits::PIECE, File::open(message)?);
    if message.fill_buf()?.starts_with(b"Return-Path:") {
        message.skip_until(b'\n')?;
    }
    Ok(message)
}

/// Says `QUIT` and closes the connection. The mail has been handed over: what fails now does not
/// matter.
pub fn quit(mut peer: Connection) {
    if ask(&mut peer, "QUIT").is_ok() {
        peer.close();
    }
}

/// Sends a command and waits for its reply.
fn ask(peer: &mut Connection, command: &str) -> io::Result<String> {
    peer.send(command)?;
    read_reply(peer)
}

/// Reads a reply, and returns its last line: the one without a `-` behind the code.
fn read_reply(peer: &mut Connection) -> io::Result<String> {
    for _ in 0..100 {
        let Line::Text(line) = peer.read_line("")? else {
            return Err(ErrorKind::UnexpectedEof.into());
        };
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(line);
        }
    }
    Err(io::Error::other("a reply without end"))
}

fn expect(code: &str, reply: String) -> io::Result<()> {
    if reply.starts_with(code) { Ok(()) } else { Err(io::Error::other(reply)) }
}
