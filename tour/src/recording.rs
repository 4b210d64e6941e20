//! What was recorded: the programs that ran, and what each of them did, in the order of cause and
//! effect.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use crate::lessons::Lesson;
use crate::order;
use events::{Event, Kind};

/// A run of several lessons.
pub struct Recording {
    /// When it began.
    pub begun: SystemTime,
    /// The practice servers by name, such as `qq-smtp`, and where each listened.
    pub services: Vec<(String, SocketAddr)>,
    /// The lessons in the order in which they were played.
    pub plays: Vec<Play>,
}

/// A lesson, played with its other side.
pub struct Play {
    /// The lesson.
    pub lesson: &'static Lesson,
    /// The programs in the order in which they were started.
    pub programs: Vec<Program>,
    /// What they and the practice servers did and said: no effect stands before its cause, and the
    /// times never go back.
    pub entries: Vec<Entry>,
    /// What went wrong, if anything did: a line, and below it, after an empty one, what the
    /// compiler or the program that failed said about it.
    pub problem: Option<String>,
}

/// One program of a play.
pub struct Program {
    /// What its lines are labelled with: `lesson03`, or `lesson02 #2` if several play the client.
    pub label: String,
    /// Its package.
    pub package: String,
    /// What a learner would type to start it.
    pub command: String,
    /// When it was started, since the start of the play.
    pub started: Duration,
}

/// One thing that a program did, or a line that it wrote.
#[derive(Clone, Debug)]
pub struct Entry {
    /// By when it had happened, since the start of the play.
    pub at: Duration,
    /// Whose it is, by its number in [`Play::programs`]; of the practice servers, which program was
    /// running.
    pub program: usize,
    /// Where it was written.
    pub voice: Voice,
    /// Whether it is a part of a message or a file, or the other side of what is told anyway.
    pub is_detail: bool,
    /// What the log says of it; nothing for a plain line, such as a result.
    pub event: Option<Event>,
    /// The same for people.
    pub text: String,
}

/// A line of the transcript that is a detail begins so in the pipe.
pub const DETAIL: &str = "\u{1}";

/// Where a line was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// In the log of a program, or in the error at its end.
    Log,
    /// On standard output of a program.
    Result,
    /// In the transcript of the practice servers.
    Practice,
}

/// A line of the source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The package, such as `lesson04-tcp-server`.
    pub package: String,
    /// The file in its `src`, such as `main.rs`.
    pub file: String,
    /// The number of the line, from 1.
    pub line: usize,
}

impl Entry {
    /// Reads a line that a program wrote into its pipe, or its practice servers.
    pub fn read(at: Duration, program: usize, line: &str) -> Self {
        let detail = line.strip_prefix(DETAIL);
        let line = detail.unwrap_or(line);
        let is_detail = detail.is_some();
        let event = Event::parse(line);
        let voice = match &event {
            Some(event) if event.service.is_some() => Voice::Practice,
            Some(_) => Voice::Log,
            None if is_end(line) => Voice::Log,
            None => Voice::Result,
        };
        let text = event.as_ref().map_or(line, |event| &event.text).to_string();
        Entry { at, program, voice, is_detail, event, text }
    }

    /// What kind of event it is, if it is one.
    pub fn kind(&self) -> Option<Kind> {
        self.event.as_ref().map(|event| event.kind)
    }

    /// Whether it is an event of this kind in the log of this program.
    pub fn is_of(&self, program: usize, kind: Kind) -> bool {
        self.is_logged_by(program) && self.kind() == Some(kind)
    }

    /// Whether this program has logged it.
    pub fn is_logged_by(&self, program: usize) -> bool {
        self.voice == Voice::Log && self.program == program
    }

    /// Whether it is a line on standard output of this program.
    pub fn is_result_of(&self, program: usize) -> bool {
        self.voice == Voice::Result && self.program == program
    }

    /// The address of the other side.
    pub fn peer(&self) -> Option<&str> {
        self.event.as_ref()?.peer.as_deref()
    }

    /// The practice server that told it, such as `qq-smtp`.
    pub fn service(&self) -> Option<&str> {
        self.event.as_ref()?.service.as_deref()
    }

    /// The bytes that were sent or received.
    pub fn bytes(&self) -> &[u8] {
        self.event.as_ref().and_then(|event| event.bytes.as_deref()).unwrap_or_default()
    }

    /// The line of the source that logged it.
    pub fn place(&self) -> Option<Place> {
        let event = self.event.as_ref()?;
        let (package, file) = event.file.split_once("/src/")?;
        Some(Place { package: package.into(), file: file.into(), line: event.line })
    }
}

/// Whether a line belongs to the error with which a program ends.
pub fn is_end(line: &str) -> bool {
    line.starts_with("Error: ") || line.starts_with("hint: ")
}

impl Play {
    /// What was said in this play, put into its order.
    pub fn new(lesson: &'static Lesson, programs: Vec<Program>, entries: Vec<Entry>) -> Self {
        Play { lesson, programs, entries: order::ordered(&entries), problem: None }
    }

    /// The results of a program: what it wrote on standard output.
    pub fn results(&self, program: usize) -> impl Iterator<Item = &str> {
        let results = self.entries.iter().filter(move |entry| entry.is_result_of(program));
        results.map(|entry| entry.text.as_str())
    }
}

/// What these lines of these programs say, in their order: lines of a log or of a transcript, each
/// a millisecond after the one before.
#[cfg(test)]
pub fn ordered(lines: &[(usize, &str)]) -> Vec<Entry> {
    let times = (0..).map(Duration::from_millis);
    let line = |line: &str| match line.split_once(' ') {
        Some((seconds, _)) if seconds.parse::<f64>().is_ok() => testing::logged(line),
        Some((service, _)) if service.contains('-') => testing::told(line),
        _ => line.to_string(),
    };
    let read = |(at, (program, text)): (_, &(usize, &str))| Entry::read(at, *program, &line(text));
    let entries = times.zip(lines).map(read);
    Play::new(&crate::lessons::LESSONS[0], Vec::new(), entries.collect()).entries
}
