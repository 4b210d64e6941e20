//! Plays the lessons and draws what went over the wire, as one HTML page.
//!
//! Run it: `cargo run -p page`, or `cargo run -p page -- --open` to see the page at once.

mod calls;
mod code;
mod conversation;
mod exchange;
mod html;
mod ladder;
mod mail;
mod offices;
mod readme;
mod sources;
mod way;

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};

use lexopt::{Arg, Parser, ValueExt};
use shared::{Error, OrCannot, Result, right_or_end};
use sources::Sources;
use tour::lessons::{LESSONS, Lesson, workspace};

const HELP: &str = "Plays the lessons and draws what went over the wire, as one HTML page.

  cargo run -p page             play all lessons
  cargo run -p page -- 06 13    play just these

  --open   show the page in the browser";

fn main() -> Result {
    let hint = "see what it takes: cargo run -p page -- --help";
    let wrong = |error: lexopt::Error| Error::new(error.to_string(), hint);
    let mut names = Vec::new();
    let mut is_to_open = false;
    let mut parser = Parser::from_env();
    while let Some(argument) = right_or_end(parser.next().map_err(wrong)) {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return shared::print(HELP),
            Arg::Long("open") => is_to_open = true,
            Arg::Value(name) => names.push(right_or_end(name.string().map_err(wrong))),
            other => right_or_end(Err(wrong(other.unexpected()))),
        }
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let chosen = right_or_end(Lesson::choose(&names));
    let lessons = if chosen.is_empty() { LESSONS.iter().collect() } else { chosen };

    let recording = tour::play(&lessons, |lesson| report(&format!("playing {}", lesson.package)))?;
    for play in &recording.plays {
        if let Some(line) = play.problem.as_ref().and_then(|problem| problem.lines().next()) {
            report(&format!("{} FAILED: {line}", play.lesson.package));
        }
    }
    let sources = Sources::read().or_cannot("read", "the lessons' source")?;
    let page = html::page(&recording, &sources).or_cannot("draw", "the page")?;
    let file = write(&page)?;
    shared::print(format!("{} ({} KB)", file.display(), page.len() / 1000))?;
    if is_to_open { open(&file) } else { Ok(()) }
}

/// Says how it goes on standard error.
fn report(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes the page to where it belongs; there is a whole page at any time.
fn write(page: &str) -> Result<PathBuf> {
    let folder = workspace().join("target").join("page");
    fs::create_dir_all(&folder).or_cannot("make the folder", folder.display())?;
    let file = folder.join("index.html");
    let part = folder.join(format!("index-{}.part", process::id()));
    fs::write(&part, page).or_cannot("write", part.display())?;
    fs::rename(&part, &file).or_cannot("write", file.display())?;
    Ok(file)
}

/// Shows a file in the system's browser.
fn open(file: &Path) -> Result {
    let (opener, arguments): (_, &[&str]) = match env::consts::OS {
        "windows" => ("cmd", &["/C", "start", ""]),
        "macos" => ("open", &[]),
        _ => ("xdg-open", &[]),
    };
    let mut command = Command::new(opener);
    command.args(arguments).arg(file);
    // What it says of the browsers that it does not find helps nobody.
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    if status.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    let hint = format!("open it yourself: {}", file.display());
    Err(Error::new("cannot open the browser", hint))
}
