//! Plays the lessons, each with its other side, and records what every program says.
//!
//! [`lessons::LESSONS`] is the table of them, [`Tour`] plays one after another, and [`play_all`]
//! does both at once.

pub mod diff;
pub mod lessons;
mod order;
mod practice;
pub mod recording;
mod stage;

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::time::SystemTime;

use shared::{Error, Level, OrCannot, Result};

use lessons::{LESSONS, Lesson, workspace};
use practice::Practice;
use recording::{Play, Recording};
use stage::Stage;

/// All that playing takes: the built lessons, a folder to play in, and the practice servers.
pub struct Tour {
    /// Where the programs lie.
    binaries: PathBuf,
    /// A folder of its own, with an empty `.env`, so that no `.env` of the learner's own sends the
    /// lessons elsewhere.
    folder: PathBuf,
    practice: Practice,
    /// How much the programs log.
    level: Level,
}

impl Tour {
    /// Builds the lessons, which may take minutes the first time and shows what cargo says, and
    /// starts the practice servers. A process does so only once.
    ///
    /// # Errors
    /// The lessons cannot be built, the folder cannot be made, or a server cannot be started.
    pub fn new(level: Level) -> Result<Self> {
        build()?;
        let program = env::current_exe().or_cannot("find", "this program")?;
        // A test lies in `deps`, in the folder of the programs.
        let mut folders = program.ancestors().skip(1).filter(|folder| !folder.ends_with("deps"));
        let binaries = folders.next().unwrap_or(Path::new("")).to_path_buf();
        let folder = binaries.join("tour-stage").join(process::id().to_string());
        set_up(&folder).or_cannot("set up", folder.display())?;
        let practice = Practice::start(&folder).inspect_err(|_| {
            let _ = fs::remove_dir_all(&folder);
        })?;
        Ok(Tour { binaries, folder, practice, level })
    }

    /// Plays a lesson.
    ///
    /// # Errors
    /// A program cannot be started. What goes wrong then is in [`Play::problem`].
    pub fn play(&self, lesson: &'static Lesson) -> io::Result<Play> {
        Stage::new(self, lesson).play()
    }

    fn log_level(&self) -> &'static str {
        match self.level {
            Level::Error => "off",
            Level::Info => "info",
            Level::Debug => "debug",
        }
    }
}

impl Drop for Tour {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Plays all lessons in their order, and returns what was recorded. `progress` gets each lesson
/// before it is played.
///
/// # Errors
/// Those of [`Tour::new`] and [`Tour::play`].
pub fn play_all(level: Level, mut progress: impl FnMut(&Lesson)) -> Result<Recording> {
    let tour = Tour::new(level)?;
    let begun = SystemTime::now();
    let mut plays = Vec::new();
    for lesson in LESSONS {
        progress(lesson);
        plays.push(tour.play(lesson).or_cannot("play", lesson.package)?);
    }
    Ok(Recording { begun, services: tour.practice.services(), plays })
}

/// Builds all lessons at once.
fn build() -> Result {
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
    match status.success() {
        true => Ok(()),
        false => Err(Error::new("the lessons cannot be built", "see what cargo says above")),
    }
}

/// Makes the folder in which the lessons are played, with what they need.
fn set_up(folder: &Path) -> io::Result<()> {
    // A tour that was killed may have left one.
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder)?;
    fs::write(folder.join(".env"), "")?;
    fs::write(folder.join("homework.txt"), "Done! 做完了！\n")
}
