//! The files that an FTP user sees: a folder of this machine that is the user's `/`, and nothing
//! outside it.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use crate::accounts::Rights;
use crate::trouble;

/// The tree of one user.
pub struct Tree {
    root: PathBuf,
    /// What the user may do in it.
    pub rights: Rights,
    /// What every user sees as [`trouble::FOLDER`].
    troubles: PathBuf,
}

impl Tree {
    /// The tree of `user` in the servers' folder.
    pub fn new(folder: &Path, user: &str, rights: Rights) -> Self {
        Tree { root: folder.join("ftp").join(user), rights, troubles: folder.join("trouble") }
    }

    /// Makes the tree, if it is not there, with a file to download.
    pub fn make(&self) -> io::Result<()> {
        if self.root.exists() {
            return Ok(());
        }
        let public = self.root.join("pub");
        fs::create_dir_all(&public)?;
        fs::write(public.join("readme.txt"), README)
    }

    /// Where on this machine the file or folder lies that the user calls `path`, whether it exists
    /// or not. `path` comes from [`join`].
    ///
    /// # Errors
    /// `NotFound` when there is a link in the path, wherever it leads. `InvalidInput` or
    /// `InvalidFilename` when a name in it can be no file's name on this machine.
    pub fn place(&self, path: &str) -> io::Result<PathBuf> {
        let (mut place, path) = match path.strip_prefix(trouble::FOLDER) {
            Some(rest) if is_trouble(path) => (self.troubles.clone(), rest),
            _ => (self.root.clone(), path),
        };
        for name in path.split('/').filter(|name| !name.is_empty()) {
            if !is_name(name) {
                return Err(ErrorKind::InvalidInput.into());
            }
            place.push(name);
            match place.symlink_metadata() {
                Ok(found) if found.is_symlink() => return Err(ErrorKind::NotFound.into()),
                Err(error) if error.kind() == ErrorKind::InvalidFilename => return Err(error),
                _ => {}
            }
        }
        Ok(place)
    }
}

/// Whether the path lies in [`trouble::FOLDER`].
pub fn is_trouble(path: &str) -> bool {
    path.strip_prefix(trouble::FOLDER).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The file that every user finds.
const README: &str = "This file came to you over FTP.\n你好，这个文件是用 FTP 下载的。\n";

/// Whether a file on this machine can have the name, and have it for itself.
pub fn is_name(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    let is_plain = matches!(parts.next(), Some(Component::Normal(part)) if part == name);
    is_plain && parts.next().is_none() && !(cfg!(windows) && means_something_else(name))
}

/// Whether Windows takes the name for something else than a file of that name: `con.txt` for the
/// console, `a:b` for a stream of the file `a`, and `a.` for `a`; or for no name at all: `a?`.
fn means_something_else(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let is_device = match stem.as_str() {
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" => true,
        // COM1 and LPT1, also with the small digits of Latin-1.
        stem => ["COM", "LPT"].iter().filter_map(|port| stem.strip_prefix(port)).any(|number| {
            matches!(number.chars().collect::<Vec<_>>()[..], ['0'..='9' | '¹' | '²' | '³'])
        }),
    };
    is_device || name.contains([':', '<', '>', '"', '|', '?', '*']) || name.ends_with(['.', ' '])
}

/// What `path` means in `folder`: a path from `/` on, in which no `.`, `..` or empty name is left.
/// Nothing lies above `/`.
pub fn join(folder: &str, path: &str) -> String {
    let start = if path.starts_with('/') { "" } else { folder };
    let mut names = Vec::new();
    for name in start.split('/').chain(path.split('/')) {
        match name {
            "" | "." => {}
            ".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    format!("/{}", names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_windows_takes_for_something_else() {
        let names = "NUL|con.txt|Aux|prn.tar.gz|nul .txt|COM1|lpt9.x|com¹|conin$|a:b|a::$DATA|a?|<a>|a.|\
                     a |a. .|...";
        for name in names.split('|') {
            assert!(means_something_else(name), "{name}");
            assert_eq!(is_name(name), !cfg!(windows), "{name}");
        }
        for name in ["nula", "console", "com", "com10", "lpt", ".con", " a", "a.b", "课 件.txt"] {
            assert!(!means_something_else(name), "{name}");
        }
    }
}
