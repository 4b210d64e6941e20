//! The ladder in HTML: text in rows that grow with it, each with an arrow below, and the life lines
//! behind.
//!
//! Everything across is given in percent, so that nothing has to be measured.

use askama::Template;

use super::steps::step;
use super::{Say, say};
use crate::ladder::{Ladder, Lane, Row, What};
use crate::way;
use tour::lessons::short;

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
    what: What,
    /// Empty where it is the same as above.
    time: String,
    by: By,
    /// The class of the row: whose arrow it is, and on which side of a phone it stands.
    class: String,
    /// Where the label begins, and how wide it is.
    left: f32,
    width: f32,
    arrow: Option<Arrow>,
    /// What was said; in full only where the short form is not all of it.
    short: String,
    full: Option<String>,
    lines: usize,
    size: Option<usize>,
    milliseconds: u128,
    is_secure: bool,
    in_clear: Option<&'static str>,
    port: Option<u16>,
    /// The keys of the source lines, and how a button names them.
    keys: String,
    places: String,
    /// The first row of a fold has one above it that stands for all.
    folded: Option<Folded>,
    /// Whether it is the last row of a fold.
    ends_fold: bool,
}

/// Who, or who to whom: what the arrow shows, for those who do not see it.
struct By {
    from: String,
    /// `→` or `⇄`, or nothing where nobody is to be named behind it.
    sign: &'static str,
    to: String,
}

/// What stands for the rows of a fold.
struct Folded {
    time: String,
    /// The commands in it.
    verbs: String,
    count: usize,
    arrow: Arrow,
    by: By,
    left: f32,
    width: f32,
}

/// An arrow.
struct Arrow {
    class: &'static str,
    from: f32,
    to: f32,
    /// Where the heads are, and whether each points to the right.
    heads: Vec<(f32, bool)>,
}

/// A name or a heading: the page's own, in both languages, or in the words of the run.
#[derive(Template)]
#[template(
    ext = "html",
    source = "{% match self %}{% when Words::Own(say) %}{{ say }}{% when Words::OfRun(text) %}{{ text }}{% endmatch %}"
)]
enum Words<'a> {
    Own(Say),
    OfRun(&'a str),
}

impl askama::filters::HtmlSafe for Words<'_> {}

/// The page's own words where there are any for this text.
fn words(text: &str) -> Words<'_> {
    Words::Own(match text {
        way::TEACHER => say("teacher’s MUA", "老师的 MUA"),
        way::STUDENT => say("student’s MUA", "学生的 MUA"),
        way::HAND_IN => {
            say("1 · The teacher hands it in: SMTP, with a password", "1 · 老师交信：SMTP，要密码")
        }
        way::TRANSFER => say(
            "2 · One provider hands it to the other: SMTP, without a password",
            "2 · 一家服务商转给另一家：SMTP，不要密码",
        ),
        way::FETCH => say("3 · The student fetches it: POP3", "3 · 学生取信：POP3"),
        text => return Words::OfRun(text),
    })
}

/// Lays a ladder out; `heading` is the element of the headings in it.
pub fn view(ladder: &Ladder, heading: &'static str) -> View {
    let mut rows = Vec::new();
    let mut time_above = String::new();
    // Rows of one fold that follow each other are folded together.
    for group in ladder.rows.chunk_by(|row, next| row.fold == next.fold) {
        let first = rows.len();
        for row in group {
            let mut view = row_view(ladder, row);
            // A time is shown once.
            if view.time == time_above
                || matches!(row.what, What::Begins | What::Steps | What::Waits)
            {
                view.time.clear();
            } else {
                time_above.clone_from(&view.time);
            }
            rows.push(view);
        }
        if group[0].fold.is_some() {
            rows[first].folded = Some(folded(ladder, group, rows[first].time.clone()));
            if let Some(last) = rows.last_mut() {
                last.ends_fold = true;
            }
        }
    }
    let mut lanes = Vec::new();
    for Lane { name, about, is_own, x } in &ladder.lanes {
        lanes.push(Lane { name: name.clone(), about: about.clone(), is_own: *is_own, x: *x });
    }
    View { heading, lanes, rows }
}

fn row_view(ladder: &Ladder, row: &Row) -> RowView {
    let from = ladder.lanes[row.from].x;
    let to = ladder.lanes[row.to].x;
    let (left, width) =
        if row.from == row.to { beside(from, row.what) } else { (from.min(to), (from - to).abs()) };
    let (short_form, full) = match row.what {
        What::Begins | What::Steps => (row.text.clone(), None),
        // Notes are in smaller letters.
        What::Logs | What::Prints => shortened(&row.text, 38),
        _ => shortened(&row.text, capacity(ladder, width)),
    };
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
    let mut class = kind.to_string();
    class += if ladder.lanes[row.from].is_own { " own" } else { " far" };
    class += match row.from.abs_diff(row.to) {
        0 if from < 34.0 => " left",
        0 if from > 66.0 => " right",
        0 | 1 => "",
        _ => " across",
    };
    let mut places: Vec<String> = Vec::new();
    for (index, place) in row.places.iter().enumerate() {
        // One line of each program is enough to name.
        if row.places[..index].iter().all(|other| other.package != place.package) {
            let lesson = short(&place.package).trim_start_matches("lesson");
            places.push(format!("{lesson}:{}", place.line));
        }
    }
    let keys: Vec<String> = row.places.iter().map(super::code::key).collect();
    RowView {
        what: row.what,
        time: format!("{:.3}", row.at.as_secs_f64()),
        by: by(ladder, row.from, row.to, " → "),
        class,
        left,
        width,
        arrow: arrow(kind, row, from, to),
        short: short_form,
        full,
        lines: row.text.lines().count(),
        size: row.size,
        milliseconds: row.at.as_millis(),
        is_secure: row.is_secure,
        in_clear: row.in_clear,
        port: row.port,
        keys: keys.join(" "),
        places: places.join(" · "),
        folded: None,
        ends_fold: false,
    }
}

fn by(ladder: &Ladder, from: usize, to: usize, sign: &'static str) -> By {
    let name = |lane: usize| ladder.lanes[lane].name.clone();
    if from == to {
        By { from: name(from), sign: "", to: String::new() }
    } else {
        By { from: name(from), sign, to: name(to) }
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

fn arrow(class: &'static str, row: &Row, from: f32, to: f32) -> Option<Arrow> {
    if row.from == row.to {
        return None;
    }
    let mut heads = vec![(to, to > from)];
    if matches!(row.what, What::Opens | What::Closed | What::Secures) {
        heads.push((from, from > to));
    }
    Some(Arrow { class, from, to, heads })
}

/// How many letters go on one line of a label that is so wide.
fn capacity(ladder: &Ladder, width: f32) -> usize {
    // The ladder of five lanes has the page to itself.
    let letters = if ladder.lanes.len() > 4 { 1.2 } else { 0.56 };
    ((width * letters) as usize).max(12)
}

/// The text, if it fits on two lines, or else as much of its first line as fits on one, and all of
/// it.
fn shortened(text: &str, capacity: usize) -> (String, Option<String>) {
    let first = text.lines().next().unwrap_or_default();
    if first.len() == text.len() && fits(text, capacity) {
        return (text.into(), None);
    }
    let mut short = String::new();
    for character in first.chars() {
        if width(first) > capacity && width(&short) + 4 > capacity {
            short.push('…');
            break;
        }
        short.push(character);
    }
    (short, Some(text.into()))
}

/// Whether the words fit on two lines.
fn fits(text: &str, capacity: usize) -> bool {
    let mut lines = 1;
    let mut used = 0;
    for word in text.split_inclusive([' ', '，', '：']) {
        if used + width(word.trim_end()) > capacity {
            (lines, used) = (lines + 1, 0);
        }
        used += width(word);
        if used > capacity + 1 {
            return false;
        }
    }
    lines <= 2
}

/// How many columns a text takes; Chinese characters take two.
fn width(text: &str) -> usize {
    text.chars().map(|character| if character > '\u{1100}' { 2 } else { 1 }).sum()
}

fn folded(ladder: &Ladder, group: &[Row], time: String) -> Folded {
    let rows: Vec<&Row> = group.iter().filter(|row| row.from != row.to).collect();
    let asks = rows.iter().filter(|row| row.what == What::Asks);
    let verb = |row: &&Row| row.text.split(' ').next().unwrap_or_default().to_string();
    let verbs: Vec<String> = asks.clone().map(verb).collect();
    let ends = asks.chain(&rows).next().map_or((0, 0), |row| (row.from, row.to));
    let (from, to) = ends;
    let (from, to) = if from < to { (from, to) } else { (to, from) };
    let left = ladder.lanes[from].x;
    let right = ladder.lanes[to].x;
    Folded {
        time,
        verbs: verbs.join(" · "),
        count: rows.len(),
        arrow: Arrow {
            class: "ask",
            from: left,
            to: right,
            heads: vec![(right, true), (left, false)],
        },
        by: by(ladder, from, to, " ⇄ "),
        left,
        width: right - left,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shown_whole_where_it_fits() {
        assert_eq!(shortened("QUIT", 20), ("QUIT".into(), None));
        let long = "MAIL FROM:<laoshi@qq.example> SIZE=514";
        assert_eq!(shortened(long, 29), (long.into(), None));
        let (short, full) = shortened(long, 12);
        assert_eq!((short.as_str(), full.as_deref()), ("MAIL FROM…", Some(long)));
        let (short, full) = shortened("你好，网络！你好，网络！", 8);
        assert_eq!((short.as_str(), full.is_some()), ("你好，…", true));
    }

    #[test]
    fn of_many_lines_the_first_is_shown() {
        let (short, full) = shortened("250-qq.example\r\n250 SIZE", 40);
        assert_eq!(short, "250-qq.example");
        assert_eq!(full.as_deref(), Some("250-qq.example\r\n250 SIZE"));
    }
}
