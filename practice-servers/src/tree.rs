//! The files that an FTP user sees: a folder of this machine that is its `/`, and nothing outside it.

use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

/// The tree of one user.
pub struct Tree(PathBuf);

impl Tree {
    /// The tree whose `/` is the folder `root`.
    pub fn new(root: PathBuf) -> Self {
        Tree(root)
    }

    /// Where on this machine the file or folder lies that the user calls `path`, whether it exists or
    /// not. `path` comes from [`join`].
    ///
    /// # Errors
    /// `NotFound` when a link is on the way, wherever it leads; `InvalidInput` or `InvalidFilename` for
    /// what can be no name on this machine (too long, or `a\b` on Windows).
    pub fn place(&self, path: &str) -> io::Result<PathBuf> {
        let mut place = self.0.clone();
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let mut parts = Path::new(name).components();
            let is_name = matches!(parts.next(), Some(Component::Normal(part)) if part == name);
            if !is_name || parts.next().is_some() {
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
