//! The mail that an office has taken. What is for its own users goes into their mailboxes at once;
//! what is for another office waits in the queue, until that office has it.

pub mod envelope;
pub mod mailbox;
mod relay;
mod report;

use std::collections::HashMap;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{OnceLock, PoisonError, RwLock};
use std::thread::{self, Thread};

use crate::accounts::Office;
use crate::files::{self, Draft, in_folder};
use crate::limits;
use crate::transcript::{Sink, Transcript};
use envelope::{Envelope, Recipient};
use mailbox::Maildir;
use report::report;

/// The mailboxes and the queue of one office. Each mail in the queue is two files: the message and
/// its envelope.
pub struct Queue {
    office: &'static Office,
    /// The other offices, and where each takes mail.
    others: Vec<(&'static Office, SocketAddr)>,
    folder: PathBuf,
    /// The office's mailboxes, by their addresses.
    mailboxes: HashMap<String, Maildir>,
    drafts: PathBuf,
    /// Whoever puts a mail into the queue holds this for reading, until the mail is safe there. The
    /// thread in [`Queue::run`] holds it for writing while it looks for mails, and finds no other.
    entering: RwLock<()>,
    /// The thread in [`Queue::run`].
    thread: OnceLock<Thread>,
    sink: Sink,
    transcript: Transcript,
}

impl Queue {
    /// The queue of `office` in the folder `root`.
    pub fn open(
        office: &'static Office,
        root: &Path,
        others: Vec<(&'static Office, SocketAddr)>,
        sink: Sink,
    ) -> io::Result<Self> {
        let mut mailboxes = HashMap::new();
        for address in office.accounts() {
            let mailbox = Maildir::open(root.join("mail").join(&address))?;
            mailboxes.insert(address, mailbox);
        }
        let queue = Queue {
            office,
            others,
            folder: root.join("queue").join(office.domain),
            mailboxes,
            drafts: root.join("tmp"),
            entering: RwLock::default(),
            thread: OnceLock::new(),
            sink,
            transcript: Transcript::new(&format!("{}-queue", office.name), sink),
        };
        fs::create_dir_all(&queue.folder)?;
        // A message without an envelope was never acknowledged, or everybody has it.
        for id in names(&queue.folder, ".message")? {
            if !queue.file(&id, "envelope").exists() {
                fs::remove_file(queue.file(&id, "message"))?;
            }
        }
        Ok(queue)
    }

    /// The mailbox that gets mail for `address`, if that is an address of this office.
    pub fn mailbox(&self, address: &str) -> Option<&Maildir> {
        self.mailboxes.get(&self.office.mailbox(address)?)
    }

    /// Takes the responsibility for a mail, whose first line is [`Envelope::return_path`]. When
    /// this returns, the mail is on the disk: in those mailboxes that are the office's own, and, if
    /// anybody else gets it, in the queue. The thread in [`Queue::run`] hands it to other offices.
    /// The message is written once: its file has a name in every place.
    ///
    /// # Errors
    /// The system's, above all that the disk is full. Then nothing is left of the mail.
    pub fn accept(&self, id: &str, message: Draft, mut envelope: Envelope) -> io::Result<()> {
        message.file.sync_all()?;
        let (delivered, _) = self.deliver(id, &message.path, &mut envelope);
        if envelope.is_done() {
            return Ok(());
        }
        let entering = self.entering.read().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = self.enqueue(id, &message.path, &envelope) {
            let files = [self.file(id, "envelope"), self.file(id, "message")];
            for path in files.into_iter().chain(delivered) {
                let _ = fs::remove_file(path);
            }
            return Err(error);
        }
        drop(entering);
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
        Ok(())
    }

    fn enqueue(&self, id: &str, message: &Path, envelope: &Envelope) -> io::Result<()> {
        in_folder(&self.folder, || fs::rename(message, self.file(id, "message")))?;
        // With the envelope in its place, the mail is in the queue.
        files::write(&self.drafts, &self.file(id, "envelope"), envelope.write().as_bytes())
    }

    /// Works through the queue whenever a mail has come into it, and every [`limits::RETRY`].
    pub fn run(&self) {
        let _ = self.thread.set(thread::current());
        loop {
            let entering = self.entering.write();
            let ids = names(&self.folder, ".envelope").unwrap_or_default();
            drop(entering);
            for id in ids {
                if let Err(error) = self.process(&id) {
                    let folder = self.folder.display();
                    self.transcript.failed(format!("will try {id} in {folder} again: {error}"));
                }
            }
            thread::park_timeout(limits::RETRY);
        }
    }

    fn process(&self, id: &str) -> io::Result<()> {
        let text = fs::read_to_string(self.file(id, "envelope"))?;
        let mut envelope = Envelope::parse(&text).ok_or(ErrorKind::InvalidData)?;
        // An office gets its copy even if another office, or a mailbox here, cannot take one now.
        let (delivered, mut result) = self.deliver(id, &self.file(id, "message"), &mut envelope);
        if !delivered.is_empty() || envelope.is_done() {
            self.keep(id, &envelope)?;
        }
        for (other, addr) in &self.others {
            result = result.and(self.relay(id, &mut envelope, other, *addr));
        }
        result
    }

    /// Puts the message into those mailboxes of the envelope that are the office's own, and returns
    /// the names that its file has there.
    fn deliver(
        &self,
        id: &str,
        message: &Path,
        envelope: &mut Envelope,
    ) -> (Vec<PathBuf>, io::Result<()>) {
        let uid = format!("{id}.{}", self.office.domain);
        let mut paths = Vec::new();
        let mut result = Ok(());
        for recipient in envelope.waiting() {
            let address = &recipient.address;
            let Some(mailbox) = self.mailbox(address) else {
                continue;
            };
            match mailbox.deliver(&uid, message) {
                Ok(path) => {
                    self.transcript.said(format!("{id} is in the mailbox of {address}"));
                    recipient.is_done = true;
                    paths.extend(path);
                }
                Err(error) => {
                    let folder = mailbox.folder.display();
                    self.transcript.failed(format!("cannot deliver {id} into {folder}: {error}"));
                    result = Err(error);
                }
            }
        }
        (paths, result)
    }

    /// Hands the mail to another office, if anybody there still waits for it.
    fn relay(
        &self,
        id: &str,
        envelope: &mut Envelope,
        other: &Office,
        addr: SocketAddr,
    ) -> io::Result<()> {
        if !envelope.waiting().any(|recipient| other.serves(&recipient.address)) {
            return Ok(());
        }
        let peer = self.hand_over(id, envelope, other, addr)?;
        // Note first what the other office has taken. If the program is killed before that, it
        // hands the mail over once more.
        envelope.finish('2');
        self.keep(id, envelope)?;
        if envelope.refused().next().is_some() {
            self.send_back(id, envelope)?;
            envelope.finish('5');
            self.keep(id, envelope)?;
        }
        relay::quit(peer);
        Ok(())
    }

    /// Tells the sender who will not get the mail (RFC 5321 section 6.1).
    fn send_back(&self, id: &str, envelope: &Envelope) -> io::Result<()> {
        if envelope.sender.is_empty() {
            self.transcript.failed(format!("nobody to tell that {id} did not arrive"));
            return Ok(());
        }
        // After a crash the same report may be made again. It then has the same name.
        let done = envelope.recipients.iter().filter(|one| one.is_done).count();
        let report_id = format!("{id}B{done}");
        let message = relay::open(&self.file(id, "message"))?;
        let text = report(self.office, &report_id, envelope, message)?;
        // A report has no sender, so that nobody reports about a report.
        let recipients = vec![Recipient::new(envelope.sender.clone())];
        let envelope = Envelope { recipients, ..Envelope::default() };
        let draft = Draft::create(&self.drafts, (envelope.return_path() + &text).as_bytes())?;
        self.accept(&report_id, draft, envelope)
    }

    /// Notes who is done, or forgets the mail when all are. The envelope is written over in its
    /// place. It keeps its length, so this works on a full disk, too; and if only a part of it is
    /// written, that part is right.
    fn keep(&self, id: &str, envelope: &Envelope) -> io::Result<()> {
        let path = self.file(id, "envelope");
        if !envelope.is_done() {
            let mut file = fs::File::options().write(true).open(path)?;
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
