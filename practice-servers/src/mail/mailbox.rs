//! The mailboxes: one Maildir each, a file a message.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::files::{self, Draft, in_folder};

/// A Maildir: a folder with the folders `new`, `cur` and `tmp`. A message is delivered into `new`.
/// Mail programs that read the folder itself move it to `cur`.
pub struct Maildir {
    /// The folder itself.
    pub folder: PathBuf,
    /// Whether a session has it open. This is in memory alone, so that no lock is left when the
    /// program ends, even when it is killed.
    is_open: Mutex<bool>,
    closed: Condvar,
}

/// Keeps a mailbox open for one session, until this is dropped.
#[must_use]
pub struct Lock<'a>(&'a Maildir);

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
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        // An earlier program may have ended while it copied a message.
        let _ = fs::remove_dir_all(folder.join("tmp"));
        let maildir = Maildir { folder, is_open: Mutex::default(), closed: Condvar::new() };
        maildir.make()?;
        Ok(maildir)
    }

    /// Makes its folders, unless they are there.
    pub fn make(&self) -> io::Result<()> {
        ["tmp", "new", "cur"].iter().try_for_each(|name| fs::create_dir_all(self.folder.join(name)))
    }

    /// Opens it for one session, unless another one has it open for longer than `patience`.
    pub fn lock(&self, patience: Duration) -> Option<Lock<'_>> {
        let is_open = self.is_open.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.closed.wait_timeout_while(is_open, patience, |is_open| *is_open);
        let (mut is_open, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let was_open = mem::replace(&mut *is_open, true);
        if was_open { None } else { Some(Lock(self)) }
    }

    /// Delivers the message in the file `message`, which is on the disk already, under the name
    /// `uid`: its file gets a second name here. When this returns, that is on the disk, too.
    /// Returns the new name, or nothing when the message had been delivered before.
    pub fn deliver(&self, uid: &str, message: &Path) -> io::Result<Option<PathBuf>> {
        let new = self.folder.join("new");
        let path = new.join(uid);
        let linked = in_folder(&new, || fs::hard_link(message, &path));
        match linked {
            // That something else is in the way is called `AlreadyExists`, too.
            Err(_) if path.exists() => return Ok(None),
            Err(_) => self.copy(message, &path)?,
            Ok(()) => {}
        }
        if let Err(error) = files::sync(&new) {
            let _ = fs::remove_file(path);
            return Err(error);
        }
        Ok(Some(path))
    }

    /// Not every file system lets a file have two names.
    fn copy(&self, message: &Path, path: &Path) -> io::Result<()> {
        let mut draft = Draft::create(&self.folder.join("tmp"), b"")?;
        io::copy(&mut File::open(message)?, &mut draft.file)?;
        draft.file.sync_all()?;
        fs::rename(&draft.path, path)
    }

    /// Opens a message, wherever in the mailbox it lies by now.
    ///
    /// # Errors
    /// The system's; `NotFound` when somebody has removed it.
    pub fn open_message(&self, message: &Message) -> io::Result<File> {
        self.at_its_place(message, |path| File::open(path))
    }

    /// Removes messages, on the disk, too; each that it can. A message that somebody else has
    /// removed is no error.
    pub fn remove<'a>(&self, messages: impl Iterator<Item = &'a Message>) -> io::Result<()> {
        let mut result = Ok(());
        for message in messages {
            match self.at_its_place(message, |path| fs::remove_file(path)) {
                Err(error) if error.kind() != ErrorKind::NotFound => result = Err(error),
                _ => {}
            }
        }
        for folder in ["new", "cur"] {
            result = result.and(files::sync(&self.folder.join(folder)));
        }
        result
    }

    /// Does `work` with the file of a message. Another mail program may have given it another name
    /// since it was listed: then it is looked for once more.
    fn at_its_place<T>(
        &self,
        message: &Message,
        work: impl Fn(&Path) -> io::Result<T>,
    ) -> io::Result<T> {
        match work(&message.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let mut messages = self.list()?.into_iter();
                let moved = messages.find(|other| other.uid == message.uid);
                work(&moved.ok_or(error)?.path)
            }
            result => result,
        }
    }

    /// All messages, the oldest first.
    pub fn messages(&self) -> io::Result<Vec<Message>> {
        self.make()?;
        self.list()
    }

    fn list(&self) -> io::Result<Vec<Message>> {
        let mut messages = Vec::new();
        for folder in ["new", "cur"] {
            for entry in fs::read_dir(self.folder.join(folder))? {
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
                    let size = metadata.len();
                    let uid = uid.to_string();
                    messages.push(Message { path, size, uid });
                }
            }
        }
        messages.sort_by(|one, other| one.uid.cmp(&other.uid));
        Ok(messages)
    }
}

/// Whether POP3 allows the name: 1 to 70 visible ASCII characters (RFC 1939 section 7).
fn is_uid(name: &str) -> bool {
    (1..=70).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        *self.0.is_open.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.closed.notify_one();
    }
}
