//! The diff with the parent, in two columns.

use askama::Template;
use tour::diff::{Block, Piece, blocks, header};
use tour::lessons::short;

use super::say;
use crate::sources::Sources;

/// The diff of a lesson with its parent.
#[derive(Template)]
#[template(path = "diff.html")]
pub struct View {
    old: String,
    new: String,
    blocks: Vec<Block>,
}

/// Compares two lessons, without the lines of the header, which each has for itself.
pub fn view(parent: &str, lesson: &str, sources: &Sources) -> View {
    let text = |package| sources.files(package).first().map_or("", |file| file.text.as_str());
    let old = text(parent);
    let new = text(lesson);
    let blocks = blocks(old, new, (header(old), header(new)));
    View { old: short(parent).into(), new: short(lesson).into(), blocks }
}

/// The numbers of the lines of a row, in the old file and in the new one.
fn numbers(block: &Block, row: usize) -> (usize, usize) {
    let above = &block.rows[..row];
    let old = above.iter().filter(|row| row.old.is_some()).count();
    let new = above.iter().filter(|row| row.new.is_some()).count();
    (block.old.0 + old, block.new.0 + new)
}

/// How many blanks a line begins with.
fn indent(line: &[Piece]) -> usize {
    let characters = line.iter().flat_map(|(_, text)| text.chars());
    characters.take_while(|character| *character == ' ').count()
}

/// The pieces of a line without those blanks.
fn pieces(line: &[Piece]) -> Vec<(bool, &str)> {
    let mut rest = indent(line);
    let pieces = line.iter().map(|(is_changed, text)| {
        let blanks = rest.min(text.len());
        rest -= blanks;
        (*is_changed, &text[blanks..])
    });
    pieces.filter(|(_, text)| !text.is_empty()).collect()
}
