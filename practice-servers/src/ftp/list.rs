//! `LIST`, `NLST` and `STAT`: what is in a folder.

use std::fs::{self, Metadata};
use std::io::Write;
use std::time::UNIX_EPOCH;

use crate::clock;
use crate::connection::Connection;
use crate::ftp::tree::is_name;
use crate::ftp::{Session, refusal};
use crate::session::Answer;

impl Session<'_> {
    pub(super) fn list(
        &mut self,
        argument: &str,
        is_long: bool,
        connection: &mut Connection,
    ) -> Answer {
        let lines = self.lines(argument, is_long)?;
        self.transfer(connection, |stream| stream.write_all(lines.as_bytes()))?;
        Ok("226 that is all".into())
    }

    /// The same over the control connection, where every line begins with a space: clients take a
    /// line that begins with a digit for the end of the reply.
    pub(super) fn stat(&mut self, argument: &str) -> Answer {
        let lines = self.lines(argument, true)?;
        let lines: String = lines.lines().map(|line| format!(" {line}\n")).collect();
        Ok(format!("213-{argument}\n{lines}213 that is all").into())
    }

    /// A line for everything in the folder, for everything whose name matches, or for the one file.
    fn lines(&self, argument: &str, is_long: bool) -> Answer<String> {
        // Many clients ask as if for `ls -la`.
        let mut path = argument;
        while path.starts_with('-') {
            path = path.split_once(' ').map_or("", |(_, path)| path);
        }
        let (start, last) = path.split_at(path.rfind('/').map_or(0, |slash| slash + 1));
        let (folder, pattern) = match self.find(path) {
            Ok((_, metadata)) if metadata.is_dir() => (path, None),
            Ok((_, metadata)) => return Ok(line(path, &metadata, is_long)),
            Err(_) if last.contains(['*', '?']) => (start, Some(last)),
            Err(refusal) => return Err(refusal),
        };
        let mut before = String::new();
        if !is_long && !folder.is_empty() {
            // A client can give a name from NLST to RETR as it is (RFC 1123 section 4.1.2.7).
            before = format!("{}/", folder.trim_end_matches('/'));
        }
        let mut lines = String::new();
        for (name, metadata) in self.entries(folder)? {
            let fits = pattern.is_none_or(|pattern| {
                // As in a shell, `*` does not stand for hidden files.
                matches(pattern, &name) && (pattern.starts_with('.') || !name.starts_with('.'))
            });
            if fits {
                lines += &line(&format!("{before}{name}"), &metadata, is_long);
            }
        }
        Ok(lines)
    }

    /// The plain files and folders in a folder, by their names. A name that no command could give
    /// is left out, as is what has been removed meanwhile.
    fn entries(&self, folder: &str) -> Answer<Vec<(String, Metadata)>> {
        let (place, _) = self.find(folder)?;
        let mut entries = Vec::new();
        for entry in fs::read_dir(place.path).map_err(refusal)? {
            let entry = entry.map_err(refusal)?;
            if let Ok(metadata) = entry.metadata()
                && (metadata.is_file() || metadata.is_dir())
                && let Ok(name) = entry.file_name().into_string()
                && is_name(&name)
                && !name.contains(char::is_control)
            {
                entries.push((name, metadata));
            }
        }
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(entries)
    }
}

/// The name alone, or a line as of `ls -l`, which is what clients can read.
fn line(name: &str, metadata: &Metadata, is_long: bool) -> String {
    if !is_long {
        return format!("{name}\r\n");
    }
    let mode = if metadata.is_dir() { "drwxr-xr-x" } else { "-rw-r--r--" };
    let modified = metadata.modified().unwrap_or(UNIX_EPOCH);
    let size = metadata.len();
    let date = clock::list_date(modified);
    format!("{mode} 1 practice practice {size:>12} {date} {name}\r\n")
}

/// Whether the name matches the pattern, in which `*` stands for any characters and `?` for one.
fn matches(pattern: &str, name: &str) -> bool {
    let name: Vec<_> = name.chars().collect();
    // At index 3: whether what has been read of the pattern matches the name's first 3 characters.
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    for wanted in pattern.chars() {
        if wanted == '*' {
            let first = reached.iter().position(|is| *is).unwrap_or(reached.len());
            reached[first..].fill(true);
        } else {
            for index in (0..name.len()).rev() {
                reached[index + 1] = reached[index] && (wanted == '?' || wanted == name[index]);
            }
            reached[0] = false;
        }
    }
    reached[name.len()]
}
