//! The files on this machine: the one that comes, and the one that goes.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use shared::{Config, Level, OrCannot};

/// A file to upload.
pub struct Upload {
    /// What it is called, without its folder.
    pub name: String,
    /// The file, open for reading.
    pub file: File,
}

impl Upload {
    /// Opens the file that `LESSON_FTP_UPLOAD` names, if it names one. One that cannot be read ends
    /// the program with status 2.
    pub fn open(config: &Config) -> Option<Self> {
        let path = config.text("LESSON_FTP_UPLOAD");
        let refuse = |why: &str| -> ! { config.refuse("LESSON_FTP_UPLOAD", why) };
        if path.is_empty() {
            return None;
        }
        if Path::new(path).is_dir() {
            refuse("that is a folder");
        }
        let file = File::open(path).unwrap_or_else(|why| refuse(&why.to_string()));
        let name = Path::new(path).file_name().and_then(|name| name.to_str());
        let name = name.unwrap_or_else(|| refuse("no server can store a file of that name"));
        Some(Upload { name: name.into(), file })
    }
}

/// A file that is being received. Until it is whole it has another name, under which it can go on
/// in the next run.
pub struct Draft {
    file: File,
    draft: PathBuf,
    path: PathBuf,
    /// So many bytes it has.
    pub length: u64,
    is_seen: bool,
}

impl Draft {
    /// Begins the file called `name` in `folder`, which is made if need be.
    pub fn create(folder: &str, name: &str) -> shared::Result<Self> {
        let folder = Path::new(folder);
        fs::create_dir_all(folder).or_cannot("make the folder", folder.display())?;
        // No name leads out of the folder: `..\x` is one on some systems, and a path on others.
        let path = folder.join(Path::new(name).file_name().unwrap_or_default());
        let mut draft = path.clone().into_os_string();
        draft.push(".part");
        let draft = PathBuf::from(draft);
        let file = File::options().create(true).append(true).open(&draft);
        let file = file.or_cannot("create", draft.display())?;
        let length = file.metadata().or_cannot("read", draft.display())?.len();
        let is_seen = io::stderr().is_terminal() && shared::log::enabled(Level::Info);
        Ok(Draft { file, draft, path, length, is_seen })
    }

    /// Adds a piece, and shows in a terminal how much has come.
    pub fn write(&mut self, piece: &[u8]) -> shared::Result {
        self.file.write_all(piece).or_cannot("write to", self.draft.display())?;
        self.length += piece.len() as u64;
        if self.is_seen {
            // What is written next begins at the start of this line, and is longer.
            let _ = write!(io::stderr(), "{} bytes\r", self.length);
        }
        Ok(())
    }

    /// Gives the file its name, now that it is whole, and says so.
    pub fn save(self) -> shared::Result<String> {
        self.file.sync_all().or_cannot("write to", self.draft.display())?;
        fs::rename(&self.draft, &self.path).or_cannot("save", self.path.display())?;
        Ok(format!("saved {} ({} bytes)", self.path.display(), self.length))
    }
}
