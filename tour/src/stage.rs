//! The stage on which a lesson is played: starts its programs and records their lines as they come.

use std::env;
use std::fmt::Arguments;
use std::io::{self, BufRead, BufReader, PipeReader};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::Tour;
use crate::build::keep_out;
use crate::lessons::{Client, Lesson, Server, short};
use crate::practice::have_parted;
use crate::recording::{Entry, Play, Program, Voice, is_end};
use events::Kind;
use shared::log::Event;

/// The longest time that a program may take to listen or to end: far longer than any needs.
const PATIENCE: Duration = Duration::from_secs(60);

/// The longest time that a server gets for its last words about a client that has ended.
const MOMENT: Duration = Duration::from_secs(2);

/// A line that has come through the pipe of a program, and when; no line means that it was closed.
struct Heard {
    program: usize,
    at: Instant,
    line: Option<String>,
}

/// How long the silent client keeps another one waiting.
const SILENCE: Duration = Duration::from_millis(200);

/// A program that was started, killed when dropped.
struct Running {
    /// The silent client is none: it is the tour itself.
    child: Option<Child>,
    /// Whether its pipe may bring more.
    is_open: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The programs of one lesson.
pub struct Stage<'a> {
    tour: &'a Tour,
    lesson: &'static Lesson,
    begun: Instant,
    running: Vec<Running>,
    programs: Vec<Program>,
    /// The connection of the client that says nothing, and its number among the programs.
    silent: Option<(usize, TcpStream)>,
    entries: Vec<Entry>,
    sender: Sender<Heard>,
    heard: Receiver<Heard>,
}

impl<'a> Stage<'a> {
    /// An empty stage.
    pub fn new(tour: &'a Tour, lesson: &'static Lesson) -> Self {
        let (sender, heard) = channel();
        Stage {
            tour,
            lesson,
            begun: Instant::now(),
            running: Vec::new(),
            programs: Vec::new(),
            silent: None,
            entries: Vec::new(),
            sender,
            heard,
        }
    }

    /// Plays the lesson to its end.
    ///
    /// # Errors
    /// A program cannot be started.
    pub fn play(mut self) -> io::Result<Play> {
        let problem = self.perform()?;
        // Whatever still runs would do so forever.
        self.tour.practice.fall_silent();
        for running in &mut self.running {
            if let Some(child) = &mut running.child {
                child.kill()?;
            }
        }
        self.watch(PATIENCE, |stage| Ok(stage.running.iter().all(|running| !running.is_open)))?;
        Ok(Play { problem, ..Play::new(self.lesson, self.programs, self.entries) })
    }

    /// Runs all programs, and returns what went wrong, if anything did.
    fn perform(&mut self) -> io::Result<Option<String>> {
        let mut addr = "127.0.0.1:0".to_string();
        if let Server::Once(package) | Server::Forever { package, .. } = self.lesson.server {
            let server = Client { package, arguments: &[], password: None, prints: "" };
            self.start(&server, short(package).to_string(), &addr)?;
            self.watch(PATIENCE, |stage| Ok(stage.addr().is_some() || stage.has_ended(0)?))?;
            match self.addr() {
                Some(listening) => addr = listening,
                None => return Ok(Some(self.explained(format!("{package} does not listen"), 0))),
            }
        }

        if self.lesson.has_silent_client {
            self.keep_silent(&addr)?;
        }
        let first = self.programs.len();
        let clients = self.lesson.clients;
        for (index, client) in clients.iter().enumerate() {
            let mut label = short(client.package).to_string();
            if clients.len() > 1 {
                label += &format!(" #{}", index + 1);
            }
            self.start(client, label, &addr)?;
            if !self.lesson.at_once && self.silent.is_some() {
                self.watch(PATIENCE, |stage| {
                    let is_sent = |entry: &Entry| entry.is_of(first + index, Kind::Sent);
                    Ok(stage.entries.iter().any(is_sent) || stage.has_ended(first + index)?)
                })?;
                // Now it waits, and one is to see that.
                self.watch(SILENCE, |_stage| Ok(false))?;
                self.leave()?;
            }
            if !self.lesson.at_once
                && let Some(problem) = self.finish(first + index, client)?
            {
                return Ok(Some(problem));
            }
        }
        for (index, client) in clients.iter().enumerate().filter(|_| self.lesson.at_once) {
            if let Some(problem) = self.finish(first + index, client)? {
                return Ok(Some(problem));
            }
        }
        self.leave()?;
        self.finish_server()
    }

    /// Waits until a client has ended and all is said about it, and returns what went wrong.
    fn finish(&mut self, program: usize, client: &Client) -> io::Result<Option<String>> {
        let label = self.programs[program].label.clone();
        if !self.watch(PATIENCE, |stage| stage.has_ended(program))? {
            return Ok(Some(format!("{label} does not end")));
        }
        // The next program may want to read the mail that this one has sent.
        let is_mail = matches!(self.lesson.server, Server::Practice);
        if is_mail && !self.watch(PATIENCE, |stage| stage.tour.practice.has_delivered())? {
            return Ok(Some("its mail is not delivered".into()));
        }
        self.watch(MOMENT, |stage| Ok(stage.has_said_all(program)))?;
        if is_mail {
            self.tour.practice.fall_silent();
        }
        self.watch(PATIENCE, |stage| Ok(!stage.running[program].is_open))?;

        if let Some(status) = self.status(program)?.filter(|status| !status.success()) {
            return Ok(Some(self.failure(&label, program, status)));
        }
        let is_right = self.entries.iter().any(|entry| {
            let is_result = entry.program == program && entry.voice == Voice::Result;
            is_result && entry.text.contains(client.prints)
        });
        Ok((!is_right).then(|| format!("{label} does not print {:?}", client.prints)))
    }

    /// Whether the other side has nothing more to say about this client, which has ended.
    fn has_said_all(&self, program: usize) -> bool {
        match self.lesson.server {
            Server::Forever { last, .. } => {
                let last = self.entries.iter().filter(|entry| entry.is_of(0, last));
                // The silent client came first, and may be there still.
                last.count() + usize::from(self.silent.is_some()) >= program
            }
            Server::Practice => have_parted(&self.entries),
            Server::None | Server::Once(_) => true,
        }
    }

    /// Waits until a server that serves one client has ended, and returns what is wrong with it.
    fn finish_server(&mut self) -> io::Result<Option<String>> {
        match self.lesson.server {
            Server::None | Server::Practice => Ok(None),
            Server::Once(package) => {
                if !self.watch(PATIENCE, |stage| stage.has_ended(0))? {
                    return Ok(Some(format!("{package} does not end")));
                }
                let status = self.status(0)?.filter(|status| !status.success());
                Ok(status.map(|status| self.failure(package, 0, status)))
            }
            Server::Forever { package, .. } => {
                Ok(self.status(0)?.map(|status| self.failure(package, 0, status)))
            }
        }
    }

    /// What is wrong with a program that has ended with this status.
    fn failure(&self, label: &str, program: usize, status: ExitStatus) -> String {
        self.explained(format!("{label} has ended with {status}"), program)
    }

    /// A problem with what the program itself says about it at its end.
    fn explained(&self, problem: String, program: usize) -> String {
        let own = self.entries.iter().filter(|entry| entry.program == program);
        let said: Vec<_> =
            own.map(|entry| entry.text.as_str()).filter(|text| is_end(text)).collect();
        format!("{problem}\n\n{}", said.join("\n")).trim_end().to_string()
    }

    /// Starts a program.
    fn start(&mut self, client: &Client, label: String, addr: &str) -> io::Result<()> {
        let package = client.package;
        let file = format!("{package}{}", env::consts::EXE_SUFFIX);
        let mut command = Command::new(self.tour.binaries.join(file));
        keep_out(&["LESSON_"], &mut command);
        command
            .current_dir(&self.tour.folder)
            .env("LESSON_LOG", "json")
            .env("LESSON_ECHO_ADDR", addr)
            .envs(self.tour.practice.settings())
            .envs(client.password)
            .args(client.arguments);
        // One pipe for both outputs: so they keep their order.
        let (reader, writer) = io::pipe()?;
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer.try_clone()?);
        if let Server::Practice = self.lesson.server {
            self.tour.practice.speak(writer);
        }
        let started = self.begun.elapsed();
        let child = Some(command.spawn()?);
        self.listen_to(reader);
        self.running.push(Running { child, is_open: true });
        let package = package.to_string();
        let command = typed(client);
        self.programs.push(Program { label, package, command, started });
        Ok(())
    }

    /// Turns each line of the next program's pipe into what the stage hears, on a thread of its own.
    fn listen_to(&self, reader: PipeReader) {
        let program = self.running.len();
        let sender = self.sender.clone();
        thread::spawn(move || {
            let lines = BufReader::new(reader).split(b'\n').map_while(Result::ok);
            let lines = lines.map(|line| String::from_utf8_lossy(&line).trim_end().to_string());
            for line in lines.map(Some).chain([None]) {
                let _ = sender.send(Heard { program, at: Instant::now(), line });
            }
        });
    }

    /// Records what comes until the stage is as `until` wants it, and returns whether it is: if
    /// not, `patience` has run out.
    fn watch(
        &mut self,
        patience: Duration,
        until: impl Fn(&mut Self) -> io::Result<bool>,
    ) -> io::Result<bool> {
        let limit = Instant::now() + patience;
        while !until(self)? {
            if Instant::now() > limit {
                return Ok(false);
            }
            // A program may end, and a mail arrive, without a line.
            if let Ok(heard) = self.heard.recv_timeout(Duration::from_millis(10)) {
                self.record(heard);
            }
        }
        Ok(true)
    }

    fn record(&mut self, heard: Heard) {
        let Heard { program, at, line } = heard;
        match line {
            Some(line) => {
                let at = at.saturating_duration_since(self.begun);
                self.entries.push(Entry::read(at, program, &line));
            }
            None => self.running[program].is_open = false,
        }
    }

    /// Where the server, which is the first program, listens.
    fn addr(&self) -> Option<String> {
        let listening = self.entries.iter().find(|entry| entry.is_of(0, Kind::Listening));
        listening.and_then(Entry::peer).map(String::from)
    }

    fn has_ended(&mut self, program: usize) -> io::Result<bool> {
        Ok(self.running[program].child.is_none() || self.status(program)?.is_some())
    }

    /// How a program has ended, if it has.
    fn status(&mut self, program: usize) -> io::Result<Option<ExitStatus>> {
        match &mut self.running[program].child {
            Some(child) => child.try_wait(),
            None => Ok(None),
        }
    }

    /// Connects to the server as a client that says nothing.
    fn keep_silent(&mut self, addr: &str) -> io::Result<()> {
        let number = self.programs.len();
        let started = self.begun.elapsed();
        let stream = TcpStream::connect(addr)?;
        let command = "nc 127.0.0.1 7007   # and says nothing".to_string();
        let label = "nc".to_string();
        let package = "nc".to_string();
        self.programs.push(Program { label, package, command, started });
        self.running.push(Running { child: None, is_open: false });
        self.silent = Some((number, stream));
        self.tell(number, Kind::Connected, addr, format_args!("connected to {addr}, and silent"));
        self.watch(MOMENT, |stage| {
            Ok(stage.entries.iter().any(|entry| entry.is_of(0, Kind::Accepted)))
        })?;
        Ok(())
    }

    /// Lets the silent client go, and waits until the server has noticed.
    fn leave(&mut self) -> io::Result<()> {
        let Some((number, stream)) = self.silent.take() else { return Ok(()) };
        let addr = stream.peer_addr()?.to_string();
        let peer = stream.local_addr()?.to_string();
        self.tell(number, Kind::Closed, &addr, format_args!("closed {addr}"));
        drop(stream);
        self.watch(MOMENT, |stage| {
            let closed = stage.entries.iter().filter(|entry| entry.is_of(0, Kind::Closed));
            Ok(closed.map(Entry::peer).any(|other| other == Some(&peer)))
        })?;
        Ok(())
    }

    /// Records what the silent client does.
    fn tell(&mut self, program: usize, kind: Kind, peer: &str, text: Arguments) {
        let at = self.begun.elapsed();
        let seconds = (at - self.programs[program].started).as_secs_f64();
        let event = Event { peer: Some(&peer), ..Event::new(kind, text) };
        self.entries.push(Entry::read(at, program, &event.json(seconds, "nc")));
    }
}

/// The command that a learner would type.
fn typed(client: &Client) -> String {
    let mut typed = format!("cargo run -p {}", client.package);
    if let Some((name, value)) = client.password {
        typed = format!("{name}={value} {typed}");
    }
    for (index, argument) in client.arguments.iter().enumerate() {
        let quote = if argument.contains(' ') { "\"" } else { "" };
        let dashes = if index == 0 { " --" } else { "" };
        typed += &format!("{dashes} {quote}{argument}{quote}");
    }
    typed
}
