//! The source of all packages that a recording names.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use tour::lessons::Lesson;
use tour::recording::{Entry, Place, Recording};

use crate::code::{self, File};

/// The files of each package.
#[derive(Default)]
pub struct Sources {
    packages: BTreeMap<String, Vec<File>>,
}

impl Sources {
    /// Reads them from the workspace.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn read(workspace: &Path, recording: &Recording) -> io::Result<Self> {
        let mut packages = BTreeMap::new();
        for play in &recording.plays {
            let programs = play.programs.iter().map(|program| program.package.as_str());
            let parent = play.lesson.find_parent().map(|parent| parent.package);
            // Not all that plays is a lesson.
            let lessons = programs.filter(|package| Lesson::find(package).is_some());
            for package in lessons.chain([play.lesson.package]).chain(parent) {
                packages.insert(package.to_string(), code::read(workspace, package)?);
            }
        }
        Ok(Sources { packages })
    }

    /// The files of a package, `main.rs` first.
    pub fn files(&self, package: &str) -> &[File] {
        self.packages.get(package).map_or(&[], Vec::as_slice)
    }

    /// The line that has logged this, after the statement of the step that it belongs to: what is
    /// logged, that has done.
    pub fn places(&self, entry: &Entry) -> Vec<Place> {
        let Some(place) = entry.place().filter(|place| !self.files(&place.package).is_empty())
        else {
            return Vec::new();
        };
        let step = code::step_of(self.files(&place.package), &place);
        let step = step.filter(|step| *step != place);
        step.into_iter().chain([place]).collect()
    }

    /// Where a package makes one of these calls; the first of them that it makes at all counts.
    pub fn calls(&self, package: &str, calls: &[&str]) -> Vec<Place> {
        let mut found = calls.iter().map(|call| code::calls(package, self.files(package), call));
        found.find(|places| !places.is_empty()).unwrap_or_default()
    }
}
