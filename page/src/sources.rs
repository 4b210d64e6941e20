//! The source of all packages that a recording names.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use tour::lessons::workspace;
use tour::recording::{Entry, Place, Recording};

use crate::code::{File, read_file};

/// The files of each package.
#[derive(Default)]
pub struct Sources {
    packages: BTreeMap<&'static str, Vec<File>>,
}

impl Sources {
    /// Reads them from the workspace.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn read(recording: &Recording) -> io::Result<Self> {
        let mut packages = BTreeMap::new();
        for play in &recording.plays {
            let parent = play.lesson.find_parent().map(|parent| parent.package);
            for package in play.lesson.packages().chain([play.lesson.package]).chain(parent) {
                let mut files = Vec::new();
                for entry in fs::read_dir(workspace().join(package).join("src"))? {
                    let path = entry?.path();
                    // An editor keeps files of its own there.
                    if path.extension().is_some_and(|extension| extension == "rs") {
                        files.push(read_file(&path)?);
                    }
                }
                files.sort_by_key(|file| (file.name != "main.rs", file.name.clone()));
                packages.insert(package, files);
            }
        }
        Ok(Sources { packages })
    }

    /// The files of a package, `main.rs` first.
    pub fn files(&self, package: &str) -> &[File] {
        self.packages.get(package).map_or(&[], Vec::as_slice)
    }

    /// The file that has this line.
    pub fn file(&self, place: &Place) -> Option<&File> {
        self.files(&place.package).iter().find(|file| file.name == place.file)
    }

    /// The line that has logged this, after the statement of the step that it belongs to: what is
    /// logged, that has done.
    pub fn places(&self, entry: &Entry) -> Vec<Place> {
        let Some(place) = entry.place() else { return Vec::new() };
        let Some(file) = self.file(&place) else { return Vec::new() };
        let step = file.step_of(place.line).filter(|step| *step != place.line);
        let step = step.map(|line| Place { line, ..place.clone() });
        step.into_iter().chain([place]).collect()
    }

    /// Where a package makes one of these calls; the first of them that it makes at all counts.
    pub fn calls(&self, package: &str, calls: &[&str]) -> Vec<Place> {
        for call in calls {
            let mut places = Vec::new();
            for file in self.files(package) {
                let place = |line| Place { package: package.into(), file: file.name.clone(), line };
                places.extend(file.calls(call).map(place));
            }
            if !places.is_empty() {
                return places;
            }
        }
        Vec::new()
    }
}
