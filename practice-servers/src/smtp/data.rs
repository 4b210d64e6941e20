//! `DATA`: takes the message itself, and writes down the way that it has come.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};

use crate::connection::{Connection, is_time_out};
use crate::files::{self, Draft};
use crate::mail::envelope::Envelope;
use crate::session::Reply;
use crate::smtp::{Session, TOO_LARGE};
use crate::{clock, dots, limits};

/// The most bytes that servers on the way may have added to a message.
const TRACES: u64 = 65_536;

impl Session<'_> {
    /// Takes a message, up to the line with a dot, and keeps it.
    ///
    /// # Errors
    /// The connection's. What the disk refuses becomes a reply.
    pub(super) fn data(
        &mut self,
        argument: &str,
        connection: &mut Connection,
    ) -> io::Result<Reply> {
        if !argument.is_empty() {
            return Ok("501 DATA takes no argument".into());
        }
        match &self.envelope {
            None => return Ok("503 say MAIL first".into()),
            Some(envelope) if envelope.recipients.is_empty() => {
                return Ok("554 nobody to send it to".into());
            }
            Some(_) => {}
        }
        let queue = self.practice.queue(self.office);
        if queue.is_full() {
            return Ok("452 the queue is full".into());
        }
        let transcript = connection.transcript.clone();
        let cannot_keep = |error: io::Error| {
            transcript.failed(format!("cannot keep the mail: {error}"));
            Ok("452 cannot keep the mail: send it again later".into())
        };
        let mut draft = match Draft::create(&self.practice.drafts) {
            Ok(draft) => draft,
            Err(error) => return cannot_keep(error),
        };
        let envelope = self.envelope.take().unwrap_or_default();
        let id = files::unique_name();
        let trace = self.trace(&id, &envelope, connection);
        let mut kept = draft.write_all(trace.as_bytes());
        connection.send("354 the mail, please, and CR LF . CR LF at its end")?;

        let mut size = 0;
        let received = dots::receive(&mut connection.stream, |part| {
            transcript.bytes('<', part);
            size += part.len() as u64;
            if kept.is_ok() && size <= limits::MESSAGE + TRACES {
                kept = draft.write_all(part);
            }
        });
        transcript.note(format!("message of {size} bytes"));
        match received {
            Err(error) if is_time_out(&error) => {
                return Ok(Reply::close("421 closing: the mail did not end in time"));
            }
            received => received?,
        }
        if let Err(error) = kept {
            return cannot_keep(error);
        }
        draft.file().seek(SeekFrom::Start(trace.len() as u64))?;
        let (hops, traces) = read_traces(draft.file())?;
        // What the servers before this one have added does not count for the sender's limit.
        if size - traces > limits::MESSAGE || size > limits::MESSAGE + TRACES {
            return Ok(TOO_LARGE.into());
        }
        if hops > limits::HOPS {
            return Ok("554 this mail goes round in a loop".into());
        }
        match queue.accept(&id, draft, envelope) {
            Ok(()) => Ok(format!("250 taken as {id}").into()),
            Err(error) => cannot_keep(error),
        }
    }

    /// The `Received` line that every server on the way puts before the mail (RFC 5321 section 4.4,
    /// RFC 3848).
    fn trace(&self, id: &str, envelope: &Envelope, connection: &Connection) -> String {
        let (client, is_extended) = self.client.clone().unwrap_or_default();
        // The name may be in any script, but a header may not.
        let client = client.replace(|character: char| !character.is_ascii(), "?");
        let mut with = match is_extended {
            true if envelope.parameters.contains("SMTPUTF8") => "UTF8SMTP".to_string(),
            true => "ESMTP".to_string(),
            false => "SMTP".to_string(),
        };
        if connection.is_secure {
            with += "S";
        }
        if self.login.is_some() {
            with += "A";
        }
        let address = match connection.socket.peer_addr() {
            Ok(peer) if peer.is_ipv6() => format!("[IPv6:{}]", peer.ip()),
            Ok(peer) => format!("[{}]", peer.ip()),
            Err(_) => "[unknown]".into(),
        };
        // A single recipient may see its address here. Of several, none may see the others.
        let recipient = match &envelope.recipients[..] {
            [recipient] => format!("\r\n\tfor <{}>", recipient.address),
            _ => String::new(),
        };
        let (domain, date) = (self.office.domain, clock::mail_date());
        format!(
            "Received: from {client} ({address})\r\n\
             \tby {domain} with {with} id {id}{recipient};\r\n\
             \t{date}\r\n"
        )
    }
}

/// How many servers the mail has passed, by the `Received` fields in its header, and how many bytes
/// those at its top have, which were added on this way. A field goes on in lines that begin with a
/// space or a tab.
fn read_traces(message: &mut File) -> io::Result<(usize, u64)> {
    let (mut hops, mut bytes) = (0, 0);
    let mut is_top = true;
    let mut lines = BufReader::new(message);
    let mut line = Vec::new();
    while lines.by_ref().take(TRACES).read_until(b'\n', &mut line)? > 0 {
        let name = line.get(..9).unwrap_or_default();
        if line.trim_ascii_end().is_empty() {
            break;
        } else if name.eq_ignore_ascii_case(b"Received:") {
            hops += 1;
        } else if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            is_top = false;
        }
        if is_top {
            bytes += line.len() as u64;
        }
        line.clear();
    }
    Ok((hops, bytes))
}
