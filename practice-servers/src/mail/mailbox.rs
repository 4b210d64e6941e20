//! The mailboxes: one Maildir each, a file a message.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::files::Draft;

/// A Maildir: a folder with the folders `new`, `cur` and `tmp`. A message is delivered into `new`.
/// Mail programs that read the folder itself move it to `cur`, and use `tmp`.
pub struct Maildir(PathBuf);

/// A message in a mailbox.
pub struct Message {
    /// Its file.
    pub path: PathBuf,
    /// Its length in bytes.
    pub size: u64,
    /// Its unique name, which never changes (RFC 1939, `UIDL`).
    pub uid: String,
}

impl Maildir {
    /// The Maildir in `folder`, made if need be.
    ///
    /// # Errors
    /// The system's.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        for name in ["tmp", "new", "cur"] {
            fs::create_dir_all(folder.join(name))?;
        }
        Ok(Maildir(folder))
    }

    /// Delivers a message under the name `uid`, with `header` before it, by way of the folder
    /// `drafts`. When this returns, it is on the disk. To deliver it once more changes nothing.
    ///
    /// # Errors
    /// The system's, above all that the disk is full.
    pub fn deliver(
        &self,
        drafts: &Path,
        uid: &str,
        header: &str,
        message: &Path,
    ) -> io::Result<()> {
        if self.messages()?.iter().any(|message| message.uid == uid) {
            return Ok(());
        }
        let mut draft = Draft::create(drafts)?;
        draft.write_all(header.as_bytes())?;
        io::copy(&mut File::open(message)?, draft.file())?;
        draft.publish(&self.0.join("new").join(uid))
    }

    /// All messages, the oldest first.
    ///
    /// # Errors
    /// The system's.
    pub fn messages(&self) -> io::Result<Vec<Message>> {
        let mut messages = Vec::new();
        for folder in ["new", "cur"] {
            for entry in fs::read_dir(self.0.join(folder))? {
                let path = entry?.path();
                // A mail program may have moved it meanwhile.
                let Ok(metadata) = path.symlink_metadata() else {
                    continue;
                };
                // Mail programs add flags to the name, behind a colon.
                let name = path.file_name().and_then(|name| name.to_str());
                let uid = name.and_then(|name| name.split(':').next());
                if let Some(uid) = uid
                    && metadata.is_file()
                    && is_uid(uid)
                {
                    let (size, uid) = (metadata.len(), uid.to_string());
                    messages.push(Message { path, size, uid });
                }
            }
        }
        messages.sort_by(|one, other| one.uid.cmp(&other.uid));
        Ok(messages)
    }

    /// How many files there are, which is at least the number of messages.
    ///
    /// # Errors
    /// The system's.
    pub fn count(&self) -> io::Result<usize> {
        let new = fs::read_dir(self.0.join("new"))?.count();
        Ok(new + fs::read_dir(self.0.join("cur"))?.count())
    }
}

/// Whether POP3 allows the name: 1 to 70 visible ASCII characters (RFC 1939 section 7).
fn is_uid(name: &str) -> bool {
    (1..=70).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The names of things that one thread at a time may use, such as mailboxes. They are in memory
/// alone, so that no lock is left when the program ends, even when it is killed.
#[derive(Clone, Default)]
pub struct Locks(Arc<Mutex<HashSet<String>>>);

/// A lock. It ends when it is dropped.
pub struct Lock {
    locks: Locks,
    name: String,
}

impl Locks {
    /// Takes `name`, unless another thread has it.
    pub fn take(&self, name: &str) -> Option<Lock> {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_free = names.insert(name.to_string());
        is_free.then(|| Lock { locks: self.clone(), name: name.to_string() })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let names = self.locks.0.lock();
        let mut names = names.unwrap_or_else(PoisonError::into_inner);
        names.remove(&self.name);
    }
}
