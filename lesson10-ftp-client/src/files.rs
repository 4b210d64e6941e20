//! The files on this machine: the one that goes, and the one that comes.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process;

use shared::{Config, OrCannot};

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
        let path = Path::new(config.text("LESSON_FTP_UPLOAD"));
        if path.as_os_str().is_empty() {
            return None;
        }
        if path.is_dir() {
            config.refuse("LESSON_FTP_UPLOAD", "that is a folder");
        }
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            config.refuse("LESSON_FTP_UPLOAD", "no server can store a file of that name");
        };
        match File::open(path) {
            Ok(file) => Some(Upload { name: name.into(), file }),
            Err(error) => config.refuse("LESSON_FTP_UPLOAD", error.to_string()),
        }
    }
}

/// A file that is being downloaded. Until it is whole it has another name; if it is never whole, it
/// is removed.
pub struct Download {
    /// Where it lies when it is whole.
    pub path: PathBuf,
    /// The number of bytes that have come.
    pub length: u64,
    part: PathBuf,
    file: File,
}

impl Download {
    /// Begins the file called `name` in `folder`, which is made if need be.
    pub fn create(folder: &str, name: &str) -> shared::Result<Self> {
        let folder = Path::new(folder);
        fs::create_dir_all(folder).or_cannot("make the folder", folder.display())?;
        // Windows takes `a:b` for b on the drive a.
        let name = if cfg!(windows) { name.replace(':', "_") } else { name.into() };
        // No name leads out of the folder. On some systems `..\x` is a name, on others a path.
        let path = folder.join(Path::new(&name).file_name().unwrap_or_default());
        let part = folder.join(format!("lesson10-{}.part", process::id()));
        // A killed program may have left its part behind, under the same process number.
        let _ = fs::remove_file(&part);
        // `create_new` writes to nothing that somebody has put there since.
        let file = File::create_new(&part).or_cannot("create", part.display())?;
        Ok(Download { path, length: 0, part, file })
    }

    /// Adds a piece.
    pub fn write(&mut self, piece: &[u8]) -> shared::Result {
        self.file.write_all(piece).or_cannot("write to", self.part.display())?;
        self.length += piece.len() as u64;
        Ok(())
    }

    /// Gives the file its name, now that it is whole.
    pub fn save(&self) -> shared::Result {
        self.file.sync_all().or_cannot("write to", self.part.display())?;
        fs::rename(&self.part, &self.path).or_cannot("save", self.path.display())
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        // Once `save` has renamed it, there is nothing to remove.
        let _ = fs::remove_file(&self.part);
    }
}
