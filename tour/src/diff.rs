//! Shows what one lesson changes in another.

use std::env;
use std::io::{self, ErrorKind, IsTerminal};

use shared::{Error, OrCannot, Result};
use similar::TextDiff;

use crate::lessons::{LESSONS, Lesson};
use crate::{say, source};

/// Shows the difference between a lesson and its parent, or between two lessons, and how many lines
/// it has.
pub fn show(lessons: &[&Lesson]) -> Result {
    let (parent, lesson) = match lessons {
        [lesson] => (parent(lesson)?, *lesson),
        [parent, lesson] => (*parent, *lesson),
        _ => {
            let hint = "as in: cargo run -- diff 07, or: cargo run -- diff 06 12";
            return Err(Error::new("diff takes the numbers of one or two lessons", hint));
        }
    };
    match compare(parent, lesson) {
        // Whoever was reading has gone.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        compared => compared.or_cannot("compare", "the lessons"),
    }
}

/// The lesson that this one is to be compared with.
fn parent(lesson: &Lesson) -> Result<&'static Lesson> {
    let number = lesson.number();
    let parent = LESSONS.iter().find(|other| Some(other.number()) == lesson.parent);
    parent.ok_or_else(|| {
        let problem = format!("lesson {number} has no parent: it is the first of its kind");
        Error::new(problem, "name two lessons: cargo run -- diff 06 12")
    })
}

fn compare(parent: &Lesson, lesson: &Lesson) -> io::Result<()> {
    let (old, new) = (source(parent)?, source(lesson)?);
    let name = |lesson: &Lesson| format!("{}/src/main.rs", lesson.package);
    let diff = TextDiff::from_lines(&old, &new);
    let unified = diff.unified_diff().header(&name(parent), &name(lesson)).to_string();

    let no_colour = env::var_os("NO_COLOR").unwrap_or_default();
    let has_colours = io::stdout().is_terminal() && no_colour.is_empty();
    let (mut removed, mut added) = (0, 0);
    for (index, line) in unified.lines().enumerate() {
        let mark = line.chars().next().unwrap_or(' ');
        // A lesson's header is its own affair, and the first two lines name the files.
        let counts = index > 1 && !line.get(1..).is_some_and(|text| text.starts_with("//!"));
        removed += usize::from(counts && mark == '-');
        added += usize::from(counts && mark == '+');
        let colour = match mark {
            _ if index < 2 => "1",
            '-' => "31",
            '+' => "32",
            '@' => "36",
            _ => "0",
        };
        match has_colours {
            true => say(&format!("\u{1b}[{colour}m{line}\u{1b}[0m"))?,
            false => say(line)?,
        }
    }
    let count = removed + added;
    say(&format!("{count} lines changed, the header aside: {removed} removed, {added} added"))
}
