//! Files that appear under their names only when they are whole and safe on the disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A name that no other file has had or will have, in the form that Maildir asks for. Later names
/// sort behind earlier ones.
pub fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default();
    let seconds = now.as_secs();
    let micros = now.subsec_micros();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{seconds}.M{micros:06}P{}Q{count}", process::id())
}

/// A file that is being written under a temporary name, which goes when the draft is dropped.
pub struct Draft {
    /// The file itself.
    pub file: File,
    /// Where it lies for now.
    pub path: PathBuf,
}

impl Draft {
    /// Begins a file in `folder`, which lies on the same file system as the file's later place,
    /// with the bytes `start`. The folder is made if somebody has removed it.
    pub fn create(folder: &Path, start: &[u8]) -> io::Result<Self> {
        let path = folder.join(unique_name());
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        // Other users of this machine may not read it.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = in_folder(folder, || options.open(&path))?;
        let mut draft = Draft { file, path };
        draft.file.write_all(start)?;
        Ok(draft)
    }

    /// Gives the file its real name. When this returns, the whole file is on the disk under that
    /// name, and survives a crash. Until then nobody sees it there.
    pub fn publish(self, name: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, name)?;
        sync_folder_of(name)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Once the file has its real name, there is none of this name.
        let _ = fs::remove_file(&self.path);
    }
}

/// Does `work` in a folder, which it makes if somebody has removed it.
pub fn in_folder<T>(folder: &Path, work: impl Fn() -> io::Result<T>) -> io::Result<T> {
    match work() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fs::create_dir_all(folder)?;
            work()
        }
        result => result,
    }
}

/// Writes a small file as a whole.
pub fn write(folder: &Path, name: &Path, bytes: &[u8]) -> io::Result<()> {
    Draft::create(folder, bytes)?.publish(name)
}

/// Writes a folder to the disk, with the names of the files in it. Windows has no such call.
pub fn sync(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// The same for the folder in which `path` lies.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), sync)
}
