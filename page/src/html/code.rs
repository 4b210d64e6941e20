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
    lesson: String,
    /// What the keys and the ids of its lines begin with.
    name: String,
    package: String,
    /// Its path in the package, such as `src/main.rs`.
    path: String,
    is_open: bool,
    lines: Vec<LineView>,
}

struct LineView {
    number: usize,
    /// Whether an arrow leads to it.
    has_arrow: bool,
    /// How many blanks it begins with.
    indent: usize,
    pieces: Vec<Piece>,
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

/// Lays a file out, without the header that the page shows above; `number` is the lesson's whose
/// ladder stands beside it, and `with_arrows` are the lines that its arrows lead to.
pub fn pane(
    package: &str,
    file: &File,
    with_arrows: &BTreeSet<usize>,
    number: &str,
    is_open: bool,
) -> Pane {
    let mut views = Vec::new();
    for (line, pieces) in (1..).zip(lines(&file.text)).skip(header(&file.text)) {
        let first = pieces.first().map_or("", |piece| piece.text.as_str());
        let indent = first.len() - first.trim_start().len();
        let has_arrow = with_arrows.contains(&line);
        views.push(LineView { number: line, has_arrow, indent, pieces });
    }
    let folder = if file.name.ends_with("-bare.rs") { "examples" } else { "src" };
    Pane {
        lesson: number.into(),
        name: name(package, &file.name),
        package: short(package).into(),
        path: format!("{folder}/{}", file.name),
        is_open,
        lines: views,
    }
}
