//! The difference of two lessons, line beside line.

use ra_ap_rustc_lexer::{FrontmatterAllowed, tokenize};
use similar::{Algorithm, DiffOp, TextDiff, capture_diff_slices};

/// So many lines that are the same are shown around those that are not.
const CONTEXT: usize = 3;

/// Two lines that are more alike than this stand beside each other.
const ALIKE: f32 = 0.6;

/// The pieces of a line, and whether each is in this file alone.
type Pieces = Vec<(bool, String)>;

/// A line of one of the two files.
#[derive(Clone)]
pub struct Line {
    /// Its number, from 1.
    pub number: usize,
    /// What it says.
    pub pieces: Pieces,
}

/// A line of the parent beside one of the lesson; one of the two may be missing.
#[derive(Clone)]
pub struct Pair {
    /// The parent's.
    pub old: Option<Line>,
    /// The lesson's.
    pub new: Option<Line>,
    /// Whether both are there and the same.
    pub is_same: bool,
}

/// Lines that are shown at once, or only on demand.
pub struct Block {
    /// Whether they are the same in both files and far from any change.
    pub is_folded: bool,
    /// The lines.
    pub pairs: Vec<Pair>,
}

/// Compares two lessons, without the lines of the header, which each has for itself.
pub fn blocks(old: &str, new: &str) -> Vec<Block> {
    let ((old_start, old), (new_start, new)) = (without_header(old), without_header(new));
    let (old_lines, new_lines): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let mut pairs = Vec::new();
    for op in capture_diff_slices(Algorithm::Patience, &old_lines, &new_lines) {
        let (mut old_at, mut new_at) = (op.old_range().start, op.new_range().start);
        if let DiffOp::Equal { len, .. } = op {
            for index in 0..len {
                let line = |number| Some(whole(number, old_lines[old_at + index]));
                let (old, new) =
                    (line(old_start + old_at + index), line(new_start + new_at + index));
                pairs.push(Pair { old, new, is_same: true });
            }
            continue;
        }
        while old_at < op.old_range().end || new_at < op.new_range().end {
            let old_left = &old_lines[old_at..op.old_range().end];
            let new_left = &new_lines[new_at..op.new_range().end];
            let (old_alone, new_alone) = until_alike(old_left, new_left);
            for _ in 0..old_alone {
                let old = Some(whole(old_start + old_at, old_lines[old_at]));
                pairs.push(Pair { old, new: None, is_same: false });
                old_at += 1;
            }
            for _ in 0..new_alone {
                let new = Some(whole(new_start + new_at, new_lines[new_at]));
                pairs.push(Pair { old: None, new, is_same: false });
                new_at += 1;
            }
            if old_at < op.old_range().end && new_at < op.new_range().end {
                let (old, new) = words(old_lines[old_at], new_lines[new_at]);
                let old = Some(Line { number: old_start + old_at, pieces: old });
                let new = Some(Line { number: new_start + new_at, pieces: new });
                pairs.push(Pair { old, new, is_same: false });
                (old_at, new_at) = (old_at + 1, new_at + 1);
            }
        }
    }
    fold(pairs)
}

/// The number of the first line behind the header, and what stands from there on.
fn without_header(text: &str) -> (usize, &str) {
    let (mut number, mut rest) = (1, text);
    while rest.starts_with("//!") || (number > 1 && rest.starts_with('\n')) {
        rest = rest.split_once('\n').map_or("", |(_line, rest)| rest);
        number += 1;
    }
    (number, rest)
}

/// How many lines of each come before the first two that are alike.
fn until_alike(old: &[&str], new: &[&str]) -> (usize, usize) {
    for (old_index, old_line) in old.iter().enumerate() {
        let is_alike = |new_line: &&str| TextDiff::from_chars(*old_line, *new_line).ratio() > ALIKE;
        if let Some(new_index) = new.iter().position(is_alike) {
            return (old_index, new_index);
        }
    }
    (old.len(), new.len())
}

fn whole(number: usize, text: &str) -> Line {
    Line { number, pieces: vec![(false, text.into())] }
}

/// Marks the words in which two lines differ; nobody cares for blanks at the start of a line.
fn words(old: &str, new: &str) -> (Pieces, Pieces) {
    let (old_words, new_words) = (split(old), split(new));
    let (mut old_pieces, mut new_pieces) = (Vec::new(), Vec::new());
    for op in capture_diff_slices(Algorithm::Myers, &old_words, &new_words) {
        let is_changed = !matches!(op, DiffOp::Equal { .. });
        for word in &old_words[op.old_range()] {
            push(&mut old_pieces, is_changed, word);
        }
        for word in &new_words[op.new_range()] {
            push(&mut new_pieces, is_changed, word);
        }
    }
    (old_pieces, new_pieces)
}

fn push(pieces: &mut Pieces, is_changed: bool, word: &str) {
    let is_indentation = pieces.is_empty() && word.trim().is_empty();
    let is_changed = is_changed && !is_indentation;
    match pieces.last_mut().filter(|(last, _)| *last == is_changed) {
        Some((_, text)) => *text += word,
        None => pieces.push((is_changed, word.into())),
    }
}

/// The words of a line of Rust; comments and strings are divided, too.
fn split(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line;
    for token in tokenize(line, FrontmatterAllowed::No) {
        let (text, after) = rest.split_at(token.len as usize);
        rest = after;
        match text.trim().is_empty() {
            true => words.push(text),
            false => words.extend(text.split_inclusive(' ')),
        }
    }
    words
}

/// Folds what is far from any change.
fn fold(pairs: Vec<Pair>) -> Vec<Block> {
    let changed: Vec<usize> = (0..pairs.len()).filter(|&index| !pairs[index].is_same).collect();
    let mut blocks: Vec<Block> = Vec::new();
    for (index, pair) in pairs.into_iter().enumerate() {
        let is_folded = changed.iter().all(|change| change.abs_diff(index) > CONTEXT);
        match blocks.last_mut().filter(|block| block.is_folded == is_folded) {
            Some(block) => block.pairs.push(pair),
            None => blocks.push(Block { is_folded, pairs: vec![pair] }),
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(pieces: &[(bool, String)]) -> String {
        let mark = |(is_changed, text): &(bool, String)| match is_changed {
            true => format!("[{text}]"),
            false => text.clone(),
        };
        pieces.iter().map(mark).collect()
    }

    fn shown(old: &str, new: &str) -> Vec<String> {
        let side = |line: Option<Line>| match line {
            Some(line) => format!("{} {}", line.number, marked(&line.pieces)),
            None => "-".into(),
        };
        let pairs = blocks(old, new).into_iter().flat_map(|block| block.pairs);
        pairs.map(|pair| format!("{} | {}", side(pair.old), side(pair.new))).collect()
    }

    #[test]
    fn headers_are_left_out_and_words_are_marked() {
        let old = "//! One.\n//! Two.\n\nlet a = send(x)?;\nend();\n";
        let new = "//! Another.\n\nlet a = receive(x)?;\nend();\n";
        let expected = ["4 let a = [send](x)?; | 3 let a = [receive](x)?;", "5 end(); | 4 end();"];
        assert_eq!(shown(old, new), expected);
    }

    #[test]
    fn lines_that_are_alike_meet_and_others_stand_alone() {
        let old = "    echo(&socket, &mut buffer)?;\n    Ok(())\n";
        let new = "    loop {\n        echo(&socket, &mut part)?;\n    }\n";
        let expected = [
            "- | 1     loop {",
            "1     echo(&socket, &mut [buffer])?; | 2         echo(&socket, &mut [part])?;",
            "2     Ok(()) | -",
            "- | 3     }",
        ];
        assert_eq!(shown(old, new), expected);
    }

    #[test]
    fn what_is_far_from_a_change_is_folded() {
        let same = "a();\nb();\nc();\nd();\ne();\n";
        let blocks = blocks(&format!("{same}x();\n"), &format!("{same}let y = 1;\n"));
        let sizes: Vec<_> =
            blocks.iter().map(|block| (block.is_folded, block.pairs.len())).collect();
        assert_eq!(sizes, [(true, 2), (false, 5)]);
    }
}
