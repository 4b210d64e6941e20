//! What is known of causes and effects before the entries of a play are put into their order.

use std::time::Duration;

use crate::channel;
use crate::order;
use crate::recording::{Entry, Voice};
use crate::talk;
use events::Kind;

/// By when each of these entries had happened, as far as its own line tells.
pub fn times(entries: &[Entry]) -> Vec<Duration> {
    let logged = |entry: &Entry| {
        let event = entry.event.as_ref().filter(|_| entry.voice == Voice::Log)?;
        Duration::try_from_secs_f64(event.seconds).ok()
    };
    let clock = |program: usize| {
        let own = entries.iter().filter(|entry| entry.program == program);
        order::clock(own.filter_map(|entry| Some((entry.at, logged(entry)?))))
    };
    // What a program and its practice servers say comes through one pipe, which keeps its order.
    let is_heard_with_servers = |program: usize| {
        let own = entries.iter().filter(|entry| entry.program == program);
        own.map(|entry| entry.voice).any(|voice| voice == Voice::Practice)
    };
    let count = entries.iter().map(|entry| entry.program + 1).max().unwrap_or(0);
    let clocks: Vec<_> = (0..count).map(clock).collect();
    let time = |entry: &Entry| match logged(entry) {
        // The log rounds to milliseconds, and too late is better than too early: what a program logs
        // of what it was told, it logs after it was told.
        Some(_) if is_heard_with_servers(entry.program) => entry.at,
        Some(time) => entry.at.min(clocks[entry.program] + time + Duration::from_millis(1)),
        None => entry.at,
    };
    entries.iter().map(time).collect()
}

/// Causes, each with an effect: entries by their numbers.
pub fn pairs(entries: &[Entry]) -> Vec<(usize, usize)> {
    let mut pairs = channel::pairs(entries);
    for (told, entry) in talk::told_twice(entries) {
        // What the client sends the server gets, and the other way round.
        match entries[entry].kind() {
            Some(Kind::Sent) => pairs.push((entry, told)),
            _ => pairs.push((told, entry)),
        }
        if entries[entry].kind() == Some(Kind::Connected) {
            // What the program logged last, it logged before it connected.
            let program = entries[entry].program;
            let before = (0..entry).rfind(|&index| entries[index].is_logged_by(program));
            pairs.extend(before.map(|before| (before, told)));
        }
    }
    pairs.extend(kept_in_order(entries));
    pairs
}

/// Whoever wrote two lines wrote the first one first: a program, or its practice servers.
fn kept_in_order(entries: &[Entry]) -> Vec<(usize, usize)> {
    let writer = |entry: &Entry| (entry.program, entry.voice == Voice::Practice);
    let before = |index: usize| {
        (0..index).rfind(|&before| writer(&entries[before]) == writer(&entries[index]))
    };
    (0..entries.len()).filter_map(|index| Some((before(index)?, index))).collect()
}
