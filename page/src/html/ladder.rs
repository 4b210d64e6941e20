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
    /// The element of a heading in it.
    heading: &'static str,
    lanes: Vec<Lane>,
    rows: Vec<RowView>,
}

struct RowView {
    row: Row,
    /// Empty where it is the same as above.
    time: String,
    /// The class of the row and of its arrow.
    kind: &'static str,
    /// Whose arrow it is, and on which side of a phone it stands.
    side: String,
    /// Where the label begins, and how wide it is.
    left: f32,
    width: f32,
    /// As much of what was said as the label has room for.
    short: String,
    /// The keys of the source lines, and how a button names them.
    keys: String,
    places: String,
    /// The first row of a fold has one above it that stands for all.
    folded: Option<Folded>,
    /// Whether it is the last row of a fold.
    ends_fold: bool,
}

impl RowView {
    /// Whether there is more text than the label has room for.
    fn is_cut(&self) -> bool {
        self.short != self.row.text
    }

    /// Whether the arrow has a head at both ends.
    fn is_both_ways(&self) -> bool {
        matches!(self.row.what, What::Opens | What::Closed | What::Secures)
    }
}

/// What stands for the rows of a fold.
struct Folded {
    /// The lane on the left, and the one on the right.
    from: usize,
    to: usize,
    /// The commands in it.
    verbs: String,
    count: usize,
}

/// Lays a ladder out; `heading` is the element of the headings in it.
pub fn view(ladder: Ladder, heading: &'static str) -> View {
    let mut rows = Vec::new();
    let mut time_above = String::new();
    // Rows of one fold that follow each other are folded together.
    for group in ladder.rows.chunk_by(|row, next| row.fold == next.fold) {
        let first = rows.len();
        for row in group {
            let mut view = row_view(&ladder.lanes, row);
            // A time is shown once.
            if view.time == time_above || matches!(view.kind, "phase" | "phase step" | "wait") {
                view.time.clear();
            } else {
                time_above.clone_from(&view.time);
            }
            rows.push(view);
        }
        if group[0].fold.is_some() {
            rows[first].folded = Some(folded(group));
            if let Some(last) = rows.last_mut() {
                last.ends_fold = true;
            }
        }
    }
    View { heading, lanes: ladder.lanes, rows }
}

fn row_view(lanes: &[Lane], row: &Row) -> RowView {
    let from = lanes[row.from].x;
    let to = lanes[row.to].x;
    let (left, width) =
        if row.from == row.to { beside(from, row.what) } else { (from.min(to), (from - to).abs()) };
    let kind = match row.what {
        What::Asks => "ask",
        What::Answers => "ans",
        What::Mail | What::File => "mail",
        What::Opens | What::Ends | What::Closes | What::Closed | What::Secures => "sys",
        What::Listens | What::Logs | What::Prints => "note",
        What::Writes => "mark",
        What::Begins => "phase",
        What::Steps => "phase step",
        What::Waits => "wait",
    };
    // The ladder of five lanes has the page to itself.
    let letters = if lanes.len() > 4 { 1.2 } else { 0.56 };
    let capacity = match row.what {
        // Notes are in smaller letters.
        What::Logs | What::Prints => 38,
        _ => ((width * letters) as usize).max(12),
    };
    let side = match row.from.abs_diff(row.to) {
        0 if from < 34.0 => " left",
        0 if from > 66.0 => " right",
        0 | 1 => "",
        _ => " across",
    };
    let owner = if lanes[row.from].is_own { "own" } else { "far" };
    let mut places: Vec<String> = Vec::new();
    for (index, place) in row.places.iter().enumerate() {
        // One line of each program is enough to name.
        if row.places[..index].iter().all(|other| other.package != place.package) {
            let lesson = short(&place.package).trim_start_matches("lesson");
            let file = if place.file == "main.rs" { lesson } else { &place.file };
            places.push(format!("{file}:{}", place.line));
        }
    }
    let keys: Vec<String> = row.places.iter().map(super::code::key).collect();
    RowView {
        row: row.clone(),
        time: format!("{:.3}", row.at.as_secs_f64()),
        kind,
        side: format!("{owner}{side}"),
        left,
        width,
        short: shortened(&row.text, capacity),
        keys: keys.join(" "),
        places: places.join(" · "),
        folded: None,
        ends_fold: false,
    }
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

/// The text, if it goes on two lines of so many columns, or else as much of its first line that says
/// something as goes on one.
fn shortened(text: &str, capacity: usize) -> String {
    let first = text.trim_start().lines().next().unwrap_or_default();
    if first == text && measure_text_width(text) <= 2 * capacity {
        return text.into();
    }
    truncate_str(first, capacity, "…").into()
}

fn folded(group: &[Row]) -> Folded {
    let rows = group.iter().filter(|row| row.from != row.to);
    let asks = rows.clone().filter(|row| row.what == What::Asks);
    let verbs = asks.clone().map(|row| row.text.split(' ').next().unwrap_or_default());
    let ends = asks.chain(rows.clone()).next().map_or((0, 0), |row| (row.from, row.to));
    Folded {
        from: ends.0.min(ends.1),
        to: ends.0.max(ends.1),
        verbs: verbs.collect::<Vec<_>>().join(" · "),
        count: rows.count(),
    }
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
