//! The practice servers, inside the tour.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use practice_servers::{Listening, start};
use shared::{Level, Result};

use crate::say;
use crate::stage::PATIENCE;

/// Whether the lessons have been played: what the servers still say to one another is not shown.
static IS_OVER: AtomicBool = AtomicBool::new(false);

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
        let listening = start(
            |_| Ok(any_port),
            &folder,
            |level, line| {
                if !matches!(level, Level::Debug) && !IS_OVER.load(Ordering::Relaxed) {
                    let _ = say(&format!("  practice | {line}"));
                }
            },
        )?;
        let queues = folder.join("queue");
        Ok(Practice { listening, queues })
    }

    /// Shows nothing any more.
    pub fn fall_silent(&self) {
        IS_OVER.store(true, Ordering::Relaxed);
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

    /// Waits until all mail is in the mailboxes, and says whether it is.
    ///
    /// # Errors
    /// The queues cannot be read.
    pub fn has_delivered(&self) -> io::Result<bool> {
        let limit = Instant::now() + PATIENCE;
        for office in fs::read_dir(&self.queues)? {
            let queue = office?.path();
            while fs::read_dir(&queue)?.next().is_some() {
                if Instant::now() > limit {
                    return Ok(false);
                }
                thread::sleep(Duration::from_millis(20));
            }
        }
        Ok(true)
    }
}
