//! Compares two programs, line beside line.

use std::ops::Range;

use similar::{DiffOp, DiffTag, TextDiff};

/// This many unchanged lines are shown around the changed ones.
const CONTEXT: usize = 3;

/// Two lines that are at least this much alike stand beside each other.
const ALIKE: f32 = 0.5;

/// A piece of a line, and whether only this program has it.
pub type Piece = (bool, String);

/// A line of the old program beside one of the new. If one of the two is missing, the other was
/// removed or added.
#[derive(Debug)]
pub struct Row {
    /// The line of the old program, in pieces.
    pub old: Option<Vec<Piece>>,
    /// The line of the new program.
    pub new: Option<Vec<Piece>>,
}

/// Lines that have changed, with their neighbours, or lines that are far from any change.
#[derive(Debug)]
pub struct Block {
    /// Whether all its lines are the same in both, and far from any change.
    pub is_far: bool,
    /// The number of its first line in the old program, and how many lines of that it has.
    pub old: (usize, usize),
    /// The same in the new program.
    pub new: (usize, usize),
    /// The lines.
    pub rows: Vec<Row>,
}

impl Row {
    /// Whether the line is in both programs, and the same.
    pub fn is_same(&self) -> bool {
        self.old.is_some() && self.old == self.new
    }
}

/// The lines of the header, which each lesson has for itself: comments that begin with `//!`, and
/// the empty line below.
pub fn header(source: &str) -> usize {
    let comments = source.lines().take_while(|line| line.starts_with("//!")).count();
    let is_blank = source.lines().nth(comments).is_some_and(str::is_empty);
    comments + usize::from(comments > 0 && is_blank)
}

/// Two programs beside each other. `skip` says how many lines of each are left out at its start.
pub fn blocks(old: &str, new: &str, skip: (usize, usize)) -> Vec<Block> {
    let old: Vec<_> = old.lines().skip(skip.0).collect();
    let new: Vec<_> = new.lines().skip(skip.1).collect();
    let diff = TextDiff::from_slices(&old, &new);
    let rows: Vec<_> = diff.ops().iter().flat_map(|op| rows(op, &old, &new)).collect();
    let changes: Vec<_> = (0..rows.len()).filter(|&index| !rows[index].is_same()).collect();
    let is_far = |row: &usize| changes.iter().all(|change| change.abs_diff(*row) > CONTEXT);

    let numbers: Vec<_> = (0..rows.len()).collect();
    let mut rows = rows.into_iter();
    let mut old_next = skip.0 + 1;
    let mut new_next = skip.1 + 1;
    let mut blocks = Vec::new();
    for block in numbers.chunk_by(|one, next| is_far(one) == is_far(next)) {
        let rows: Vec<Row> = rows.by_ref().take(block.len()).collect();
        let old = (old_next, rows.iter().filter(|row| row.old.is_some()).count());
        let new = (new_next, rows.iter().filter(|row| row.new.is_some()).count());
        old_next += old.1;
        new_next += new.1;
        blocks.push(Block { is_far: is_far(&block[0]), old, new, rows });
    }
    blocks
}

/// The lines of one operation, those that are alike beside each other.
fn rows(op: &DiffOp, old: &[&str], new: &[&str]) -> Vec<Row> {
    let mut old = &old[op.old_range()];
    let mut new = &new[op.new_range()];
    let whole = |line: &&str| Some(vec![(true, line.to_string())]);
    let mut rows = Vec::new();
    while !old.is_empty() || !new.is_empty() {
        let (removed, added) = until_alike(old, new);
        rows.extend(old[..removed].iter().map(|line| Row { old: whole(line), new: None }));
        rows.extend(new[..added].iter().map(|line| Row { old: None, new: whole(line) }));
        (old, new) = (&old[removed..], &new[added..]);
        if let ([old_line, old_rest @ ..], [new_line, new_rest @ ..]) = (old, new) {
            rows.push(pair(old_line, new_line));
            (old, new) = (old_rest, new_rest);
        }
    }
    rows
}

/// How many lines of each come before the first two that are alike.
fn until_alike(old: &[&str], new: &[&str]) -> (usize, usize) {
    for (removed, old_line) in old.iter().enumerate() {
        let is_alike = |new_line: &&str| {
            TextDiff::from_slices(&words(old_line.trim()), &words(new_line.trim())).ratio() >= ALIKE
        };
        if let Some(added) = new.iter().position(is_alike) {
            return (removed, added);
        }
    }
    (old.len(), new.len())
}

/// Two lines that are alike, divided where they differ.
fn pair(old: &str, new: &str) -> Row {
    let old = words(old);
    let new = words(new);
    let diff = TextDiff::from_slices(&old, &new);
    let pieces = |words: &[&str], range: fn(&DiffOp) -> Range<usize>| -> Vec<Piece> {
        let piece = |op: &DiffOp| (op.tag() != DiffTag::Equal, words[range(op)].concat());
        diff.ops().iter().map(piece).filter(|(_, text)| !text.is_empty()).collect()
    };
    Row { old: Some(pieces(&old, DiffOp::old_range)), new: Some(pieces(&new, DiffOp::new_range)) }
}

/// The words of a line: names and numbers, and each other character by itself.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
        let name = rest.find(|character| !is_name(character)).unwrap_or(rest.len());
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let (word, after) = rest.split_at(name.max(first));
        words.push(word);
        rest = after;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_left_out_and_the_lines_keep_their_numbers() {
        let old = "//! One.\n//! Two.\n\na();\n";
        let new = "//! Another.\n\nb();\n";
        let blocks = blocks(old, new, (header(old), header(new)));
        assert_eq!((blocks[0].old, blocks[0].new), ((4, 1), (3, 1)));
        assert_eq!(header("a();\n"), 0);
    }

    #[test]
    fn what_is_far_from_a_change_is_a_block_of_its_own() {
        let same = "a();\nb();\nc();\nd();\ne();\n";
        let blocks = blocks(&format!("{same}x();\n"), &format!("{same}let y = 1;\n"), (0, 0));
        let shown = blocks.iter().map(|block| (block.is_far, block.old, block.new));
        let expected = [(true, (1, 2), (1, 2)), (false, (3, 4), (3, 4))];
        assert_eq!(shown.collect::<Vec<_>>(), expected);
    }
}
