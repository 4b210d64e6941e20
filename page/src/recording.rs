//! What was recorded: the programs that ran, and each line that they wrote with the time of its
//! arrival.

use std::time::{Duration, SystemTime};

/// A run of lessons.
pub struct Recording {
    /// When it began.
    pub begun: SystemTime,
    /// The practice servers, by the names that their log gives them (`qq-smtp`), and where they
    /// listened.
    pub services: Vec<(String, String)>,
    /// The lessons in the order in which they were played.
    pub plays: Vec<Play>,
}

/// A lesson, played with its other side.
pub struct Play {
    /// The package of the lesson.
    pub lesson: String,
    /// The package that it is to be diffed with, if there is one.
    pub parent: Option<String>,
    /// The programs in the order in which they were started.
    pub programs: Vec<Program>,
    /// What they and the practice servers wrote, in the order of arrival.
    pub lines: Vec<Line>,
    /// What went wrong, if anything did: a line, and below it, after an empty one, what the
    /// compiler or the program that failed said about it.
    pub problem: Option<String>,
}

/// One program of a play.
pub struct Program {
    /// Its package.
    pub package: String,
    /// What a learner would type to start it.
    pub command: String,
    /// When it was started, since the start of the play.
    pub started: Duration,
}

/// One line of what was written.
pub struct Line {
    /// When it came, since the start of the play. It was written then or before.
    pub at: Duration,
    /// Who wrote it where.
    pub source: Source,
    /// The line without its end.
    pub text: String,
}

/// Who wrote a line; programs are numbered as in [`Play::programs`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A program, in its log on standard error.
    Log(usize),
    /// A program, on standard output.
    Printed(usize),
    /// The practice servers, in their transcript: without seconds and program name.
    Practice,
}

impl Source {
    /// The program that wrote the line, unless it was the practice servers.
    pub fn program(self) -> Option<usize> {
        match self {
            Source::Log(program) | Source::Printed(program) => Some(program),
            Source::Practice => None,
        }
    }
}

/// `lesson04`, from `lesson04-tcp-server`.
pub fn short(package: &str) -> &str {
    package.split_once('-').map_or(package, |(short, _rest)| short)
}

/// A play for a test: each of its lines came a millisecond after the one before.
#[cfg(test)]
pub fn play(packages: &[&str], lines: &[(Source, &str)]) -> Play {
    let (programs, lines_of_play) = (Vec::new(), Vec::new());
    let lesson = packages[0].to_string();
    let mut play = Play { lesson, parent: None, programs, lines: lines_of_play, problem: None };
    for package in packages {
        let (package, command) = (package.to_string(), format!("cargo run -p {package}"));
        play.programs.push(Program { package, command, started: Duration::ZERO });
    }
    for (at, (source, text)) in (0..).map(Duration::from_millis).zip(lines) {
        play.lines.push(Line { at, source: *source, text: text.to_string() });
    }
    play
}
