//! The stage on which a lesson is played: starts its programs and records their lines as they come.

use std::env;
use std::error::Error;
use std::fmt::Arguments;
use std::io::{self, BufRead, BufReader, PipeReader};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::Tour;
use crate::build::keep_out;
use crate::lessons::{Client, Lesson, Server, run, short};
use crate::recording::{Entry, Play, Program, is_end};
use crate::talk::have_parted;
use events::Kind;
use shared::log::Event;

/// What goes wrong in a play is told, and the tour goes on.
type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// The longest time that a program may take to listen or to end: far longer than any needs.
const PATIENCE: Duration = Duration::from_secs(60);

/// The longest time that a server gets for its last words about a client that has ended.
const MOMENT: Duration = Duration::from_secs(2);

/// How long the silent client keeps another one waiting.
const SILENCE: Duration = Duration::from_millis(200);

/// What has come through the pipe of a program; nothing means that it was closed.
struct Heard {
    program: usize,
    entry: Option<Entry>,
}

/// A program that was started, killed when dropped.
struct Running {
    /// The silent client is none: it is the tour itself.
    child: Option<Child>,
    /// Whether its pipe may bring more.
    is_open: bool,
}

impl Running {
    /// How it has ended, if it has.
    fn status(&mut self) -> Option<ExitStatus> {
        self.child.as_mut()?.try_wait().ok()?
    }
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
struct Stage<'a> {
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

/// Plays a lesson to its end.
pub fn play(tour: &Tour, lesson: &'static Lesson) -> Play {
    let (sender, heard) = channel();
    let mut stage = Stage {
        tour,
        lesson,
        begun: Instant::now(),
        running: Vec::new(),
        programs: Vec::new(),
        silent: None,
        entries: Vec::new(),
        sender,
        heard,
    };
    let problem = stage.perform().err().map(|problem| problem.to_string());
    // Whatever still runs would do so forever.
    tour.practice.fall_silent();
    for child in stage.running.iter_mut().filter_map(|running| running.child.as_mut()) {
        let _ = child.kill();
    }
    stage.watch(PATIENCE, |stage| stage.running.iter().all(|running| !running.is_open));
    Play { problem, ..Play::new(lesson, stage.programs, stage.entries) }
}

impl Stage<'_> {
    /// Runs all programs.
    fn perform(&mut self) -> Result {
        let mut addr = "127.0.0.1:0".to_string();
        if let Some(package) = self.lesson.server.package() {
            self.start(&run(package, ""), short(package).to_string(), &addr)?;
            self.watch(PATIENCE, |stage| stage.addr().is_some() || !stage.running[0].is_open);
            addr = self
                .addr()
                .ok_or_else(|| self.explained(format!("{package} does not listen"), 0))?;
        }
        if self.lesson.has_silent_client {
            self.keep_silent(&addr)?;
        }
        let clients = self.lesson.clients;
        let at_once = if self.lesson.at_once { clients.len() } else { 1 };
        for (group, together) in clients.chunks(at_once).enumerate() {
            let first = self.programs.len();
            for (index, client) in together.iter().enumerate() {
                let mut label = short(client.package).to_string();
                if clients.len() > 1 {
                    label += &format!(" #{}", group * at_once + index + 1);
                }
                self.start(client, label, &addr)?;
            }
            if !self.lesson.at_once && self.silent.is_some() {
                self.watch(PATIENCE, |stage| {
                    let is_sent = |entry: &Entry| entry.is_of(first, Kind::Sent);
                    stage.entries.iter().any(is_sent) || stage.has_ended(first)
                });
                // Now it waits, and one is to see that.
                self.watch(SILENCE, |_stage| false);
                self.leave()?;
            }
            for (index, client) in together.iter().enumerate() {
                self.finish(first + index, client)?;
            }
        }
        self.leave()?;
        self.finish_server()
    }

    /// Waits until a client has ended and all is said about it.
    fn finish(&mut self, program: usize, client: &Client) -> Result {
        let label = self.programs[program].label.clone();
        if !self.watch(PATIENCE, |stage| stage.has_ended(program)) {
            return Err(format!("{label} does not end").into());
        }
        // The next program may want to read the mail that this one has sent.
        let is_mail = matches!(self.lesson.server, Server::Practice);
        let is_delivered = |stage: &mut Self| stage.tour.practice.has_delivered().unwrap_or(false);
        if is_mail && !self.watch(PATIENCE, is_delivered) {
            return Err("its mail is not delivered".into());
        }
        self.watch(MOMENT, |stage| stage.has_said_all(program));
        if is_mail {
            self.tour.practice.fall_silent();
        }
        self.watch(PATIENCE, |stage| !stage.running[program].is_open);

        self.check_status(&label, program, true)?;
        let mut results = self.entries.iter().filter(|entry| entry.is_result_of(program));
        if !results.any(|entry| entry.text.contains(client.prints)) {
            return Err(format!("{label} does not print {:?}", client.prints).into());
        }
        Ok(())
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

    /// Waits until a server that serves one client has ended; one that serves forever has not.
    fn finish_server(&mut self) -> Result {
        match self.lesson.server {
            Server::None | Server::Practice => Ok(()),
            Server::Once(package) => {
                if !self.watch(PATIENCE, |stage| !stage.running[0].is_open) {
                    return Err(format!("{package} does not end").into());
                }
                self.check_status(package, 0, true)
            }
            Server::Forever { package, .. } => self.check_status(package, 0, false),
        }
    }

    /// Fails if a program has ended with an error, or has ended at all where it may not.
    fn check_status(&mut self, label: &str, program: usize, may_end: bool) -> Result {
        match self.running[program].status() {
            Some(status) if !may_end || !status.success() => {
                let problem = format!("{label} has ended with {status}");
                Err(self.explained(problem, program).into())
            }
            _ => Ok(()),
        }
    }

    /// A problem with what the program itself says about it at its end.
    fn explained(&self, problem: String, program: usize) -> String {
        let own = self.entries.iter().filter(|entry| entry.program == program);
        let said = own.map(|entry| entry.text.as_str()).filter(|text| is_end(text));
        let said = said.collect::<Vec<_>>().join("\n");
        format!("{problem}\n\n{said}").trim_end().to_string()
    }

    /// Starts a program.
    fn start(&mut self, client: &Client, label: String, addr: &str) -> Result {
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
        let child = command.spawn().map_err(|error| format!("cannot start {package}: {error}"))?;
        self.listen_to(reader);
        self.running.push(Running { child: Some(child), is_open: true });
        let package = package.to_string();
        let command = typed(client);
        self.programs.push(Program { label, package, command, started });
        Ok(())
    }

    /// Turns each line of the next program's pipe into what the stage hears, on a thread of its
    /// own.
    fn listen_to(&self, reader: PipeReader) {
        let program = self.running.len();
        let begun = self.begun;
        let sender = self.sender.clone();
        thread::spawn(move || {
            for line in BufReader::new(reader).split(b'\n').map_while(io::Result::ok) {
                let line = String::from_utf8_lossy(&line);
                let entry = Entry::read(begun.elapsed(), program, line.trim_end());
                let _ = sender.send(Heard { program, entry: Some(entry) });
            }
            let _ = sender.send(Heard { program, entry: None });
        });
    }

    /// Records what comes until the stage is as `until` wants it, and returns whether it is: if
    /// not, `patience` has run out.
    fn watch(&mut self, patience: Duration, until: impl Fn(&mut Self) -> bool) -> bool {
        let deadline = Instant::now() + patience;
        while !until(self) {
            if Instant::now() > deadline {
                return false;
            }
            // A program may end, and a mail arrive, without a line.
            if let Ok(heard) = self.heard.recv_timeout(Duration::from_millis(10)) {
                self.running[heard.program].is_open = heard.entry.is_some();
                self.entries.extend(heard.entry);
            }
        }
        true
    }

    /// Where the server, which is the first program, listens.
    fn addr(&self) -> Option<String> {
        let listening = self.entries.iter().find(|entry| entry.is_of(0, Kind::Listening));
        listening.and_then(Entry::peer).map(String::from)
    }

    fn has_ended(&mut self, program: usize) -> bool {
        self.running[program].status().is_some()
    }

    /// Connects to the server as a client that says nothing.
    fn keep_silent(&mut self, addr: &str) -> Result {
        let number = self.programs.len();
        let started = self.begun.elapsed();
        let stream = TcpStream::connect(addr)?;
        let command = "nc 127.0.0.1 7007   # and says nothing".to_string();
        self.programs.push(Program { label: "nc".into(), package: "nc".into(), command, started });
        self.running.push(Running { child: None, is_open: false });
        self.silent = Some((number, stream));
        self.tell(number, Kind::Connected, addr, format_args!("connected to {addr}, and silent"));
        let is_accepted = |entry: &Entry| entry.is_of(0, Kind::Accepted);
        self.watch(MOMENT, |stage| stage.entries.iter().any(is_accepted));
        Ok(())
    }

    /// Lets the silent client go, and waits until the server has noticed.
    fn leave(&mut self) -> Result {
        let Some((number, stream)) = self.silent.take() else { return Ok(()) };
        let addr = stream.peer_addr()?.to_string();
        let peer = stream.local_addr()?.to_string();
        self.tell(number, Kind::Closed, &addr, format_args!("closed {addr}"));
        drop(stream);
        let is_noticed =
            |entry: &Entry| entry.is_of(0, Kind::Closed) && entry.peer() == Some(&peer);
        self.watch(MOMENT, |stage| stage.entries.iter().any(is_noticed));
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
    let mut words = Vec::new();
    if let Some((name, value)) = client.password {
        words.push(format!("{name}={value}"));
    }
    words.push(format!("cargo run -p {}", client.package));
    if !client.arguments.is_empty() {
        words.push("--".into());
    }
    for argument in client.arguments {
        let quote = if argument.contains(' ') { "\"" } else { "" };
        words.push(format!("{quote}{argument}{quote}"));
    }
    words.join(" ")
}
