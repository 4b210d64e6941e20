//! The source of all packages that a recording names.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use crate::code::{self, File, Place};
use crate::recording::Recording;

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
            let programs = play.programs.iter().map(|program| &program.package);
            for package in programs.chain([&play.lesson]).chain(&play.parent) {
                packages.insert(package.clone(), code::read(workspace, package)?);
            }
        }
        Ok(Sources { packages })
    }

    /// The files of a package, `main.rs` first.
    pub fn files(&self, package: &str) -> &[File] {
        self.packages.get(package).map_or(&[], Vec::as_slice)
    }

    /// These lines, each after the statement of the step that it belongs to.
    pub fn with_steps(&self, places: &[Place]) -> Vec<Place> {
        let mut all: Vec<Place> = Vec::new();
        for place in places {
            let step = code::step_of(self.files(&place.package), place);
            for place in step.into_iter().chain([place.clone()]) {
                if !all.contains(&place) {
                    all.push(place);
                }
            }
        }
        all
    }

    /// The first step of a package that names one of these words.
    pub fn step(&self, package: &str, words: &[&str]) -> Option<Place> {
        code::step(package, self.files(package), words)
    }
}
