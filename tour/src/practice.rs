//! The practice servers, inside the tour.

use std::collections::HashMap;
use std::fs;
use std::io::{self, PipeWriter, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use practice_servers::services::SERVICES;
use practice_servers::transcript::Event;
use practice_servers::{Listening, start};
use shared::{Level, Result};

use crate::recording::{Line, Voice};

/// A line of the transcript begins with this in the pipe; no program's log or result has it.
pub const MARK: char = '\u{1}';

/// Where the transcript goes, and how much of it: into the pipe of the program that is running, so
/// that the system keeps the order in which the program and its servers say something.
static PIPE: Mutex<Option<(PipeWriter, Level)>> = Mutex::new(None);

fn pipe() -> MutexGuard<'static, Option<(PipeWriter, Level)>> {
    PIPE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The practice servers, running on free ports.
pub struct Practice {
    listening: Listening,
    queues: PathBuf,
}

impl Practice {
    /// Starts them; what they keep is in `folder`.
    ///
    /// # Errors
    /// Those of [`practice_servers::start`].
    pub fn start(folder: &Path) -> Result<Self> {
        let folder = folder.join("practice-data");
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        let listening = start(|_| any_port, &folder, tell)?;
        let queues = folder.join("queue");
        Ok(Practice { listening, queues })
    }

    /// From now on, writes the transcript into this pipe.
    pub fn speak(&self, writer: PipeWriter, level: Level) {
        *pipe() = Some((writer, level));
    }

    /// Closes that pipe.
    pub fn fall_silent(&self) {
        *pipe() = None;
    }

    /// The servers by name, and where each listens.
    pub fn services(&self) -> Vec<(String, SocketAddr)> {
        let addr = |setting| self.listening[setting];
        SERVICES.iter().map(|service| (service.name(), addr(service.setting))).collect()
    }

    /// The settings that lead the lessons to them.
    pub fn settings(&self) -> [(&'static str, String); 3] {
        let addr = |setting| self.listening[setting];
        [
            ("LESSON_SMTP_URL", format!("smtp://{}", addr("LESSON_QQ_SMTP_ADDR"))),
            ("LESSON_POP3_URL", format!("pop3://{}", addr("LESSON_SINA_POP3_ADDR"))),
            ("LESSON_FTP_URL", format!("ftp://{}/pub/readme.txt", addr("LESSON_FTP_ADDR"))),
        ]
    }

    /// Whether all mail is in the mailboxes.
    ///
    /// # Errors
    /// The queues cannot be read.
    pub fn has_delivered(&self) -> io::Result<bool> {
        for office in fs::read_dir(&self.queues)? {
            if fs::read_dir(office?.path())?.next().is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Writes a line of the transcript into the pipe, its control characters escaped.
fn tell(event: &Event) {
    if let Some((pipe, most)) = &mut *pipe()
        && event.level as u8 <= *most as u8
    {
        let shown = |character: char| match character.is_control() {
            true => character.escape_default().to_string(),
            false => character.to_string(),
        };
        let line: String = event.text.to_string().chars().map(shown).collect();
        let _ = pipe.write_all(format!("{MARK}{line}\n").as_bytes());
    }
}

/// Whether all conversations of the transcript have come to their end: the server has replied to
/// `QUIT`.
pub fn have_parted(lines: &[Line]) -> bool {
    let mut last = HashMap::new();
    for line in lines.iter().filter(|line| line.voice == Voice::Practice) {
        let Some(mark) = line.text.find(['<', '>', '|']) else { continue };
        let (label, said) = line.text.split_at(mark);
        // The last command, and what the server has said since.
        let (command, reply) = last.entry(label).or_insert(("", ""));
        match said.starts_with('<') {
            true => (*command, *reply) = (said, ""),
            false => *reply = said,
        }
    }
    let mut talks = last.iter().filter(|(label, _)| label.contains('#'));
    talks.all(|(_, (command, reply))| *command == "< QUIT" && reply.starts_with('>'))
}
