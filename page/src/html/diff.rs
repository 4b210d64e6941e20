//! The diff with the parent, in two columns.

use askama::Template;
use tour::diff::{self, Piece, Row, header};

use super::say;
use crate::sources::Sources;
use tour::lessons::short;

/// The diff of a lesson with its parent.
#[derive(Template)]
#[template(path = "diff.html")]
pub struct View {
    old: String,
    new: String,
    blocks: Vec<Block>,
}

/// Lines that are shown at once, or only on demand.
struct Block {
    is_folded: bool,
    pairs: Vec<Pair>,
}

/// A line of the parent beside one of the lesson; one of the two may be missing.
struct Pair {
    old: Option<Line>,
    new: Option<Line>,
    is_same: bool,
}

/// A line of one of the two files, and its number.
struct Line {
    number: usize,
    pieces: Vec<Piece>,
}

/// Compares two lessons, without the lines of the header, which each has for itself.
pub fn view(parent: &str, lesson: &str, sources: &Sources) -> View {
    let text = |package| sources.files(package).first().map_or("", |file| file.text.as_str());
    let old = text(parent);
    let new = text(lesson);
    let blocks = diff::blocks(old, new, (header(old), header(new)));
    let blocks = blocks.into_iter().map(block).collect();
    View { old: short(parent).into(), new: short(lesson).into(), blocks }
}

fn block(block: diff::Block) -> Block {
    let mut old_numbers = block.old.0..;
    let mut new_numbers = block.new.0..;
    let pair = |row: Row| {
        // Of a line that only one of the two has, no words stand out.
        let is_pair = row.old.is_some() && row.new.is_some();
        let line = |number: usize, mut pieces: Vec<Piece>| {
            pieces.iter_mut().for_each(|(is_changed, _)| *is_changed &= is_pair);
            Line { number, pieces }
        };
        let is_same = row.is_same();
        let old = row.old.and_then(|pieces| Some(line(old_numbers.next()?, pieces)));
        let new = row.new.and_then(|pieces| Some(line(new_numbers.next()?, pieces)));
        Pair { old, new, is_same }
    };
    Block { is_folded: block.is_far, pairs: block.rows.into_iter().map(pair).collect() }
}

/// How many blanks a line begins with.
fn indent(line: &Line) -> usize {
    let text: String = line.pieces.iter().map(|(_, text)| text.as_str()).collect();
    text.len() - text.trim_start().len()
}

/// The pieces of a line without those blanks.
fn pieces(line: &Line) -> Vec<(bool, &str)> {
    let mut rest = indent(line);
    let pieces = line.pieces.iter().map(|(is_changed, text)| {
        let blanks = rest.min(text.len());
        rest -= blanks;
        (*is_changed, &text[blanks..])
    });
    pieces.filter(|(_, text)| !text.is_empty()).collect()
}
