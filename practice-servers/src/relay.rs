//! The queue of an office: what it has promised to deliver. From there a message goes into a mailbox
//! of its own, or over SMTP to the other office.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
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
#[derive(Default)]
pub struct Envelope {
    /// The reverse-path: where a report of failure goes; empty for such reports themselves.
    pub sender: String,
    /// The parameters of `MAIL` that the next server must hear of, too (RFC 6152, RFC 6531).
    pub parameters: String,
    /// Those who are to get it.
    pub recipients: Vec<Recipient>,
}

/// One who is to get a message.
pub struct Recipient {
    /// The forward-path.
    pub address: String,
    /// Whether the message was delivered, or came back.
    pub is_done: bool,
}

impl Recipient {
    /// One who waits.
    pub fn new(address: String) -> Self {
        let is_done = false;
        Recipient { address, is_done }
    }
}

impl Envelope {
    /// A line for the sender, one for the parameters, and one for each recipient, with a `-` before it
    /// when it is done and a `+` when it waits. None of these can hold a line end.
    fn write(&self) -> String {
        let mut text = format!("{}\n{}\n", self.sender, self.parameters);
        for recipient in &self.recipients {
            let mark = if recipient.is_done { '-' } else { '+' };
            text += &format!("{mark}{}\n", recipient.address);
        }
        text
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (sender, parameters) = (lines.next()?.into(), lines.next()?.into());
        let recipients = lines.map(|line| Recipient {
            address: line.get(1..).unwrap_or_default().into(),
            is_done: line.starts_with('-'),
        });
        Some(Envelope { sender, parameters, recipients: recipients.collect() })
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
        let (path, envelope_path) = (self.file(id, "message"), self.file(id, "envelope"));
        message.publish(&path)?;
        // With the envelope in its place, the message has been taken.
        let text = envelope.write();
        if let Err(error) = files::write(&self.drafts, &envelope_path, text.as_bytes()) {
            let _ = fs::remove_file(envelope_path);
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
                    self.transcript.failed(format!("will try {id} again: {error}"));
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
        // A mailbox that is out of order is no reason for the other office to wait.
        let delivered = self.deliver(id, &mut envelope);
        let relayed = self.relay(id, &mut envelope);
        delivered.and(relayed)
    }

    /// Puts the message into those mailboxes of the envelope that are the office's own.
    fn deliver(&self, id: &str, envelope: &mut Envelope) -> io::Result<()> {
        let uid = format!("{id}.{}", self.office.domain);
        let return_path = format!("Return-Path: <{}>\r\n", envelope.sender);
        let message = self.file(id, "message");
        let mut result = Ok(());
        for recipient in envelope.recipients.iter_mut() {
            let address = self.office.mailbox(&recipient.address);
            if let Some(address) = address.filter(|_| !recipient.is_done) {
                let mailbox = self.mailbox(&address);
                let delivered = mailbox.and_then(|mailbox| {
                    mailbox.deliver(&self.drafts, &uid, &return_path, &message)
                });
                recipient.is_done = delivered.is_ok();
                if delivered.is_ok() {
                    let note = format!("{id} is in the mailbox of {address}");
                    self.transcript.note(note);
                }
                result = result.and(delivered);
            }
        }
        self.keep(id, envelope).and(result)
    }

    /// Hands the message to the other office, if anybody there is still to get it.
    fn relay(&self, id: &str, envelope: &mut Envelope) -> io::Result<()> {
        let recipients = envelope.recipients.iter_mut();
        let is_remote =
            |recipient: &&mut Recipient| self.office.mailbox(&recipient.address).is_none();
        let waiting = recipients.filter(|recipient| !recipient.is_done && is_remote(recipient));
        let waiting: Vec<_> = waiting.collect();
        if waiting.is_empty() {
            return Ok(());
        }
        let addresses: Vec<_> = waiting.iter().map(|one| one.address.clone()).collect();
        let is_old = is_old(id);
        let (peer, replies) =
            match self.hand_over(id, &envelope.sender, &envelope.parameters, &addresses) {
                Ok((peer, replies)) => (Some(peer), replies),
                // After days in which nobody answered.
                Err(error) if is_old => (None, vec![error.to_string(); addresses.len()]),
                Err(error) => return Err(error),
            };
        // What the other office has taken is noted before anything else: were the program killed in
        // between, it would hand the message over again.
        let mut refused = Vec::new();
        for (recipient, reply) in waiting.into_iter().zip(replies) {
            recipient.is_done = reply.starts_with('2');
            if reply.starts_with('5') || is_old && !recipient.is_done {
                refused.push((recipient.address.clone(), reply));
            }
        }
        self.keep(id, envelope)?;
        if !refused.is_empty() {
            self.bounce(id, envelope, &refused)?;
            let is_refused = |one: &Recipient| refused.iter().any(|(name, _)| *name == one.address);
            for recipient in &mut envelope.recipients {
                recipient.is_done |= is_refused(recipient);
            }
            self.keep(id, envelope)?;
        }
        if let Some(mut peer) = peer
            && ask(&mut peer, "QUIT").is_ok()
        {
            peer.close();
        }
        Ok(())
    }

    /// Talks to the other office as any SMTP client would, up to `QUIT`. Returns for each recipient the
    /// reply that counts.
    fn hand_over(
        &self,
        id: &str,
        sender: &str,
        parameters: &str,
        addresses: &[String],
    ) -> io::Result<(Connection, Vec<String>)> {
        let label = format!("{} relay", self.office.name);
        let transcript = Transcript::of_other_side(label, self.sink);
        transcript.note(format!("takes {id} to {}", self.next_hop));
        let socket = TcpStream::connect_timeout(&self.next_hop, limits::STALL)?;
        let mut peer = Connection::new(socket, transcript)?;
        expect("220", read_reply(&mut peer)?)?;
        let hello = format!("EHLO {}", self.office.domain);
        expect("250", ask(&mut peer, &hello)?)?;

        let mut message = BufReader::new(File::open(self.file(id, "message"))?);
        // The lines of the servers on the way do not count.
        let size = message.get_ref().metadata()?.len().min(limits::MESSAGE);
        let mail = format!("MAIL FROM:<{sender}> SIZE={size}{parameters}");
        let mail = ask(&mut peer, &mail)?;
        if !mail.starts_with('2') {
            return Ok((peer, vec![mail; addresses.len()]));
        }
        let mut replies = Vec::new();
        for address in addresses {
            replies.push(ask(&mut peer, &format!("RCPT TO:<{address}>"))?);
        }
        let mut taken: Vec<_> = replies.iter_mut().filter(|reply| reply.starts_with('2')).collect();
        if !taken.is_empty() {
            let mut reply = ask(&mut peer, "DATA")?;
            if reply.starts_with('3') {
                dots::send(&mut message, peer.stream.get_mut())?;
                reply = read_reply(&mut peer)?;
            }
            for one in &mut taken {
                **one = reply.clone();
            }
        }
        Ok((peer, replies))
    }

    /// Tells the sender who will not get the message (RFC 5321 section 6.1).
    fn bounce(
        &self,
        id: &str,
        envelope: &Envelope,
        refused: &[(String, String)],
    ) -> io::Result<()> {
        let sender = &envelope.sender;
        if sender.is_empty() {
            let problem = format!("nobody to tell that {id} did not arrive");
            self.transcript.failed(problem);
            return Ok(());
        }
        let (domain, date) = (self.office.domain, clock::mail_date());
        let mut reasons = String::new();
        for (address, reply) in refused {
            reasons += &format!("{address}: {reply}\r\n");
        }
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
        // The same report gets the same name, should it be made again after a crash.
        let done = envelope.recipients.iter().filter(|one| one.is_done);
        let report_id = format!("{id}B{}", done.count());
        let mut report = Draft::create(&self.drafts)?;
        write!(
            report,
            "From: MAILER-DAEMON@{domain}\r\n\
             To: {sender}\r\n\
             Subject: Your mail could not be delivered\r\n\
             Date: {date}\r\n\
             Message-ID: <{report_id}@{domain}>\r\n\
             Auto-Submitted: auto-replied\r\n\
             MIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: 8bit\r\n\
             \r\n\
             The other office did not take your mail for:\r\n\
             \r\n\
             {reasons}\
             \r\n\
             The header of your mail was:\r\n\
             \r\n\
             {header}"
        )?;
        let report_envelope =
            Envelope { recipients: vec![Recipient::new(sender.clone())], ..Envelope::default() };
        self.accept(&report_id, report, report_envelope)
    }

    /// Notes who is done, or forgets the message when all are. The file is written over in its place: it
    /// stays as long as it was, so that this takes no room on a disk that is full, and any part of it
    /// that gets there is right.
    fn keep(&self, id: &str, envelope: &Envelope) -> io::Result<()> {
        let path = self.file(id, "envelope");
        if envelope.recipients.iter().any(|one| !one.is_done) {
            let mut file = File::options().write(true).open(path)?;
            file.write_all(envelope.write().as_bytes())?;
            return file.sync_all();
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
