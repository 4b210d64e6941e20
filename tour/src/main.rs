//! Plays the lessons in order, each with its other side: what a bare `cargo run` starts.
//!
//! Run it: `cargo run`, or `cargo run -- 03 09` for just these two; `cargo run -- diff 07` shows
//! what a lesson changes.

mod check;
mod diff;
mod lessons;
mod practice;
mod stage;

use std::env;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use lessons::{LESSONS, Lesson};
use practice::Practice;
use shared::{Error, OrCannot, Result};
use stage::Stage;

fn main() -> Result {
    let config = shared::load!("[LESSON]... | diff LESSON [LESSON] | check [LESSON]...");
    if let [first, numbers @ ..] = config.arguments.as_slice()
        && first == "diff"
    {
        return diff::show(&choose(numbers)?);
    }
    if let [first, words @ ..] = config.arguments.as_slice()
        && first == "check"
    {
        return match words {
            [first, numbers @ ..] if first == "solutions" => check::check(&choose(numbers)?, true),
            numbers => check::check(&choose(numbers)?, false),
        };
    }
    let mut lessons = choose(&config.arguments)?;
    if lessons.is_empty() {
        lessons.extend(LESSONS);
    }
    let programs = build()?;
    // A folder of its own, with an empty `.env`, so that no `.env` of the learner's own sends the
    // lessons elsewhere.
    let folder = programs.join("tour-stage").join(process::id().to_string());
    set_up(&folder).or_cannot("set up", folder.display())?;
    let practice = Practice::start(&folder)?;
    let played = play_all(&lessons, &programs, &folder, &practice);
    let _ = fs::remove_dir_all(&folder);
    match played {
        // Whoever was reading has gone: so do we, and the programs on the stage have ended, too.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(error).or_cannot("play", "the lessons"),
        Ok(0) => Ok(()),
        Ok(failed) => {
            let message = format!("{failed} of {} lessons failed", lessons.len());
            Err(Error::new(
                message,
                "its lines above say why; play one alone with: cargo run -- 03",
            ))
        }
    }
}

/// The lessons with these numbers.
fn choose(numbers: &[String]) -> Result<Vec<&'static Lesson>> {
    let mut chosen = Vec::new();
    for number in numbers {
        let lesson = LESSONS.iter().find(|lesson| lesson.number() == format!("{number:0>2}"));
        chosen.push(lesson.ok_or_else(|| {
            let numbers: Vec<_> = LESSONS.iter().map(Lesson::number).collect();
            Error::new(
                format!("there is no lesson {number}"),
                format!("there are {}", numbers.join(" ")),
            )
        })?);
    }
    Ok(chosen)
}

/// Builds all lessons at once, and returns the folder with their programs, in which this one lies,
/// too.
fn build() -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.arg("build").current_dir(workspace());
    // What `cargo run` says of this program would make other ones that look at it be compiled anew.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    for lesson in LESSONS {
        command.args(["-p", lesson.package]);
    }
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let status = command.status().or_cannot("run", "cargo build")?;
    if !status.success() {
        return Err(Error::new("the lessons cannot be built", "see what cargo says above"));
    }
    let program = env::current_exe().or_cannot("find", "this program")?;
    Ok(program.parent().map(Path::to_path_buf).unwrap_or_default())
}

/// The folder that holds the lessons.
fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Makes the folder in which the lessons are played, with what they need.
fn set_up(folder: &Path) -> io::Result<()> {
    // A tour that was killed may have left one.
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder)?;
    fs::write(folder.join(".env"), "")?;
    fs::write(folder.join("homework.txt"), "Done! 做完了！\n")
}

/// Plays the lessons, shows a table of how they went, and returns how many failed.
fn play_all(
    lessons: &[&Lesson],
    programs: &Path,
    folder: &Path,
    practice: &Practice,
) -> io::Result<usize> {
    say("Every server takes a free port here; started by hand, each has a port of its own.")?;

    let mut table = String::new();
    let mut failed = 0;
    for lesson in lessons {
        say(&format!("\n== Lesson {}: {}", lesson.number(), purpose(lesson)?))?;
        let mut stage = Stage::new(programs, folder, practice);
        let result = match stage.play(lesson)? {
            None => "passed".to_string(),
            Some(problem) => {
                failed += 1;
                format!("FAILED: {problem}")
            }
        };
        table += &format!("\n{:<26} {result}", lesson.package);
    }
    practice.fall_silent();
    say(&format!("\n{:<26} result{table}", "lesson"))?;
    Ok(failed)
}

/// The lesson itself.
fn source(lesson: &Lesson) -> io::Result<String> {
    fs::read_to_string(workspace().join(lesson.package).join("src/main.rs"))
}

/// What the lesson is, as the first line of its source says.
fn purpose(lesson: &Lesson) -> io::Result<String> {
    let source = source(lesson)?;
    let first = source.lines().next().unwrap_or_default();
    Ok(first.trim_start_matches("//! ").to_string())
}

/// Writes a line for the learner.
fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}
