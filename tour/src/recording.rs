//! What was recorded: the programs that ran, and each line that they wrote.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use crate::lessons::Lesson;

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
    /// What they and the practice servers wrote, in the order of cause and effect.
    pub lines: Vec<Line>,
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

/// One line of what was written, without its end.
pub struct Line {
    /// When the tour got it, since the start of the play.
    pub at: Duration,
    /// Which program wrote it, by its number in [`Play::programs`]; for a line of the practice
    /// servers, which program was running.
    pub program: usize,
    /// Where it was written.
    pub voice: Voice,
    /// What it says: `0.001 lesson03-udp-loop: received 34 bytes from 127.0.0.1:53352`, or
    /// `qq smtp #3 < QUIT`.
    pub text: String,
}

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

impl Line {
    /// The event that a line of a log tells: without the seconds, the name of the program and the
    /// line of its source.
    pub fn event(&self) -> &str {
        let event = self.text.split_once(": ").map_or(self.text.as_str(), |(_, event)| event);
        match event.rsplit_once(" (") {
            Some((event, place)) if place.contains(".rs:") => event,
            _ => event,
        }
    }
}

impl Play {
    /// The results of a program: what it wrote on standard output.
    pub fn results(&self, program: usize) -> impl Iterator<Item = &str> {
        let is_result = move |line: &&Line| line.program == program && line.voice == Voice::Result;
        self.lines.iter().filter(is_result).map(|line| line.text.as_str())
    }
}
