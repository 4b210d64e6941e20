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
        let mut lines = String::new();
        let mut add = |name: &str, metadata: &Metadata| {
            if is_long {
                lines += &long_line(metadata);
            }
            lines += &format!("{name}\r\n");
        };
        let (start, last) = path.split_at(path.rfind('/').map_or(0, |slash| slash + 1));
        // A client can give a name from NLST to RETR as it is (RFC 1123 section 4.1.2.7).
        let (folder, before, pattern) = match self.find(path) {
            Ok((_, metadata)) if metadata.is_dir() && path.is_empty() => ("", String::new(), None),
            Ok((_, metadata)) if metadata.is_dir() => {
                (path, format!("{}/", path.trim_end_matches('/')), None)
            }
            Ok((_, metadata)) => {
                add(path, &metadata);
                return Ok(lines);
            }
            Err(_) if last.contains(['*', '?']) => (start, start.to_string(), Some(last)),
            Err(refusal) => return Err(refusal),
        };
        for (name, metadata) in self.entries(folder)? {
            // As in a shell, `*` does not stand for hidden files.
            let is_hidden = name.starts_with('.');
            match pattern {
                Some(pattern) if !matches(pattern, &name) => {}
                Some(pattern) if is_hidden && !pattern.starts_with('.') => {}
                _ if is_long => add(&name, &metadata),
                _ => add(&format!("{before}{name}"), &metadata),
            }
        }
        Ok(lines)
    }

    /// The plain files and folders in a folder, by their names. A name that no command could give is
    /// left out, as is what has been removed meanwhile.
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

/// A line as of `ls -l`, which is what clients can read, up to the name.
fn long_line(metadata: &Metadata) -> String {
    let mode = if metadata.is_dir() { "drwxr-xr-x" } else { "-rw-r--r--" };
    let modified = metadata.modified().unwrap_or(UNIX_EPOCH);
    let size = metadata.len();
    let date = clock::list_date(modified);
    format!("{mode} 1 practice practice {size:>12} {date} ")
}

/// Whether the name matches the pattern, in which `*` stands for any characters and `?` for one.
fn matches(pattern: &str, name: &str) -> bool {
    let name: Vec<_> = name.chars().collect();
    // Whether the pattern so far matches so many characters of the name.
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
