//! The ladder of a run: a lane for each program, a row for each thing that happened.

use std::time::Duration;

use events::Kind;
use tour::recording::{Entry, Place, Play, Voice};

use crate::html::Say;
use crate::sources::Sources;

/// A silence that is longer gets a row of its own.
const LONG: Duration = Duration::from_millis(20);

/// Where a row stands: the index of the event that it tells of, and its place among those that do.
pub type Anchor = (usize, usize);

/// The ladder of a run.
#[derive(Default)]
pub struct Ladder {
    /// From left to right.
    pub lanes: Vec<Lane>,
    /// From top to bottom.
    pub rows: Vec<Row>,
}

/// A program, or one of the servers in it.
pub struct Lane {
    /// Its name, such as `lesson05 #2` or `qq smtp`.
    pub name: Say,
    /// What it is, or its address.
    pub about: String,
    /// Whether it is the lesson's own.
    pub is_own: bool,
    /// Where it stands, in percent of the ladder's width.
    pub x: f32,
}

/// What a row shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum What {
    /// A program can be reached from now on.
    Listens,
    /// A program logs something else.
    #[default]
    Logs,
    /// A program prints its result.
    Prints,
    /// Whoever started the exchange says something.
    Asks,
    /// The other side says something.
    Answers,
    /// A mail goes over in one piece.
    Mail,
    /// A file, or a list of files, goes over a connection of its own.
    File,
    /// The system opens a connection.
    Opens,
    /// One side has no more to say: its system sends a FIN.
    Ends,
    /// One side closes the connection, and its system sends a FIN.
    Closes,
    /// Both sides have closed the connection.
    Closed,
    /// The connection goes on in TLS.
    Secures,
    /// An MTA or MDA writes these lines on top of a mail.
    Writes,
    /// A new part of the run begins with a command of the learner's.
    Begins,
    /// The lesson comes to one of its numbered steps.
    Steps,
    /// Nothing happens for so long.
    Waits(Duration),
}

/// One row.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// Where it stands.
    pub anchor: Anchor,
    /// The seconds from the first row until it happened; empty where they are the same as above.
    pub time: String,
    /// The lane that it begins at.
    pub from: usize,
    /// The lane that it leads to; a row that stays at one lane leads to itself.
    pub to: usize,
    /// What it is.
    pub what: What,
    /// What was said, in the words of the wire or of the log, in full.
    pub text: String,
    /// Of a heading that is not in the words of the run: its number, and what it says.
    pub heading: Option<(Say, Say)>,
    /// How many bytes went over, if that was counted.
    pub size: Option<usize>,
    /// Where the source does it, on either side.
    pub places: Vec<Place>,
    /// Whether it went in TLS.
    pub is_secure: bool,
    /// A password that did not: the command for TLS that the server had offered, or nothing.
    pub in_clear: Option<&'static str>,
    /// Rows with the same number are shown as one at first.
    pub fold: Option<usize>,
}

impl Row {
    /// A row from one lane to another, without more.
    pub fn new(anchor: Anchor, what: What, (from, to): (usize, usize), text: &str) -> Self {
        Row { anchor, from, to, what, text: text.into(), ..Row::default() }
    }
}

impl Ladder {
    /// Adds a lane to the right of the others.
    pub fn add_lane(&mut self, name: Say, about: impl Into<String>, is_own: bool) {
        self.lanes.push(Lane { name, about: about.into(), is_own, x: 50.0 });
    }

    /// Gives each lane its place, sorts the rows, says when each happened, and shows the waits
    /// between them.
    pub fn settle(&mut self, entries: &[Entry]) {
        let margin = if self.lanes.len() > 3 { 10.0 } else { 12.0 };
        let last = self.lanes.len().max(2) - 1;
        for (index, lane) in self.lanes.iter_mut().enumerate() {
            lane.x = margin + (100.0 - 2.0 * margin) * index as f32 / last as f32;
        }
        self.rows.sort_by_key(|row| row.anchor);
        let mut start = None;
        let mut last = Duration::ZERO;
        let mut time_above = String::new();
        for mut row in std::mem::take(&mut self.rows) {
            let now = entries[row.anchor.0].at;
            let at = now - *start.get_or_insert(now);
            let waited = at - last;
            if waited > LONG {
                let wait = Row::new(row.anchor, What::Waits(waited), (0, 0), "");
                self.rows.push(Row { fold: row.fold, ..wait });
            }
            last = at;
            let time = format!("{:.3}", at.as_secs_f64());
            if row.what != What::Begins && time != time_above {
                row.time.clone_from(&time);
                time_above = time;
            }
            self.rows.push(row);
        }
    }

    /// Rows for what the programs printed, and for what else they logged; `lane` says at which lane
    /// a program stands, if it has one.
    pub fn add_notes(
        &mut self,
        play: &Play,
        sources: &Sources,
        lane: impl Fn(usize) -> Option<usize>,
    ) {
        let entries: Vec<(usize, &Entry)> = play.entries.iter().enumerate().collect();
        // Lines that were printed one right after another are one row.
        let is_printed = |entry: &Entry| entry.voice == Voice::Result;
        let groups = entries.chunk_by(|(_, one), (_, next)| {
            is_printed(one) && is_printed(next) && one.program == next.program
        });
        for group in groups {
            let (index, entry) = group[0];
            let what = match (entry.voice, entry.kind()) {
                (Voice::Result, _) => What::Prints,
                (Voice::Log, None | Some(Kind::Said)) => What::Logs,
                (Voice::Log, Some(Kind::Listening)) => What::Listens,
                _ => continue,
            };
            let lines: Vec<&str> = group.iter().map(|(_, entry)| entry.text.as_str()).collect();
            let text = lines.join("\n");
            // An empty line by itself says nothing.
            if let Some(lane) = lane(entry.program).filter(|_| !text.trim().is_empty()) {
                let row = Row::new((index, 1), what, (lane, lane), &text);
                self.rows.push(Row { places: sources.places(entry), ..row });
            }
        }
    }
}
