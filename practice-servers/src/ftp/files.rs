//! The commands that look at files and folders and change them, without a data connection.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLockReadGuard};

use crate::accounts::Rights;
use crate::ftp::tree::{Tree, is_trouble, join};
use crate::ftp::{Session, quoted, refusal};
use crate::session::Answer;
use crate::{clock, files};

/// A path in the user's tree that was checked. As long as somebody holds one, nothing is renamed,
/// so no link can come into the path.
pub(super) struct Place<'a> {
    pub(super) path: PathBuf,
    _steady: RwLockReadGuard<'a, ()>,
}

impl Session<'_> {
    pub(super) fn cwd(&mut self, argument: &str) -> Answer {
        let (_, metadata) = self.find(argument)?;
        if !metadata.is_dir() {
            return Err("550 that is no folder".into());
        }
        self.folder = join(&self.folder, argument);
        Ok(format!("250 now in {}", quoted(&self.folder)).into())
    }

    /// RFC 3659 section 4.
    pub(super) fn size(&self, argument: &str) -> Answer {
        if !self.is_binary {
            return Err("550 the size depends on the type: say TYPE I first".into());
        }
        let (_, metadata) = self.find_file(argument)?;
        Ok(format!("213 {}", metadata.len()).into())
    }

    /// RFC 3659 section 3.
    pub(super) fn mdtm(&self, argument: &str) -> Answer {
        let (_, metadata) = self.find_file(argument)?;
        let modified = metadata.modified().map_err(refusal)?;
        Ok(format!("213 {}", clock::ftp_time(modified)).into())
    }

    pub(super) fn dele(&self, argument: &str) -> Answer {
        self.may(Rights::Change, argument)?;
        let (place, _) = self.find_file(argument)?;
        fs::remove_file(place.path).map_err(refusal)?;
        Ok("250 deleted".into())
    }

    pub(super) fn mkd(&self, argument: &str) -> Answer {
        self.may(Rights::Upload, argument)?;
        let place = self.place(argument)?;
        fs::create_dir(&place.path).map_err(refusal)?;
        files::sync_folder_of(&place.path).map_err(refusal)?;
        let path = join(&self.folder, argument);
        Ok(format!("257 {} is made", quoted(&path)).into())
    }

    pub(super) fn rmd(&self, argument: &str) -> Answer {
        self.may(Rights::Change, argument)?;
        fs::remove_dir(self.place(argument)?.path).map_err(refusal)?;
        Ok("250 removed".into())
    }

    pub(super) fn rnfr(&mut self, argument: &str) -> Answer {
        self.may(Rights::Change, argument)?;
        self.find(argument)?;
        self.rename_from = Some(join(&self.folder, argument));
        Ok("350 and the new name?".into())
    }

    pub(super) fn rnto(&mut self, argument: &str) -> Answer {
        let from = self.rename_from.take().ok_or("503 say RNFR first")?;
        self.may(Rights::Change, argument)?;
        let renaming = self.practice.renaming.write();
        let _renaming = renaming.unwrap_or_else(PoisonError::into_inner);
        let tree = self.tree()?;
        let from = tree.place(&from).map_err(refusal)?;
        let to = tree.place(&join(&self.folder, argument)).map_err(refusal)?;
        fs::rename(from, to).map_err(refusal)?;
        Ok("250 renamed".into())
    }

    fn tree(&self) -> Answer<&Tree> {
        self.tree.as_ref().ok_or("530 log in first".into())
    }

    /// Whether the user may do something with this file or folder.
    pub(super) fn may(&self, rights: Rights, path: &str) -> Answer<()> {
        let path = join(&self.folder, path);
        if self.tree()?.rights < rights {
            Err("550 you may not do that".into())
        } else if rights == Rights::Change && path == "/" {
            Err("550 not the / itself".into())
        } else if is_trouble(&path) {
            Err("550 the troubles stay as they are".into())
        } else {
            Ok(())
        }
    }

    /// Where the file or folder lies, whether it exists or not.
    fn place(&self, path: &str) -> Answer<Place<'_>> {
        let steady = self.practice.renaming.read();
        let steady = steady.unwrap_or_else(PoisonError::into_inner);
        let path = join(&self.folder, path);
        let path = self.tree()?.place(&path).map_err(refusal)?;
        Ok(Place { path, _steady: steady })
    }

    /// Where an existing file or folder lies.
    pub(super) fn find(&self, path: &str) -> Answer<(Place<'_>, Metadata)> {
        let place = self.place(path)?;
        let metadata = place.path.metadata().map_err(refusal)?;
        Ok((place, metadata))
    }

    /// The same for a plain file: neither a folder nor, say, a device.
    pub(super) fn find_file(&self, path: &str) -> Answer<(Place<'_>, Metadata)> {
        let found = self.find(path)?;
        if found.1.is_file() { Ok(found) } else { Err("550 that is no plain file".into()) }
    }

    /// Where a plain file lies, or can be made.
    pub(super) fn place_for_file(&self, path: &str) -> Answer<Place<'_>> {
        let place = self.place(path)?;
        let is_other = place.path.metadata().is_ok_and(|metadata| !metadata.is_file());
        let has_folder = place.path.parent().is_some_and(Path::is_dir);
        if has_folder && !is_other {
            Ok(place)
        } else {
            Err("553 no file can have that name".into())
        }
    }
}
