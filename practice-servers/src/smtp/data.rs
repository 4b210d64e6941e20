//! `DATA`: takes the message itself, and writes down the way that it has come.

use std::io::{self, Write};

use shared::log::Kind;

use crate::connection::{Connection, is_time_out};
use crate::files::{self, Draft};
use crate::mail::envelope::Envelope;
use crate::session::{Answer, Reply};
use crate::smtp::header::Header;
use crate::smtp::{Session, TOO_LARGE};
use crate::trouble::What;
use crate::{clock, dots, limits};

/// The most bytes that servers on the way may have added to a message.
const TRACES: u64 = 1 << 16;

const NO_AUTHOR: &str = "550 The \"From\" header is missing or invalid. Please follow RFC5322, \
                         RFC2047, RFC822 standard protocol.";

impl Session<'_> {
    /// Takes a message, up to the line with a dot, and keeps it.
    pub(super) fn data(&mut self, connection: &mut Connection) -> Answer {
        let envelope = self.envelope.as_ref().ok_or("503 say MAIL first")?;
        if envelope.recipients.is_empty() {
            return Err("554 nobody to send it to".into());
        }
        let transcript = connection.transcript.clone();
        let cannot_keep = |error: io::Error| {
            let folder = self.practice.folder.display();
            transcript.failed(format!("cannot keep the mail in {folder}: {error}"));
            Reply::from("452 cannot keep the mail: send it again later")
        };
        let envelope = self.envelope.take().unwrap_or_default();
        let id = files::unique_name();
        // The queue's thread leaves the first line out when it hands the mail to another office.
        let trace = envelope.return_path() + &self.trace(&id, &envelope, connection);
        let draft = Draft::create(&self.practice.drafts, trace.as_bytes());
        let mut draft = draft.map_err(cannot_keep)?;
        connection.send("354 the mail, please, and CR LF . CR LF at its end")?;

        let mut size = 0;
        let mut header = Header::default();
        let mut stays = Vec::new();
        let mut kept = Ok(());
        let received = dots::receive(connection, |part| {
            transcript.part(Kind::Received, size, part);
            stays.clear();
            header.take(part, &mut stays);
            size += stays.len() as u64;
            if kept.is_ok() && size <= limits::MESSAGE + TRACES {
                kept = draft.file.write_all(&stays);
            }
        });
        transcript.told(Kind::Received, format!("message of {size} bytes"));
        match received {
            Err(error) if is_time_out(&error) => {
                return Err(Reply::close("421 closing: the mail did not end in time"));
            }
            received => received?,
        }
        kept.map_err(cannot_keep)?;
        // What the servers before this one have added does not count for the sender's limit.
        if size > limits::MESSAGE + TRACES.min(header.traces) {
            return Err(TOO_LARGE.into());
        }
        if header.hops > limits::HOPS {
            return Err("554 this mail goes round in a loop".into());
        }
        // The real qq refuses such mails of its users, too, in these words.
        if self.office.wants_author && self.login.is_some() && !header.has_author() {
            return Err(NO_AUTHOR.into());
        }
        let find = |what| self.troubles.iter().find(|trouble| trouble.what == what);
        if let Some(trouble) = find(What::RefuseMail) {
            return Err(trouble.refusal());
        }
        self.practice.queue(self.office).accept(&id, draft, envelope).map_err(cannot_keep)?;
        if find(What::Cut).is_some() {
            transcript.said("cuts the connection without a reply");
            return Ok(Reply::close(""));
        }
        Ok(format!("250 taken as {id}").into())
    }

    /// The `Received` line that every server on the way puts before the mail (RFC 5321 section 4.4,
    /// RFC 3848).
    fn trace(&self, id: &str, envelope: &Envelope, connection: &Connection) -> String {
        let (client, is_extended) = self.client.clone().unwrap_or_default();
        // The name may be in any script, but a header may not.
        let client = client.replace(|character: char| !character.is_ascii(), "?");
        let is_utf8 = envelope.parameters.contains("SMTPUTF8");
        let with = match (is_extended, is_utf8) {
            (true, true) => "UTF8SMTP",
            (true, false) => "ESMTP",
            (false, _) => "SMTP",
        };
        let secure = if connection.is_secure { "S" } else { "" };
        let login = if self.login.is_some() { "A" } else { "" };
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
        let domain = self.office.domain;
        let date = clock::mail_date();
        format!(
            "Received: from {client} ({address})\r\n\
             \tby {domain} with {with}{secure}{login} id {id}{recipient};\r\n\
             \t{date}\r\n"
        )
    }
}
