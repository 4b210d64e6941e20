//! Plays the lessons by the tour, and writes down what every program says, line by line.

use std::io::{self, Write};

use shared::{Level, Result};
use tour::lessons::Lesson;
use tour::recording::Voice;

use crate::recording::{Line, Play, Program, Recording, Source};

/// Plays these lessons, and says on standard error which one is being played.
///
/// # Errors
/// They cannot be built, or a program cannot be started.
pub fn record(lessons: &[&'static Lesson]) -> Result<Recording> {
    let recording = tour::play(lessons, Level::Debug, |lesson| {
        let _ = writeln!(io::stderr(), "playing {}", lesson.package);
    })?;
    let services = recording.services.iter().map(|(name, addr)| (name.clone(), addr.to_string()));
    let services = services.collect();
    let plays: Vec<_> = recording.plays.into_iter().map(converted).collect();
    for play in &plays {
        if let Some(line) = play.problem.as_ref().and_then(|problem| problem.lines().next()) {
            let _ = writeln!(io::stderr(), "{} FAILED: {line}", play.lesson);
        }
    }
    Ok(Recording { begun: recording.begun, services, plays })
}

/// What the page needs of a play.
fn converted(play: tour::recording::Play) -> Play {
    let programs = play.programs.into_iter();
    let programs = programs.map(|program| Program {
        package: program.package,
        command: program.command,
        started: program.started,
    });
    let lines = play.lines.into_iter().map(|line| {
        let source = match line.voice {
            Voice::Log => Source::Log(line.program),
            Voice::Result => Source::Printed(line.program),
            Voice::Practice => Source::Practice,
        };
        Line { at: line.at, source, text: line.text }
    });
    Play {
        lesson: play.lesson.package.into(),
        parent: play.lesson.find_parent().map(|parent| parent.package.into()),
        programs: programs.collect(),
        lines: lines.collect(),
        problem: play.problem,
    }
}
