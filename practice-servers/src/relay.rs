//! The queue of an office: what it has promised to deliver. From there a message goes into a mailbox
//! of its own, or over SMTP to the other office.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::accounts::Office;
use crate::connection::{Connection, Line};
use crate::files::{self, Draft};
use crate::mailbox::{Locks, Maildir};
use crate::transcript::{Sink, Transcript};
use crate::{clock, dots, limits};

/// Who sent a message and who is to get it, whatever its headers say (RFC 5321 section 2.3.1).
#[derive(Clone, Default)]
pub struct Envelope {
    /// The reverse-path: where a report of failure goes; empty for such reports themselves.
    pub sender: String,
    /// Those who have not got the message yet.
    pub recipients: Vec<String>,
    /// The parameters of `MAIL` that the next server must hear of, too (RFC 6152, RFC 6531).
    pub parameters: String,
}

impl Envelope {
    /// A line for the sender, one for the parameters, and one for each recipient; none of these can
    /// hold a line end.
    fn write(&self) -> String {
        let recipients = self.recipients.join("\n");
        format!("{}\n{}\n{recipients}\n", self.sender, self.parameters)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(String::from);
        Some(Envelope {
            sender: lines.next()?,
            parameters: lines.next()?,
            recipients: lines.collect(),
        })
    }
}

/// The queue of one office: a file with the message and one with its envelope for each.
pub struct Queue {
    office: &'static Office,
    /// Where the other office takes mail.
    next_hop: SocketAddr,
    folder: PathBuf,
    mailboxes: PathBuf,
    drafts: PathBuf,
    /// The messages that a thread is at work on.
    busy: Locks,
    wake: SyncSender<()>,
    sink: Sink,
    transcript: Transcript,
}

impl Queue {
    /// The queue of `office` in `root`, and what [`Queue::run`] waits for.
    ///
    /// # Errors
    /// The system's.
    pub fn open(
        office: &'static Office,
        root: &Path,
        next_hop: SocketAddr,
        sink: Sink,
    ) -> io::Result<(Self, Receiver<()>)> {
        let (wake, woken) = sync_channel(1);
        let queue = Queue {
            office,
            next_hop,
            folder: root.join("queue").join(office.domain),
            mailboxes: root.join("mail"),
            drafts: root.join("tmp"),
            busy: Locks::default(),
            wake,
            sink,
            transcript: Transcript::new(format!("{} queue", office.name), sink),
        };
        fs::create_dir_all(&queue.folder)?;
        for address in office.accounts() {
            queue.mailbox(&address)?;
        }
        // A message without an envelope was never promised, or has been delivered.
        for name in names(&queue.folder, ".message")? {
            if !queue.file(&name, "envelope").exists() {
                fs::remove_file(queue.file(&name, "message"))?;
            }
        }
        Ok((queue, woken))
    }

    /// The mailbox of one of the office's accounts.
    ///
    /// # Errors
    /// The system's.
    pub fn mailbox(&self, address: &str) -> io::Result<Maildir> {
        Maildir::open(self.mailboxes.join(address))
    }

    /// Whether no more mail can be taken for now.
    pub fn is_full(&self) -> bool {
        let names = names(&self.folder, ".envelope");
        names.is_ok_and(|names| names.len() >= limits::MESSAGES)
    }

    /// Takes the responsibility for a message: when this returns, it is on the disk, and in those
    /// mailboxes that are the office's own. The other office gets it in the background.
    ///
    /// # Errors
    /// The system's, above all that the disk is full. Nothing is left of the message then.
    pub fn accept(&self, id: &str, message: Draft, mut envelope: Envelope) -> io::Result<()> {
        let busy = self.busy.take(id);
        let path = self.file(id, "message");
        message.publish(&path)?;
        // With the envelope in its place, the message has been taken.
        if let Err(error) = self.keep(id, &envelope) {
            let _ = fs::remove_file(path);
            return Err(error);
        }
        if let Err(error) = self.deliver(id, &mut envelope) {
            let problem = format!("cannot deliver {id} yet: {error}");
            self.transcript.failed(problem);
        }
        drop(busy);
        let _ = self.wake.try_send(());
        Ok(())
    }

    /// Works through the queue whenever something has come into it, and from time to time.
    pub fn run(&self, woken: &Receiver<()>) {
        loop {
            for id in names(&self.folder, ".envelope").unwrap_or_default() {
                let Some(_busy) = self.busy.take(&id) else {
                    continue;
                };
                if let Err(error) = self.process(&id) {
                    self.transcript
                        .failed(format!("will try {id} again: {error}"));
                }
            }
            let _ = woken.recv_timeout(limits::RETRY);
        }
    }

    fn process(&self, id: &str) -> io::Result<()> {
        let text = match fs::read_to_string(self.file(id, "envelope")) {
            // Another thread has just delivered it.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            text => text?,
        };
        let envelope = Envelope::parse(&text);
        let mut envelope = envelope.ok_or(ErrorKind::InvalidData)?;
        self.deliver(id, &mut envelope)?;
        if envelope.recipients.is_empty() {
            return Ok(());
        }
        match self.relay(id, &mut envelope) {
            Err(error) if is_old(id) => {
                let recipients = std::mem::take(&mut envelope.recipients);
                let refused = recipients.iter().map(|name| format!("{name}: {error}"));
                self.settle(id, &envelope, &refused.collect::<Vec<_>>())
            }
            result => result,
        }
    }

    /// Puts the message into those mailboxes of the envelope that are the office's own.
    fn deliver(&self, id: &str, envelope: &mut Envelope) -> io::Result<()> {
        // Every hop has its own name for the message, even where two of them share a mailbox.
        let uid = format!("{id}.{}", self.office.domain);
        let return_path = format!("Return-Path: <{}>\r\n", envelope.sender);
        let all = envelope.recipients.len();
        for recipient in envelope.recipients.clone() {
            if let Some(address) = self.office.mailbox(&recipient) {
                let message = self.file(id, "message");
                let mailbox = self.mailbox(&address)?;
                mailbox.deliver(&uid, &return_path, &message)?;
                envelope.recipients.retain(|other| *other != recipient);
                self.transcript
                    .note(format!("{id} is in the mailbox of {address}"));
            }
        }
        if envelope.recipients.len() < all {
            self.keep(id, envelope)?;
        }
        Ok(())
    }

    /// Hands the message to the other office, as any SMTP client would. Those who got it are gone from
    /// the envelope then, and so are those whom the other office refused for good.
    fn relay(&self, id: &str, envelope: &mut Envelope) -> io::Result<()> {
        let label = format!("{} relay", self.office.name);
        let transcript = Transcript::of_other_side(label, self.sink);
        transcript.note(format!("takes {id} to {}", self.next_hop));
        let socket = TcpStream::connect_timeout(&self.next_hop, limits::STALL)?;
        let mut peer = Connection::new(socket, transcript)?;
        expect("220", read_reply(&mut peer)?)?;
        let hello = format!("EHLO {}", self.office.domain);
        expect("250", ask(&mut peer, &hello)?)?;

        let mut message = BufReader::new(File::open(self.file(id, "message"))?);
        let size = message.get_ref().metadata()?.len();
        let (sender, parameters) = (&envelope.sender, &envelope.parameters);
        // The lines of the servers on the way do not count.
        let claim = size.min(limits::MESSAGE);
        let mail = format!("MAIL FROM:<{sender}> SIZE={claim}{parameters}");
        let mail = ask(&mut peer, &mail)?;

        let (mut taken, mut waiting, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for recipient in &envelope.recipients {
            let mut reply = mail.clone();
            if reply.starts_with('2') {
                reply = ask(&mut peer, &format!("RCPT TO:<{recipient}>"))?;
            }
            match reply.as_bytes() {
                [b'2', ..] => taken.push(recipient.clone()),
                [b'5', ..] => refused.push(format!("{recipient}: {reply}")),
                _ => waiting.push(recipient.clone()),
            }
        }
        if !taken.is_empty() {
            let mut reply = ask(&mut peer, "DATA")?;
            if reply.starts_with('3') {
                dots::send(&mut message, &mut BufWriter::new(peer.stream.get_mut()))?;
                reply = read_reply(&mut peer)?;
            }
            match reply.as_bytes() {
                [b'2', ..] => {}
                [b'5', ..] => refused.extend(taken.iter().map(|name| format!("{name}: {reply}"))),
                _ => waiting.extend(taken),
            }
        }
        // What the other office has taken is its own now, and at once: were this program killed before
        // that is noted, it would send the message again.
        envelope.recipients = waiting;
        self.settle(id, envelope, &refused)?;
        if ask(&mut peer, "QUIT").is_ok() {
            peer.close();
        }
        Ok(())
    }

    /// Tells the sender of recipients who will never get the message, and forgets those who have it.
    fn settle(&self, id: &str, envelope: &Envelope, refused: &[String]) -> io::Result<()> {
        if !refused.is_empty() {
            self.bounce(id, &envelope.sender, refused)?;
        }
        self.keep(id, envelope)
    }

    /// Tells the sender that the message did not arrive (RFC 5321 section 6.1).
    fn bounce(&self, id: &str, sender: &str, refused: &[String]) -> io::Result<()> {
        if sender.is_empty() {
            self.transcript
                .failed(format!("nobody to tell that {id} did not arrive"));
            return Ok(());
        }
        let (domain, date) = (self.office.domain, clock::mail_date());
        let refused = refused.join("\r\n");
        let mut header = String::new();
        // The sender knows the message by its header; a long one is cut.
        let message = File::open(self.file(id, "message"))?.take(16_384);
        for line in BufReader::new(message).split(b'\n') {
            let line = line?;
            let line = String::from_utf8_lossy(line.trim_ascii_end());
            if line.is_empty() {
                break;
            }
            header += &format!("> {line}\r\n");
        }
        let mut report = Draft::create(&self.drafts)?;
        let new_id = files::unique_name();
        write!(
            report,
            "From: MAILER-DAEMON@{domain}\r\n\
             To: {sender}\r\n\
             Subject: Your mail could not be delivered\r\n\
             Date: {date}\r\n\
             Message-ID: <{new_id}@{domain}>\r\n\
             Auto-Submitted: auto-replied\r\n\
             MIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: 8bit\r\n\
             \r\n\
             The other office did not take your mail for:\r\n\
             \r\n\
             {refused}\r\n\
             \r\n\
             The header of your mail was:\r\n\
             \r\n\
             {header}"
        )?;
        let envelope = Envelope {
            recipients: vec![sender.into()],
            ..Envelope::default()
        };
        self.accept(&new_id, report, envelope)
    }

    /// Notes who has still to get the message, or forgets it when everybody has it.
    fn keep(&self, id: &str, envelope: &Envelope) -> io::Result<()> {
        let path = self.file(id, "envelope");
        if !envelope.recipients.is_empty() {
            return files::write(&self.drafts, &path, envelope.write().as_bytes());
        }
        fs::remove_file(&path)?;
        files::sync_folder_of(&path)?;
        fs::remove_file(self.file(id, "message"))
    }

    fn file(&self, id: &str, kind: &str) -> PathBuf {
        self.folder.join(format!("{id}.{kind}"))
    }
}

/// The names of the files in `folder` that end with `suffix`, without it, the oldest first.
fn names(folder: &Path, suffix: &str) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if let Some(name) = name.to_str().and_then(|name| name.strip_suffix(suffix)) {
            names.push(name.to_string());
        }
    }
    names.sort();
    Ok(names)
}

/// Whether the message with this name has been tried for so long that it goes back to its sender.
fn is_old(id: &str) -> bool {
    let taken = id.split('.').next().and_then(|start| start.parse().ok());
    let taken = taken.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds));
    let age = taken.and_then(|taken| SystemTime::now().duration_since(taken).ok());
    age.is_some_and(|age| age > limits::GIVE_UP)
}

/// Sends a command and waits for its reply.
fn ask(peer: &mut Connection, command: &str) -> io::Result<String> {
    peer.send(command)?;
    read_reply(peer)
}

/// Reads a reply; its last line, the only one that counts, has a space behind the code.
fn read_reply(peer: &mut Connection) -> io::Result<String> {
    for _ in 0..100 {
        let Line::Text(line) = peer.read_line()? else {
            return Err(ErrorKind::UnexpectedEof.into());
        };
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(line);
        }
    }
    Err(io::Error::other("a reply without end"))
}

fn expect(code: &str, reply: String) -> io::Result<()> {
    match reply.starts_with(code) {
        true => Ok(()),
        false => Err(io::Error::other(reply)),
    }
}
