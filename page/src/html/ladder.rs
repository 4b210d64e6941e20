//! The ladder in HTML: text in rows that grow with it, each with an arrow below, and the life lines
//! behind.
//!
//! Everything across is given in percent, so that nothing has to be measured.

use askama::Template;
use console::{measure_text_width, truncate_str};
use tour::lessons::short;

use super::say;
use crate::ladder::{Ladder, Lane, Row, What};

/// A ladder, ready to be shown.
#[derive(Template)]
#[template(path = "ladder.html")]
pub struct View {
    /// The ladder.
    pub ladder: Ladder,
    /// The element of a heading in it.
    pub heading: &'static str,
}

impl View {
    /// Rows of one fold that follow each other, and those between two folds.
    fn groups(&self) -> impl Iterator<Item = &[Row]> {
        self.ladder.rows.chunk_by(|row, next| row.fold == next.fold)
    }

    /// The lanes that a row begins at and leads to.
    fn ends(&self, row: &Row) -> [&Lane; 2] {
        [row.from, row.to].map(|lane| &self.ladder.lanes[lane])
    }

    /// Where the label of a row begins, and how wide it is.
    fn label(&self, row: &Row) -> (f32, f32) {
        let [from, to] = self.ends(row);
        if row.from == row.to {
            beside(from.x, row.what)
        } else {
            (from.x.min(to.x), (from.x - to.x).abs())
        }
    }

    /// As much of what was said as the label has room for.
    fn short(&self, row: &Row) -> String {
        // The ladder of five lanes has the page to itself.
        let letters = if self.ladder.lanes.len() > 4 { 1.2 } else { 0.56 };
        let capacity = match row.what {
            // Notes are in smaller letters.
            What::Logs | What::Prints => 38,
            _ => ((self.label(row).1 * letters) as usize).max(12),
        };
        shortened(&row.text, capacity)
    }

    /// Whose arrow it is, and on which side of a phone it stands.
    fn side(&self, row: &Row) -> String {
        let from = &self.ladder.lanes[row.from];
        let side = match row.from.abs_diff(row.to) {
            0 if from.x < 34.0 => " left",
            0 if from.x > 66.0 => " right",
            0 | 1 => "",
            _ => " across",
        };
        let owner = if from.is_own { "own" } else { "far" };
        format!("{owner}{side}")
    }
}

/// The class of a row and of its arrow.
fn kind(row: &Row) -> &'static str {
    match row.what {
        What::Asks => "ask",
        What::Answers => "ans",
        What::Mail | What::File => "mail",
        What::Opens | What::Ends | What::Closes | What::Closed | What::Secures => "sys",
        What::Listens | What::Logs | What::Prints => "note",
        What::Writes => "mark",
        What::Begins => "phase",
        What::Steps => "phase step",
        What::Waits(_) => "wait",
    }
}

/// The port that a reply has named for a connection that is opened now: `229 ... (|||35723|)`.
fn port(row: &Row) -> Option<&str> {
    row.text.strip_prefix("229 ")?.split('|').nth(3)
}

/// The keys of the source lines of a row.
fn keys(row: &Row) -> String {
    row.places.iter().map(super::code::key).collect::<Vec<_>>().join(" ")
}

/// How the button of a row names its source lines: one of each program is enough.
fn places(row: &Row) -> String {
    let mut places: Vec<String> = Vec::new();
    for (index, place) in row.places.iter().enumerate() {
        if row.places[..index].iter().all(|other| other.package != place.package) {
            let lesson = short(&place.package).trim_start_matches("lesson");
            let file = if place.file == "main.rs" { lesson } else { &place.file };
            places.push(format!("{file}:{}", place.line));
        }
    }
    places.join(" · ")
}

/// Where a label stands that belongs to one lane: around it, and inside of the ladder.
fn beside(x: f32, what: What) -> (f32, f32) {
    match what {
        What::Writes => (x, (100.0 - x).min(50.0)),
        _ if x < 34.0 => (x - 9.0, 64.0),
        _ if x > 66.0 => (x - 55.0, 64.0),
        _ => (x - 32.0, 64.0),
    }
}

/// The text, if it is one line and fits into twice this many columns; else as much of its first
/// line that is not empty as fits into them once.
fn shortened(text: &str, capacity: usize) -> String {
    let first = text.trim_start().lines().next().unwrap_or_default();
    if first == text && measure_text_width(text) <= 2 * capacity {
        return text.into();
    }
    truncate_str(first, capacity, "…").into()
}

/// The arrows in a fold.
fn arrows(fold: &[Row]) -> impl Iterator<Item = &Row> {
    fold.iter().filter(|row| row.from != row.to)
}

/// The commands in a fold.
fn asks(fold: &[Row]) -> impl Iterator<Item = &Row> {
    arrows(fold).filter(|row| row.what == What::Asks)
}

/// The first words of the commands in a fold.
fn verbs(fold: &[Row]) -> String {
    let verbs = asks(fold).map(|row| row.text.split(' ').next().unwrap_or_default());
    verbs.collect::<Vec<_>>().join(" · ")
}

/// The lanes of a fold, the one on the left first.
fn lanes(fold: &[Row]) -> (usize, usize) {
    let row = asks(fold).chain(arrows(fold)).next();
    row.map_or((0, 0), |row| (row.from.min(row.to), row.from.max(row.to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shown_whole_where_it_fits_and_of_many_lines_the_first() {
        assert_eq!(shortened("QUIT", 20), "QUIT");
        let long = "MAIL FROM:<laoshi@qq.example> SIZE=514";
        assert_eq!(shortened(long, 29), long);
        assert_eq!(shortened(long, 12), "MAIL FROM:<…");
        assert_eq!(shortened("你好，网络！你好，网络！", 8), "你好，…");
        assert_eq!(shortened("250-qq.example\r\n250 SIZE", 40), "250-qq.example");
        assert_eq!(shortened("\nFrom: laoshi\nTo: xuesheng", 40), "From: laoshi");
    }
}
