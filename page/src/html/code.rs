//! The source beside the ladder.

use std::collections::BTreeSet;

use askama::Template;

use super::say;
use tour::recording::Place;

use crate::code::{File, Piece, lines};
use tour::lessons::short;

/// A file of the source.
#[derive(Template)]
#[template(path = "code.html")]
pub struct Pane {
    id: String,
    package: String,
    /// Its path in the package, such as `src/main.rs`.
    path: String,
    is_open: bool,
    lines: Vec<LineView>,
}

struct LineView {
    id: String,
    number: usize,
    key: String,
    /// Whether an arrow leads to it.
    has_arrow: bool,
    /// How many blanks it begins with.
    indent: usize,
    pieces: Vec<Piece>,
}

/// What an arrow and its line of the source share.
pub fn key(place: &Place) -> String {
    format!("{}/{}:{}", short(&place.package), place.file, place.line)
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
    let header = file.text.lines().take_while(|line| line.starts_with("//!")).count();
    let mut views = Vec::new();
    for (line, mut pieces) in (1..).zip(lines(&file.text)).skip(header) {
        let key = key(&Place { package: package.into(), file: file.name.clone(), line });
        let mut indent = 0;
        if let Some(first) = pieces.first_mut().filter(|piece| piece.class.is_empty()) {
            let text = first.text.trim_start_matches(' ');
            indent = first.text.len() - text.len();
            first.text = text.into();
        }
        let id = format!("l{number}-{}", key.replace(['/', '.', ':'], "-"));
        let has_arrow = with_arrows.contains(&line);
        views.push(LineView { id, number: line, key, has_arrow, indent, pieces });
    }
    let first_code = views.iter().position(|view| !view.pieces.is_empty()).unwrap_or(0);
    views.drain(..first_code);
    let package = short(package).to_string();
    let id = pane_id(number, &package, &file.name);
    let path = format!(
        "{}/{}",
        if file.name == format!("{package}-bare.rs") { "examples" } else { "src" },
        file.name
    );
    Pane { id, package, path, is_open, lines: views }
}

/// The id of a file that stands in the section of the lesson with this number.
pub fn pane_id(number: &str, package: &str, file: &str) -> String {
    format!("p{number}-{package}-{file}").replace('.', "-")
}
