//! The practice servers, inside the tour.

use std::fs;
use std::io::{self, PipeWriter, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use practice_servers::services::SERVICES;
use practice_servers::{Listening, start};
use shared::log::Event;
use shared::{Level, Result};

use crate::recording::DETAIL;

/// Where the transcript goes: into the pipe of the program that is running, so that the system
/// keeps the order in which the program and its servers say something.
static PIPE: Mutex<Option<PipeWriter>> = Mutex::new(None);

fn pipe() -> MutexGuard<'static, Option<PipeWriter>> {
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
    pub fn speak(&self, writer: PipeWriter) {
        *pipe() = Some(writer);
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

/// Writes an event of the transcript into the pipe.
fn tell(level: Level, event: &Event) {
    if let Some(pipe) = &mut *pipe() {
        let mark = if let Level::Debug = level { DETAIL } else { "" };
        let line = event.json(0.0, "practice-servers");
        let _ = pipe.write_all(format!("{mark}{line}\n").as_bytes());
    }
}
