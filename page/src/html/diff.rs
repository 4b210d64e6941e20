//! The diff with the parent, in two columns.

use askama::Template;

use super::say;
use crate::diff::{Block, Line, blocks};
use crate::recording::short;
use crate::sources::Sources;

/// The diff of a lesson with its parent.
#[derive(Template)]
#[template(path = "diff.html")]
pub struct View {
    old: String,
    new: String,
    blocks: Vec<Block>,
}

/// Compares two lessons.
pub fn view(parent: &str, lesson: &str, sources: &Sources) -> View {
    let text = |package| sources.files(package).first().map_or("", |file| file.text.as_str());
    let (old, new) = (short(parent).into(), short(lesson).into());
    View { old, new, blocks: blocks(text(parent), text(lesson)) }
}

/// How many blanks a line begins with.
fn indent(line: &Line) -> usize {
    let text: String = line.pieces.iter().map(|(_, text)| text.as_str()).collect();
    text.len() - text.trim_start().len()
}

/// The pieces of a line without those blanks.
fn pieces(line: &Line) -> Vec<(bool, &str)> {
    let pieces = line.pieces.iter().enumerate();
    pieces
        .map(|(index, (is_changed, text))| match index {
            0 => (*is_changed, text.trim_start()),
            _ => (*is_changed, text.as_str()),
        })
        .collect()
}
