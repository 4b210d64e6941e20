//! `LIST` and `NLST`: what is in a folder.

use std::fs::{self, Metadata};
use std::io;
use std::time::UNIX_EPOCH;

use crate::clock;
use crate::connection::{Connection, Stream};
use crate::ftp::tree::is_name;
use crate::ftp::{Answer, Session, refusal};

impl Session<'_> {
    pub(super) fn list(
        &mut self,
        argument: &str,
        is_long: bool,
        connection: &mut Connection,
    ) -> Answer {
        // Many clients ask as if for `ls -la`.
        let mut path = argument;
        while path.starts_with('-') {
            path = path.split_once(' ').map_or("", |(_, path)| path);
        }
        let (place, metadata) = self.find(path)?;
        let entries = match metadata.is_dir() {
            true => Some(fs::read_dir(&*place).map_err(refusal)?),
            false => None,
        };
        drop(place);
        // A client can give a name from NLST to RETR as it is (RFC 1123 section 4.1.2.7).
        let before = match path {
            "" => String::new(),
            path => format!("{}/", path.trim_end_matches('/')),
        };
        let line = |name: &str, metadata: &Metadata| match is_long {
            true => long_line(name, metadata),
            false => format!("{name}\r\n"),
        };
        self.transfer(connection, |stream| {
            let Some(entries) = entries else {
                return send(stream, &line(path, &metadata));
            };
            let mut count = 0;
            for entry in entries {
                let entry = entry?;
                // The list has plain files and folders alone, and no name that a command could not
                // give. What has been removed meanwhile is left out, too.
                if let Ok(metadata) = entry.metadata()
                    && (metadata.is_file() || metadata.is_dir())
                    && let Ok(name) = entry.file_name().into_string()
                    && is_name(&name)
                    && !name.contains(char::is_control)
                {
                    let name = if is_long { name } else { format!("{before}{name}") };
                    count += send(stream, &line(&name, &metadata))?;
                }
            }
            Ok(count)
        })?;
        Ok("226 that is all".into())
    }
}

fn send(stream: &mut dyn Stream, line: &str) -> io::Result<u64> {
    stream.write_all(line.as_bytes())?;
    Ok(line.len() as u64)
}

/// A line as of `ls -l`, which is what clients can read.
fn long_line(name: &str, metadata: &Metadata) -> String {
    let mode = match metadata.is_dir() {
        true => "drwxr-xr-x",
        false => "-rw-r--r--",
    };
    let modified = metadata.modified().unwrap_or(UNIX_EPOCH);
    let (size, date) = (metadata.len(), clock::list_date(modified));
    format!("{mode} 1 practice practice {size:>12} {date} {name}\r\n")
}
