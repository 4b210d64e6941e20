//! What happened in a play, event by event, in the order of cause and effect.

use std::time::Duration;

use crate::channel;
use crate::code::Place;
use crate::log::{self, Said};
use crate::order;
use crate::recording::{Play, Source};
use crate::talk;

/// One line of what was recorded, understood.
#[derive(Clone)]
pub struct Event {
    /// Who wrote it.
    pub source: Source,
    /// By when it had happened, since the start of the play.
    pub at: Duration,
    /// What it says.
    pub text: String,
    /// The same, understood, if a program's log says it.
    pub said: Said,
    /// Whether it names, in the words of the wire, what a program said to a practice server or
    /// heard.
    pub is_on_wire: bool,
    place: Option<(String, usize)>,
}

impl Event {
    /// The program that it is about: whose it is, or whoever was started last before it.
    pub fn program(&self, play: &Play) -> usize {
        let started = |program: &usize| play.programs[*program].started <= self.at;
        let last = (0..play.programs.len()).rev().find(started);
        self.source.program().or(last).unwrap_or(0)
    }

    /// The line of the source that logged it.
    pub fn place(&self, play: &Play) -> Option<Place> {
        let package = play.programs.get(self.source.program()?)?.package.clone();
        let (file, line) = self.place.clone()?;
        Some(Place { package, file, line })
    }
}

/// All events of a play. No effect stands before its cause, and the times never go back.
pub fn of(play: &Play) -> Vec<Event> {
    let mut events = read(play);
    let mut pairs = channel::pairs(&events);
    for (told, entry) in talk::named(play, &events) {
        events[entry].is_on_wire = true;
        match talk::is_command(&events[told].text) {
            true => pairs.push((entry, told)),
            false => pairs.push((told, entry)),
        }
        if let Said::Connected(_) = events[entry].said {
            // What the program logged last, it logged before it connected.
            let source = events[entry].source;
            let before = (0..entry).rfind(|&index| events[index].source == source);
            pairs.extend(before.map(|before| (before, told)));
        }
    }
    pairs.extend(kept_in_order(play, &events));
    pairs.extend(repeated(&events));

    let times: Vec<Duration> = events.iter().map(|event| event.at).collect();
    let ordered = order::order(&times, &pairs).into_iter();
    ordered.map(|(index, at)| Event { at, ..events[index].clone() }).collect()
}

/// The events in the order in which their lines came.
fn read(play: &Play) -> Vec<Event> {
    let clocks: Vec<Duration> = (0..play.programs.len())
        .map(|program| {
            let lines = play.lines.iter().filter(|line| line.source == Source::Log(program));
            order::clock(lines.filter_map(|line| Some((line.at, log::entry(&line.text)?.time))))
        })
        .collect();
    let mut events = Vec::new();
    for line in &play.lines {
        let mut event = Event {
            source: line.source,
            at: line.at,
            text: line.text.clone(),
            said: Said::Other,
            is_on_wire: false,
            place: None,
        };
        if let Source::Log(program) = line.source
            && let Some(entry) = log::entry(&line.text)
        {
            // The log rounds to milliseconds, and too late is better than too early: what a program
            // logs of what it was told, it logs after it was told.
            event.at = line.at.min(clocks[program] + entry.time + Duration::from_millis(1));
            event.said = log::said(&entry.text);
            (event.text, event.place) = (entry.text, entry.place);
        }
        events.push(event);
    }
    events
}

/// Whoever wrote two lines in one place wrote the first one first.
fn kept_in_order(play: &Play, events: &[Event]) -> Vec<(usize, usize)> {
    let mut sources = vec![Source::Practice];
    for program in 0..play.programs.len() {
        sources.extend([Source::Log(program), Source::Printed(program)]);
    }
    let mut pairs = Vec::new();
    for source in sources {
        let indexes = 0..events.len();
        let own: Vec<usize> = indexes.filter(|&index| events[index].source == source).collect();
        pairs.extend(own.windows(2).map(|pair| (pair[0], pair[1])));
    }
    pairs
}

/// Whoever prints what came from the network has received it before.
fn repeated(events: &[Event]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (printed, event) in events.iter().enumerate() {
        let Source::Printed(program) = event.source else { continue };
        for (cause, earlier) in events.iter().enumerate() {
            let is_cause = match &earlier.said {
                Said::Received(_, bytes, _) if earlier.source == Source::Log(program) => {
                    !bytes.is_empty() && event.text.contains(&*String::from_utf8_lossy(bytes))
                }
                _ => talk::reply(&earlier.text).is_some_and(|reply| reply == event.text),
            };
            if is_cause {
                pairs.push((cause, printed));
                break;
            }
        }
    }
    pairs
}
