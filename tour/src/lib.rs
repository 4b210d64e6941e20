//! Plays the lessons, each with its other side, and records what every program says.
//!
//! [`lessons::LESSONS`] is the table of them, [`Tour`] plays one after another, and [`play`] does
//! both at once.

pub mod build;
pub mod channel;
pub mod diff;
pub mod lessons;
mod order;
mod practice;
pub mod recording;
mod stage;
pub mod talk;

use std::collections::HashMap;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::time::SystemTime;

use shared::{OrCannot, Result};

use build::build;
use lessons::{LESSONS, Lesson, workspace};
use practice::Practice;
use recording::{Play, Recording};

/// All that playing takes: the built lessons, a folder to play in, and the practice servers.
pub struct Tour {
    /// Where the programs lie.
    binaries: PathBuf,
    /// The packages that cannot be compiled, and what the compiler says of each.
    broken: HashMap<&'static str, String>,
    /// A folder of its own, with an empty `.env`, so that no `.env` of the learner's own sends the
    /// lessons elsewhere.
    folder: PathBuf,
    practice: Practice,
}

impl Tour {
    /// Builds the lessons, which may take minutes the first time and shows what cargo says, and
    /// starts the practice servers. A process does so only once.
    ///
    /// # Errors
    /// No lesson can be built, the folder cannot be made, or a server cannot be started.
    pub fn new() -> Result<Self> {
        let packages: Vec<_> = LESSONS.iter().map(|lesson| lesson.package).collect();
        let broken = build(workspace(), &packages)?;
        let program = env::current_exe().or_cannot("find", "this program")?;
        // A test lies in `deps`, in the folder of the programs.
        let mut folders = program.ancestors().skip(1).filter(|folder| !folder.ends_with("deps"));
        let binaries = folders.next().unwrap_or(Path::new("")).to_path_buf();
        let folder = binaries.join("tour-stage").join(process::id().to_string());
        set_up(&folder).or_cannot("set up", folder.display())?;
        let practice = Practice::start(&folder).inspect_err(|_| {
            let _ = fs::remove_dir_all(&folder);
        })?;
        Ok(Tour { binaries, broken, folder, practice })
    }

    /// Plays a lesson. What goes wrong is in [`Play::problem`].
    pub fn play(&self, lesson: &'static Lesson) -> Play {
        match lesson.packages().find_map(|package| self.broken.get_key_value(package)) {
            None => stage::play(self, lesson),
            Some((package, why)) => {
                let problem = format!("{package} does not compile\n\n{why}").trim_end().to_string();
                Play { problem: Some(problem), ..Play::new(lesson, Vec::new(), Vec::new()) }
            }
        }
    }
}

impl Drop for Tour {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Plays these lessons in their order, and returns what was recorded. `progress` gets each lesson
/// before it is played.
///
/// # Errors
/// Those of [`Tour::new`].
pub fn play(lessons: &[&'static Lesson], mut progress: impl FnMut(&Lesson)) -> Result<Recording> {
    let tour = Tour::new()?;
    let begun = SystemTime::now();
    let mut plays = Vec::new();
    for lesson in lessons {
        progress(lesson);
        plays.push(tour.play(lesson));
    }
    Ok(Recording { begun, services: tour.practice.services(), plays })
}

/// Makes the folder in which the lessons are played, with what they need.
fn set_up(folder: &Path) -> io::Result<()> {
    // A tour that was killed may have left one.
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder)?;
    fs::write(folder.join(".env"), "")?;
    fs::write(folder.join("homework.txt"), "Done! 做完了！\n")
}
