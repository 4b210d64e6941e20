//! The source beside the ladder.

use std::collections::BTreeSet;

use askama::Template;
use tour::diff::header;
use tour::lessons::short;
use tour::recording::Place;

use super::say;
use crate::code::{File, Piece, lines};

/// A file of the source.
#[derive(Template)]
#[template(path = "code.html")]
pub struct Pane {
    /// The number of the lesson whose ladder stands beside it.
    pub lesson: &'static str,
    /// The package that it is of.
    pub package: &'static str,
    /// The file.
    pub file: File,
    /// The lines that arrows lead to.
    pub with_arrows: BTreeSet<usize>,
    /// Whether it is unfolded.
    pub is_open: bool,
}

impl Pane {
    /// What the keys and the ids of its lines begin with.
    fn name(&self) -> String {
        name(self.package, &self.file.name)
    }

    /// Its path in the package, such as `src/main.rs`.
    fn path(&self) -> String {
        let folder = if self.file.name.ends_with("-bare.rs") { "examples" } else { "src" };
        format!("{folder}/{}", self.file.name)
    }

    /// Its lines with their numbers, without the header that the page shows above.
    fn lines(&self) -> impl Iterator<Item = (usize, Vec<Piece<'_>>)> {
        (1..).zip(lines(&self.file.text)).skip(header(&self.file.text))
    }
}

/// How many blanks a line begins with.
fn indent(line: &[Piece]) -> usize {
    line.first().map_or(0, |piece| piece.text.len() - piece.text.trim_start().len())
}

/// What an arrow and its line of the source share.
pub fn key(place: &Place) -> String {
    format!("{}-{}", name(&place.package, &place.file), place.line)
}

/// The id of a file that stands in the section of the lesson with this number.
pub fn pane_id(number: &str, package: &str, file: &str) -> String {
    format!("p{number}-{}", name(package, file))
}

fn name(package: &str, file: &str) -> String {
    format!("{}-{}", short(package), file.replace('.', "-"))
}
