//! The practice servers for tests of lessons against them.
// Not every test uses all of it.
#![allow(dead_code)]

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use shared::testing::{Ended, Folder, PATIENCE, Program, built, command};

const NAMES: [&str; 9] = [
    "qq-smtp",
    "qq-smtps",
    "qq-pop3",
    "qq-pop3s",
    "sina-smtp",
    "sina-smtps",
    "sina-pop3",
    "sina-pop3s",
    "ftp",
];

/// The practice servers on free ports, in a folder of their own.
pub struct Practice {
    _program: Program,
    pub folder: Folder,
    ports: Vec<u16>,
}

impl Practice {
    pub fn start() -> Self {
        let folder = Folder::create();
        let mut servers = command(&built("practice-servers"), &folder);
        for name in NAMES {
            servers.args([&format!("--{name}-addr"), "127.0.0.1:0"]);
        }
        let mut program = Program::start(&mut servers);
        let ports = NAMES.map(|name| {
            let line = program.logged(&format!("{name} listening on "));
            line.rsplit(':').next().unwrap().parse().unwrap()
        });
        let ports = ports.to_vec();
        Practice { _program: program, folder, ports }
    }

    pub fn port(&self, name: &str) -> u16 {
        let index = NAMES.iter().position(|other| *other == name);
        self.ports[index.unwrap()]
    }

    /// Where a lesson finds the servers.
    pub fn settings(&self) -> [(&'static str, String); 3] {
        let url = |scheme: &str, name: &str| format!("{scheme}://127.0.0.1:{}", self.port(name));
        let ftp = url("ftp", "ftp") + "/pub/readme.txt";
        [
            ("LESSON_SMTP_URL", url("smtp", "qq-smtp")),
            ("LESSON_POP3_URL", url("pop3", "sina-pop3")),
            ("LESSON_FTP_URL", ftp),
        ]
    }

    /// A command that runs a lesson in the folder of the servers.
    pub fn lesson(&self, package: &str) -> Command {
        let mut lesson = command(&built(package), &self.folder);
        lesson.envs(self.settings());
        lesson
    }

    /// The file with the authority of the servers.
    pub fn authority(&self) -> String {
        let path = self.folder.path().join("practice-data/ca.pem");
        path.display().to_string()
    }

    /// All mails in a mailbox, once there are so many.
    pub fn mails(&self, office: &str, user: &str, count: usize) -> Vec<String> {
        let folder = self.folder.path().join("practice-data/mail");
        let folder = folder.join(format!("{user}@{office}.example/new"));
        let limit = Instant::now() + PATIENCE;
        loop {
            let mut names: Vec<_> =
                fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
            if names.len() == count {
                names.sort();
                return names.iter().map(|name| fs::read_to_string(name).unwrap()).collect();
            }
            assert!(Instant::now() < limit, "{} mails, not {count}", names.len());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Expects status 1, a line that says why, and a hint.
#[track_caller]
pub fn fails(ended: &Ended, why: &str, hint: &str) {
    assert_eq!(ended.status, Some(1), "{ended:?}");
    let (problem, said) = ended.stderr.split_once("\nhint: ").unwrap();
    assert!(problem.contains(why), "{ended:?}");
    assert!(said.contains(hint) && said.lines().count() == 1, "{ended:?}");
}
