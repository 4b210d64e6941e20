//! Shows the learner what was played.

use std::io::{self, Write};

use console::style;
use events::Event;
use tour::lessons::{Lesson, Server};
use tour::recording::{Play, Voice};

/// At most this many lines of a program's results are shown when all lessons are played.
const MAX_RESULTS: usize = 10;

/// Where a learner goes from here.
pub const WHAT_NEXT: &str = "
What next: read README.md, or README.zh-CN.md; each lesson's folder has one, too
  see one lesson whole, with all that both sides say   cargo run -- 06
  draw all of it as one page                           cargo run -p page";

/// Writes a line.
pub fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

/// The number of a lesson, and its purpose.
pub fn heading(lesson: &Lesson) -> io::Result<()> {
    let purpose = lesson.purpose()?;
    let heading = format!("{}  {purpose}", lesson.number());
    say(&format!("\n{}", style(heading).bold()))
}

/// The commands, and below each what it prints. The practice servers are named unless they were
/// started for one of the `earlier` plays.
pub fn results(play: &Play, earlier: &[Play]) -> io::Result<()> {
    if !earlier.iter().any(has_practice_servers) {
        practice_servers(play)?;
    }
    for (index, program) in play.programs.iter().enumerate() {
        say(&format!("$ {}", program.command))?;
        let lines: Vec<_> = play.results(index).filter(|line| !line.is_empty()).collect();
        for line in lines.iter().take(MAX_RESULTS) {
            say(&format!("  {line}"))?;
        }
        if let Some(more) = lines.len().checked_sub(MAX_RESULTS + 1) {
            let number = play.lesson.number();
            say(&format!("  ... and {} more lines: cargo run -- {number}", more + 1))?;
        }
    }
    Ok(())
}

/// The commands, and all that every side says, in order.
pub fn everything(play: &Play) -> io::Result<()> {
    // Without a program, there is just the reason.
    if let (Some(problem), []) = (&play.problem, play.programs.as_slice()) {
        return say(problem);
    }
    practice_servers(play)?;
    let mut commands = play.programs.iter().enumerate().peekable();
    for entry in &play.entries {
        let has_started = |index: usize, at| index <= entry.program || at <= entry.at;
        while let Some((_, program)) =
            commands.next_if(|(index, program)| has_started(*index, program.started))
        {
            say(&format!("$ {}", program.command))?;
        }
        let label = &play.programs[entry.program].label;
        let text = &entry.text;
        match (entry.voice, &entry.event) {
            (Voice::Log, Some(Event { seconds, program, .. })) => {
                say(&format!("  {label} | {seconds:.3} {program}: {text}"))?;
            }
            (Voice::Log, None) => say(&format!("  {label} | {text}"))?,
            (Voice::Practice, _) if entry.is_detail => {}
            (Voice::Practice, _) => say(&format!("  practice | {text}"))?,
            (Voice::Result, _) => say(&format!("  {label} > {text}"))?,
        }
    }
    commands.try_for_each(|(_, program)| say(&format!("$ {}", program.command)))
}

fn has_practice_servers(play: &Play) -> bool {
    matches!(play.lesson.server, Server::Practice)
}

fn practice_servers(play: &Play) -> io::Result<()> {
    if has_practice_servers(play) { say("$ cargo run -p practice-servers") } else { Ok(()) }
}

/// A line for each lesson that says whether it has passed.
pub fn table(plays: &[Play]) -> io::Result<()> {
    say(&format!("\n{:<26} result", "lesson"))?;
    for play in plays {
        let package = play.lesson.package;
        match &play.problem {
            None => say(&format!("{package:<26} passed"))?,
            Some(problem) => {
                // The lines below that have been shown with the lesson.
                let line = problem.lines().next().unwrap_or_default();
                say(&format!("{package:<26} FAILED: {line}"))?;
            }
        }
    }
    Ok(())
}
