//! The practice servers, as a program on free ports.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use events::Kind;

use crate::{Folder, PATIENCE, Program, built, command};

/// The table of all settings, among them one for the address of each server.
const TABLE: &str = include_str!("../../.env.example");

/// The running practice servers, in a folder of their own.
pub struct Practice {
    /// The program.
    pub program: Program,
    /// The folder in which it runs.
    pub folder: Folder,
    addrs: BTreeMap<String, SocketAddr>,
}

impl Practice {
    /// Builds and starts them.
    pub fn start() -> Self {
        let folder = Folder::create();
        Self::start_by(Self::command(&built("practice-servers"), &folder), folder)
    }

    /// Starts them by a command that ends as [`Practice::command`] does.
    pub fn start_by(mut command: Command, folder: Folder) -> Self {
        let mut program = Program::start(&mut command);
        let addrs = servers().map(|(name, _)| {
            let event = program.event(|event| {
                event.kind == Kind::Listening && event.service.as_ref() == Some(&name)
            });
            let addr = event.addr();
            (name, addr.unwrap_or_else(|| panic!("no address in {event:?}")))
        });
        let addrs = addrs.collect();
        Practice { program, folder, addrs }
    }

    /// A command that starts the program `exe` in `folder`, on free ports.
    pub fn command(exe: &str, folder: &Folder) -> Command {
        let mut command = command(exe, folder);
        for (name, _) in servers() {
            command.args([&format!("--{name}-addr"), "127.0.0.1:0"]);
        }
        command
    }

    /// Where the server of this name listens, such as `qq-smtp`.
    pub fn addr(&self, name: &str) -> SocketAddr {
        self.addrs.get(name).copied().unwrap_or_else(|| panic!("there is no server {name}"))
    }

    /// What somebody types or sees, with the ports of these servers in place of those of learners.
    pub fn here(&self, text: &str) -> String {
        servers().fold(text.to_string(), |text, (name, port)| {
            // With the colon: one of these ports may end like one of those.
            text.replace(&format!(":{port}"), &format!(":{}", self.addr(&name).port()))
        })
    }

    /// Where a lesson finds the servers.
    pub fn settings(&self) -> [(&'static str, String); 3] {
        [
            ("LESSON_SMTP_URL", format!("smtp://{}", self.addr("qq-smtp"))),
            ("LESSON_POP3_URL", format!("pop3://{}", self.addr("sina-pop3"))),
            ("LESSON_FTP_URL", format!("ftp://{}/pub/readme.txt", self.addr("ftp"))),
        ]
    }

    /// A command that runs a lesson in the folder of the servers.
    pub fn lesson(&self, package: &str) -> Command {
        let mut lesson = command(&built(package), &self.folder);
        lesson.envs(self.settings());
        lesson
    }

    /// A path in what the servers keep.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("practice-data").join(name)
    }

    /// The file with the authority of the servers.
    pub fn authority(&self) -> String {
        self.path("ca.pem").display().to_string()
    }

    /// All mails in a mailbox, once there are so many.
    pub fn mails(&self, office: &str, user: &str, count: usize) -> Vec<String> {
        // Both offices write a large mail to the disk, which takes long on a crowded machine.
        let deadline = Instant::now() + 3 * PATIENCE;
        loop {
            let mails = self.mails_now(office, user);
            if mails.len() == count {
                return mails;
            }
            assert!(Instant::now() < deadline, "{} mails, not {count}", mails.len());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// All mails that are in a mailbox now.
    pub fn mails_now(&self, office: &str, user: &str) -> Vec<String> {
        // The servers may be about to make the folder.
        let folder = format!("practice-data/mail/{user}@{office}.example/new");
        let mails = self.folder.files(&folder).into_iter();
        mails.map(|(_, mail)| String::from_utf8_lossy(&mail).into_owned()).collect()
    }
}

/// The servers, each by its name, such as `qq-smtp`, whose setting is `LESSON_QQ_SMTP_ADDR`, and
/// with the port at which it listens for learners.
fn servers() -> impl Iterator<Item = (String, &'static str)> {
    let settings =
        TABLE.lines().filter_map(|line| line.strip_prefix("#LESSON_")?.split_once("_ADDR="));
    let servers = settings.filter_map(|(name, addr)| {
        let (_, port) = addr.rsplit_once(':')?;
        Some((name.to_lowercase().replace('_', "-"), port))
    });
    servers.filter(|(name, _)| name != "echo")
}
