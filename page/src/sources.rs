//! The source of all lessons.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use tour::lessons::LESSONS;
use tour::recording::{Entry, Place};

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
    pub fn read() -> io::Result<Self> {
        let mut packages = BTreeMap::new();
        for lesson in LESSONS {
            let mut files = Vec::new();
            for entry in fs::read_dir(lesson.folder().join("src"))? {
                let path = entry?.path();
                // An editor keeps files of its own there.
                if path.extension().is_some_and(|extension| extension == "rs") {
                    files.push(read_file(&path)?);
                }
            }
            files.sort_by_key(|file| (file.name != "main.rs", file.name.clone()));
            packages.insert(lesson.package, files);
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
        let places = |call: &&str| -> Vec<Place> {
            let in_file = |file: &File| -> Vec<Place> {
                let place = |line| Place { package: package.into(), file: file.name.clone(), line };
                file.calls(call).map(place).collect()
            };
            self.files(package).iter().flat_map(in_file).collect()
        };
        calls.iter().map(places).find(|places| !places.is_empty()).unwrap_or_default()
    }
}
