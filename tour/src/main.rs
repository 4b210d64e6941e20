//! Plays the lessons in order, each with its other side: what a bare `cargo run` starts.
//!
//! Run it: `cargo run`, or `cargo run -- 03 09` to see all of just these two; `cargo run -- diff
//! 07` shows what a lesson changes.

mod check;
mod columns;
mod compare;
mod options;
mod show;

use std::io::{self, ErrorKind, Write};

use options::{Options, USAGE};
use shared::{Error, OrCannot, Result, right_or_end};
use show::say;
use tour::Tour;
use tour::lessons::{LESSONS, Lesson};
use tour::recording::Play;

fn main() -> Result {
    let options = right_or_end(Options::read());
    let words: Vec<_> = options.words.iter().map(String::as_str).collect();
    let choose = |names: &[&str]| right_or_end(Lesson::choose(names));
    match words.as_slice() {
        _ if options.is_help => shared::print(help()?),
        ["diff", names @ ..] => {
            let files = right_or_end(compare::files(&choose(names), &options));
            quietly(compare::show(&files, &options), "compare", "the lessons")
        }
        ["check", "solutions", names @ ..] => check::check(&choose(names), options.exercise, true),
        ["check", names @ ..] => match options.hint {
            Some(exercise) => check::hint(&choose(names), exercise),
            None => check::check(&choose(names), options.exercise, false),
        },
        [] => play(&LESSONS.iter().collect::<Vec<_>>(), true),
        names => play(&choose(names), false),
    }
}

/// When whoever was reading has gone, all is well.
fn quietly(written: io::Result<()>, doing: &str, whom: &str) -> Result {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.or_cannot(doing, whom),
    }
}

/// Plays these lessons and shows how it goes, briefly or all of it.
fn play(lessons: &[&'static Lesson], is_brief: bool) -> Result {
    let _ = writeln!(io::stderr(), "building the lessons: the first time, this takes a while");
    let tour = Tour::new()?;
    let mut failed = Vec::new();
    quietly(play_and_show(lessons, is_brief, &tour, &mut failed), "play", "the lessons")?;
    let Some(first) = failed.first() else { return Ok(()) };
    let message = format!("{} of {} lessons failed", failed.len(), lessons.len());
    let hint = if lessons.len() == 1 {
        "its lines above say why".to_string()
    } else {
        format!("its lines above say why; play one alone with: cargo run -- {first}")
    };
    Err(Error::new(message, hint))
}

/// Adds the numbers of the lessons that fail to `failed`.
fn play_and_show(
    lessons: &[&'static Lesson],
    is_brief: bool,
    tour: &Tour,
    failed: &mut Vec<&'static str>,
) -> io::Result<()> {
    let mut plays: Vec<Play> = Vec::new();
    if !is_brief {
        say("Every server takes a free port here; started by hand, each has a port of its own.")?;
    }
    for lesson in lessons {
        show::heading(lesson)?;
        let play = tour.play(lesson);
        if play.problem.is_some() {
            failed.push(lesson.number());
        }
        if is_brief && play.problem.is_none() {
            show::results(&play, &plays)?;
        } else {
            show::everything(&play)?;
        }
        plays.push(play);
    }
    show::table(&plays)?;
    if is_brief && failed.is_empty() { say(show::WHAT_NEXT) } else { Ok(()) }
}

/// The usage, and the lessons.
fn help() -> Result<String> {
    let mut help = USAGE.to_string();
    for lesson in LESSONS {
        let purpose = lesson.purpose().or_cannot("read", lesson.package)?;
        help += &format!("\n{}  {purpose}", lesson.number());
    }
    Ok(help)
}
