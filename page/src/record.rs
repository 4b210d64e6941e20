//! Plays the lessons and writes down what every program says, line by line.
//!
//! For now it starts the built programs by itself; the tour will do it.

use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use shared::{Error, OrCannot, Result};

use crate::recording::{Line, Play, Program, Recording, Source};

/// The longest time that a program may take to listen or to end: far longer than any needs.
const PATIENCE: Duration = Duration::from_secs(60);

const UDP: &str = "lesson02-udp-client";
const TCP: &str = "lesson05-tcp-client";
const ASK: [&str; 2] = ["--message", "Who is there? 谁在那儿？"];
const GUEST: [&str; 4] = ["--ftp-user", "guest", "--ftp-upload", "homework.txt"];

/// A program with its arguments.
type Client = (&'static str, &'static [&'static str]);

/// A lesson: its package, its parent, the server that is started first, the clients, whether all at once.
type Lesson = (&'static str, Option<&'static str>, Option<&'static str>, &'static [Client], bool);

const LESSONS: &[Lesson] = &[
    ("lesson00-addresses", None, None, &[("lesson00-addresses", &[])], false),
    ("lesson01-udp-server", None, Some("lesson01-udp-server"), &[(UDP, &[])], false),
    ("lesson02-udp-client", None, Some("lesson01-udp-server"), &[(UDP, &ASK)], false),
    (
        "lesson03-udp-loop",
        Some("lesson01-udp-server"),
        Some("lesson03-udp-loop"),
        &[(UDP, &[]), (UDP, &ASK)],
        false,
    ),
    (
        "lesson04-tcp-server",
        Some("lesson03-udp-loop"),
        Some("lesson04-tcp-server"),
        &[(TCP, &[]), (TCP, &ASK)],
        false,
    ),
    (TCP, Some(UDP), Some("lesson04-tcp-server"), &[(TCP, &ASK)], false),
    ("lesson06-text-mail", None, None, &[("lesson06-text-mail", &[])], false),
    ("lesson07-html-mail", Some("lesson06-text-mail"), None, &[("lesson07-html-mail", &[])], false),
    (
        "lesson08-attachment-mail",
        Some("lesson06-text-mail"),
        None,
        &[("lesson08-attachment-mail", &[])],
        false,
    ),
    (
        "lesson09-tcp-threads",
        Some("lesson04-tcp-server"),
        Some("lesson09-tcp-threads"),
        &[
            (TCP, &["--message", "I am the first."]),
            (TCP, &["--message", "I am the second."]),
            (TCP, &["--message", "I am the third."]),
        ],
        true,
    ),
    (
        "lesson10-ftp-client",
        None,
        None,
        &[("lesson10-ftp-client", &[]), ("lesson10-ftp-client", &GUEST)],
        false,
    ),
    (
        "lesson11-headers-mail",
        Some("lesson06-text-mail"),
        None,
        &[("lesson11-headers-mail", &[])],
        false,
    ),
    (
        "lesson12-alternative-mail",
        Some("lesson07-html-mail"),
        None,
        &[("lesson12-alternative-mail", &[])],
        false,
    ),
    (
        "lesson13-pop3-mail",
        None,
        None,
        &[("lesson08-attachment-mail", &[]), ("lesson13-pop3-mail", &[])],
        false,
    ),
];

/// Plays all lessons.
///
/// # Errors
/// They cannot be built, or a program cannot be started.
pub fn record(workspace: &Path) -> Result<Recording> {
    let mut build = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build.args(["build", "--workspace"]).current_dir(workspace);
    if !build.status().or_cannot("run", "cargo build")?.success() {
        return Err(Error::new("the lessons cannot be built", "see what cargo says above"));
    }
    let program = env::current_exe().or_cannot("find", "this program")?;
    let programs = program.parent().map(Path::to_path_buf).unwrap_or_default();
    let folder = programs.join(format!("page-stage-{}", std::process::id()));
    let recording = play_all(&programs, &folder).or_cannot("play", "the lessons");
    let _ = fs::remove_dir_all(&folder);
    recording
}

fn play_all(programs: &Path, folder: &Path) -> io::Result<Recording> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join(".env"), "")?;
    fs::write(folder.join("homework.txt"), "Done! 做完了！\n")?;
    let mut stage = Stage::new(programs, folder);
    stage.start_practice()?;
    let mut plays = Vec::new();
    let begun = SystemTime::now();
    for (index, lesson) in LESSONS.iter().enumerate() {
        writeln!(io::stderr(), "playing {} ({} of {})", lesson.0, index + 1, LESSONS.len())?;
        plays.push(stage.play(lesson)?);
    }
    Ok(Recording { begun, services: stage.services.clone(), plays })
}

/// What a program has said, and when; no line means that one of its two outputs has ended.
struct Said {
    at: Instant,
    source: Source,
    line: Option<String>,
}

struct Running {
    child: Child,
    open: usize,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Stage<'a> {
    programs: &'a Path,
    folder: &'a Path,
    practice: Option<Running>,
    practice_clock: Option<Instant>,
    services: Vec<(String, String)>,
    running: Vec<Running>,
    sender: Sender<Said>,
    said: Receiver<Said>,
    begun: Instant,
    lines: Vec<Line>,
    addr: Option<String>,
}

impl<'a> Stage<'a> {
    fn new(programs: &'a Path, folder: &'a Path) -> Self {
        let (sender, said) = channel();
        Stage {
            programs,
            folder,
            practice: None,
            practice_clock: None,
            services: Vec::new(),
            running: Vec::new(),
            sender,
            said,
            begun: Instant::now(),
            lines: Vec::new(),
            addr: None,
        }
    }

    fn start_practice(&mut self) -> io::Result<()> {
        let mut command = Command::new(self.programs.join("practice-servers"));
        for office in ["QQ", "SINA"] {
            for service in ["SMTP", "SMTPS", "POP3", "POP3S"] {
                command.env(format!("LESSON_{office}_{service}_ADDR"), "127.0.0.1:0");
            }
        }
        command.env("LESSON_FTP_ADDR", "127.0.0.1:0");
        self.practice = Some(self.start(command, None)?);
        let limit = Instant::now() + PATIENCE;
        while self.services.len() < 9 && Instant::now() < limit {
            self.watch_once(limit);
        }
        Ok(())
    }

    fn service(&self, name: &str) -> &str {
        let found = self.services.iter().find(|(other, _)| other == name);
        found.map_or("", |(_, addr)| addr.as_str())
    }

    fn play(&mut self, lesson: &Lesson) -> io::Result<Play> {
        let (package, parent, server, clients, at_once) = *lesson;
        (self.begun, self.addr) = (Instant::now(), None);
        self.lines.clear();
        self.running.clear();
        let mut programs = Vec::new();
        if let Some(server) = server {
            self.start_lesson(&mut programs, (server, &[]), "127.0.0.1:0")?;
            self.watch(|stage| stage.addr.is_some());
        }
        let addr = self.addr.clone().unwrap_or("127.0.0.1:0".into());
        let first = self.running.len();
        for client in clients {
            self.start_lesson(&mut programs, *client, &addr)?;
            if !at_once {
                self.watch(|stage| stage.running[first..].iter().all(|one| one.open == 0));
            }
            if server.is_none() {
                self.deliver()?;
            }
        }
        self.watch(|stage| stage.running[first..].iter().all(|one| one.open == 0));
        // The server may have something to say about the end of the last client.
        let limit = Instant::now() + Duration::from_millis(50);
        while Instant::now() < limit {
            self.watch_once(limit);
        }
        for running in &mut self.running {
            running.child.kill()?;
        }
        self.watch(|stage| stage.running.iter().all(|one| one.open == 0));
        let lines = std::mem::take(&mut self.lines);
        let parent = parent.map(String::from);
        Ok(Play { lesson: package.into(), parent, programs, lines })
    }

    /// Waits until no mail is on its way.
    fn deliver(&mut self) -> io::Result<()> {
        let queue = self.folder.join("practice-data").join("queue");
        let limit = Instant::now() + PATIENCE;
        let is_empty = |folder: PathBuf| Ok::<_, io::Error>(fs::read_dir(folder)?.next().is_none());
        for office in fs::read_dir(queue)? {
            let office = office?.path();
            while Instant::now() < limit && !is_empty(office.clone())? {
                self.watch_once(Instant::now() + Duration::from_millis(20));
            }
        }
        Ok(())
    }

    fn start_lesson(
        &mut self,
        programs: &mut Vec<Program>,
        (package, arguments): Client,
        addr: &str,
    ) -> io::Result<()> {
        let mut typed = format!("cargo run -p {package}");
        let mut command = Command::new(self.programs.join(package));
        command.args(arguments).env("LESSON_ECHO_ADDR", addr);
        command.env("LESSON_SMTP_URL", format!("smtp://{}", self.service("qq-smtp")));
        command.env("LESSON_POP3_URL", format!("pop3://{}", self.service("sina-pop3")));
        command.env("LESSON_FTP_URL", format!("ftp://{}/pub/readme.txt", self.service("ftp")));
        if arguments.contains(&"guest") {
            command.env("LESSON_FTP_PASSWORD", "practice");
            typed = format!("LESSON_FTP_PASSWORD=practice {typed}");
        }
        for (index, argument) in arguments.iter().enumerate() {
            let quote = if argument.contains(' ') { "\"" } else { "" };
            typed += &format!("{} {quote}{argument}{quote}", if index == 0 { " --" } else { "" });
        }
        let started = self.begun.elapsed();
        programs.push(Program { package: package.into(), command: typed, started });
        let running = self.start(command, Some(self.running.len()))?;
        self.running.push(running);
        Ok(())
    }

    fn start(&self, mut command: Command, program: Option<usize>) -> io::Result<Running> {
        command.current_dir(self.folder).env("LESSON_LOG", "debug");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let printed = program.map_or(Source::Practice, Source::Printed);
        let log = program.map_or(Source::Practice, Source::Log);
        if let (Some(stdout), Some(stderr)) = (stdout, stderr) {
            self.listen_to(printed, stdout);
            self.listen_to(log, stderr);
        }
        Ok(Running { child, open: 2 })
    }

    fn listen_to(&self, source: Source, output: impl Read + Send + 'static) {
        let sender = self.sender.clone();
        thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(std::result::Result::ok);
            for line in lines.map(Some).chain([None]) {
                let _ = sender.send(Said { at: Instant::now(), source, line });
            }
        });
    }

    fn watch(&mut self, until: impl Fn(&Self) -> bool) {
        let limit = Instant::now() + PATIENCE;
        while !until(self) && Instant::now() < limit {
            self.watch_once(limit);
        }
    }

    fn watch_once(&mut self, limit: Instant) {
        let wait = limit.saturating_duration_since(Instant::now());
        let Ok(mut said) = self.said.recv_timeout(wait) else { return };
        let Some(mut text) = said.line.take() else {
            if let Some(program) = said.source.program().and_then(|i| self.running.get_mut(i)) {
                program.open -= 1;
            }
            return;
        };
        if said.source == Source::Practice {
            if let Some(entry) = crate::log::entry(&text) {
                // The tour has the practice servers in its own process, and needs no such guess.
                let start = said.at.checked_sub(entry.time).unwrap_or(said.at);
                self.practice_clock = Some(self.practice_clock.map_or(start, |one| one.min(start)));
                let clock = self.practice_clock.unwrap_or(start);
                said.at = clock + entry.time;
                text = entry.text;
            }
            if let Some((name, addr)) = text.split_once(" listening on ") {
                self.services.push((name.into(), addr.into()));
            }
        } else if let Some((_, addr)) = text.split_once("listening on ") {
            self.addr = Some(addr.split(' ').next().unwrap_or_default().into());
        }
        let at = said.at.saturating_duration_since(self.begun);
        self.lines.push(Line { at, source: said.source, text });
    }
}
