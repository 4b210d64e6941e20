//! How an office hands a mail to another office: as an SMTP client.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use shared::log::Kind;

use crate::accounts::Office;
use crate::clients::Crowd;
use crate::connection::{Connection, Line};
use crate::mail::Queue;
use crate::mail::envelope::Envelope;
use crate::transcript::Transcript;
use crate::{dots, limits};

impl Queue {
    /// Talks to another office at `addr` as any SMTP client would, up to the end of the message
    /// with this name in the queue. Each recipient who is there keeps the reply that says whether
    /// it gets the mail.
    pub(super) fn hand_over(
        &self,
        id: &str,
        envelope: &mut Envelope,
        other: &Office,
        addr: SocketAddr,
    ) -> io::Result<Connection> {
        let socket = TcpStream::connect_timeout(&addr, limits::STALL)?;
        let transcript = Transcript::new(&format!("{}-relay", self.office.name), self.sink);
        let transcript = transcript.with_own_side(socket.local_addr()?);
        transcript.told(Kind::Connected, format!("takes {id} to {addr}"));
        let mut peer = Connection::new(socket, transcript, Crowd::default().enter())?;
        expect("220", read_reply(&mut peer)?)?;
        expect("250", ask(&mut peer, &format!("EHLO {}", self.office.domain))?)?;

        let mut message = open(&self.file(id, "message"))?;
        // The lines that servers on the way have added do not count.
        let size = message.get_ref().metadata()?.len().min(limits::MESSAGE);
        let Envelope { sender, parameters, .. } = envelope;
        let answer = ask(&mut peer, &format!("MAIL FROM:<{sender}> SIZE={size}{parameters}"))?;
        // What an office said before its connection broke off does not count.
        envelope.waiting().for_each(|recipient| recipient.reply.clear());
        let waiting = envelope.waiting();
        let mut recipients: Vec<_> = waiting.filter(|one| other.serves(&one.address)).collect();
        for recipient in &mut recipients {
            recipient.reply = answer.clone();
            if answer.starts_with('2') {
                let command = format!("RCPT TO:<{}>", recipient.address);
                recipient.reply = ask(&mut peer, &command)?;
            }
        }
        recipients.retain(|recipient| recipient.reply.starts_with('2'));
        if !recipients.is_empty() {
            let mut answer = ask(&mut peer, "DATA")?;
            if answer.starts_with('3') {
                let stream = peer.stream.get_mut();
                dots::send(&mut message, None, |part| stream.write_all(part))?;
                stream.flush()?;
                answer = read_reply(&mut peer)?;
            }
            recipients.iter_mut().for_each(|recipient| recipient.reply = answer.clone());
        }
        Ok(peer)
    }
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
