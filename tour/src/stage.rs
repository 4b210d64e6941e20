//! The stage on which a lesson is played: starts its programs and shows their lines as they come.

use std::env;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::lessons::{Client, Lesson, Server};
use crate::practice::Practice;
use crate::say;

/// The longest time that a program may take to listen or to end: far longer than any needs.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What a program has said; no line means that one of its two outputs has ended.
struct Event {
    program: usize,
    is_log: bool,
    line: Option<String>,
}

/// A program that was started, killed when dropped.
struct Program {
    label: String,
    child: Child,
    /// Its standard output so far.
    printed: String,
    /// Where it listens.
    addr: Option<String>,
    /// How many of its outputs, standard output and standard error, have not ended yet.
    open: usize,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The programs of one lesson.
pub struct Stage<'a> {
    binaries: &'a Path,
    folder: &'a Path,
    practice: &'a Practice,
    programs: Vec<Program>,
    sender: Sender<Event>,
    events: Receiver<Event>,
}

impl<'a> Stage<'a> {
    /// An empty stage for programs that lie in `binaries` and run in `folder`.
    pub fn new(binaries: &'a Path, folder: &'a Path, practice: &'a Practice) -> Self {
        let (sender, events) = channel();
        Stage { binaries, folder, practice, programs: Vec::new(), sender, events }
    }

    /// Plays the lesson to its end, and returns what went wrong, if anything did.
    ///
    /// # Errors
    /// A program cannot be started, or nobody reads any more what is shown.
    pub fn play(&mut self, lesson: &Lesson) -> io::Result<Option<String>> {
        let mut addr = "127.0.0.1:0".to_string();
        if let Server::Once(server) | Server::Forever(server) = lesson.server {
            let server_alone =
                Client { package: server, arguments: &[], password: None, prints: "" };
            self.start(label(server), &server_alone, &addr)?;
            self.watch(|programs| programs[0].addr.is_some() || programs[0].open == 0)?;
            match &self.programs[0].addr {
                Some(listening) => addr = listening.clone(),
                None => return Ok(Some(format!("{server} does not listen"))),
            }
        }

        if let Server::Practice = lesson.server {
            say("$ cargo run -p practice-servers")?;
        }

        let first = self.programs.len();
        let ended =
            |programs: &[Program]| programs[first..].iter().all(|program| program.open == 0);
        for client in lesson.clients {
            let mut label = label(client.package);
            if lesson.clients.len() > 1 {
                label += &format!(" #{}", self.programs.len() - first + 1);
            }
            self.start(label, client, &addr)?;
            if !lesson.at_once {
                self.watch(ended)?;
            }
            // The next program may want to read the mail that this one has sent.
            if let Server::Practice = lesson.server
                && !self.practice.has_delivered()?
            {
                return Ok(Some("its mail is not delivered".into()));
            }
        }
        self.watch(ended)?;
        for (program, client) in self.programs.iter_mut().skip(first).zip(lesson.clients) {
            if let Some(problem) = program.ended()? {
                return Ok(Some(problem));
            }
            if !program.printed.contains(client.prints) {
                return Ok(Some(format!("{} does not print {:?}", program.label, client.prints)));
            }
        }

        match lesson.server {
            Server::None | Server::Practice => Ok(None),
            Server::Once(_) => {
                self.watch(|programs| programs[0].open == 0)?;
                self.programs[0].ended()
            }
            Server::Forever(server) => match self.programs[0].child.try_wait()? {
                None => Ok(None),
                Some(status) => Ok(Some(format!("{server} has ended with {status}"))),
            },
        }
    }

    /// Starts a program, and shows the command that a learner would type.
    fn start(&mut self, label: String, client: &Client, addr: &str) -> io::Result<()> {
        let package = client.package;
        let mut typed = format!("$ cargo run -p {package}");
        if let Some((name, value)) = client.password {
            typed = format!("$ {name}={value} cargo run -p {package}");
        }
        for (index, argument) in client.arguments.iter().enumerate() {
            let quote = if argument.contains(' ') { "\"" } else { "" };
            let dashes = if index == 0 { " --" } else { "" };
            typed += &format!("{dashes} {quote}{argument}{quote}");
        }
        say(&typed)?;

        let mut command =
            Command::new(self.binaries.join(format!("{package}{}", env::consts::EXE_SUFFIX)));
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("LESSON_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(self.folder)
            .env("LESSON_ECHO_ADDR", addr)
            .envs(self.practice.settings())
            .envs(client.password)
            .args(client.arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let outputs = (child.stdout.take(), child.stderr.take());
        let number = self.programs.len();
        self.programs.push(Program { label, child, printed: String::new(), addr: None, open: 2 });
        if let (Some(stdout), Some(stderr)) = outputs {
            self.listen_to(number, false, stdout);
            self.listen_to(number, true, stderr);
        }
        Ok(())
    }

    /// Turns each line of an output into an event, on a thread of its own.
    fn listen_to(&self, program: usize, is_log: bool, output: impl Read + Send + 'static) {
        let sender = self.sender.clone();
        thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            for line in lines.map(Some).chain([None]) {
                let _ = sender.send(Event { program, is_log, line });
            }
        });
    }

    /// Shows what the programs say until they are where `until` wants them, or `PATIENCE` has run
    /// out.
    fn watch(&mut self, until: impl Fn(&[Program]) -> bool) -> io::Result<()> {
        let limit = Instant::now() + PATIENCE;
        while !until(&self.programs) {
            let Ok(event) = self.events.recv_timeout(limit - Instant::now()) else {
                break;
            };
            let program = &mut self.programs[event.program];
            let Some(line) = event.line else {
                program.open -= 1;
                continue;
            };
            let mark = if event.is_log { '|' } else { '>' };
            say(&format!("  {} {mark} {line}", program.label))?;
            if let Some((_, addr)) = line.split_once("listening on ").filter(|_| event.is_log) {
                program.addr = Some(addr.to_string());
            }
            if !event.is_log {
                program.printed += &format!("{line}\n");
            }
        }
        Ok(())
    }
}

/// How the lines of a program are labelled: `lesson03`.
fn label(package: &str) -> String {
    package.split('-').next().unwrap_or(package).to_string()
}

impl Program {
    /// What is wrong with how the program has ended, if anything is.
    fn ended(&mut self) -> io::Result<Option<String>> {
        if self.open > 0 {
            return Ok(Some(format!("{} does not end", self.label)));
        }
        let status = self.child.wait()?;
        Ok((!status.success()).then(|| format!("{} has ended with {status}", self.label)))
    }
}
