//! Puts what several programs did into the order of cause and effect.
//!
//! A line comes through a pipe some time after it was written. So it is known by when something had
//! happened, not when: at the latest when its line came, and at the latest when an effect of it had
//! happened. What is sure besides: a program's own lines keep their order, and nothing is received
//! before it is sent.

use std::time::Duration;

use crate::channel;
use crate::recording::{Entry, Voice};
use crate::talk;
use events::Kind;

/// The entries in order, each with the time by which it had happened.
pub fn ordered(entries: &[Entry]) -> Vec<Entry> {
    let times: Vec<_> = entries.iter().map(|entry| entry.at).collect();
    let order = order(&times, &pairs(entries)).into_iter();
    order.map(|(index, at)| Entry { at, ..entries[index].clone() }).collect()
}

/// Causes, each with an effect: entries by their numbers.
fn pairs(entries: &[Entry]) -> Vec<(usize, usize)> {
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

/// The events in order, each with the time by which it had happened.
///
/// `times` says that as far as each event's own line tells, and in each of the `pairs` the first
/// event is a cause of the second. The events come by their times, each behind its causes. If the
/// pairs contradict one another, some of them are not heeded: no event is ever lost.
fn order(times: &[Duration], pairs: &[(usize, usize)]) -> Vec<(usize, Duration)> {
    let mut causes = vec![Vec::new(); times.len()];
    for &(cause, effect) in pairs {
        causes[effect].push(cause);
    }
    let mut by_time: Vec<usize> = (0..times.len()).collect();
    by_time.sort_by_key(|&event| times[event]);
    let mut order = Vec::new();
    let mut is_placed = vec![false; times.len()];
    for last in by_time {
        // An event, a cause of it, a cause of that: whichever has no cause left is placed.
        let mut chain = vec![last];
        while let Some(&event) = chain.last() {
            if let Some(cause) = causes[event].pop() {
                chain.push(cause);
                continue;
            }
            chain.pop();
            if !is_placed[event] {
                is_placed[event] = true;
                order.push((event, times[last]));
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(times: &[u64]) -> Vec<Duration> {
        times.iter().copied().map(Duration::from_millis).collect()
    }

    fn ordered(times: &[u64], pairs: &[(usize, usize)]) -> Vec<usize> {
        order(&ms(times), pairs).into_iter().map(|(event, _)| event).collect()
    }

    #[test]
    fn without_pairs_time_decides_and_then_the_given_order() {
        assert_eq!(ordered(&[3, 1, 2, 1], &[]), [1, 3, 2, 0]);
    }

    #[test]
    fn an_effect_stands_behind_its_cause_though_its_line_came_first() {
        // The client (0, 1) sends and receives; the server (2, 3) receives and answers.
        let pairs = [(0, 1), (2, 3), (0, 2), (3, 1)];
        assert_eq!(ordered(&[5, 6, 1, 2], &pairs), [0, 2, 3, 1]);
        assert_eq!(ordered(&[5, 6, 11, 12], &pairs), [0, 2, 3, 1]);
    }

    #[test]
    fn a_cause_has_happened_by_the_time_of_its_effects() {
        // The line of 0 came late; 1 and 2 tell that it had happened by 4. Else it would stand
        // behind 3.
        let events = order(&ms(&[9, 8, 4, 6]), &[(0, 1), (1, 2)]);
        assert_eq!(events, [0, 1, 2, 3].into_iter().zip(ms(&[4, 4, 4, 6])).collect::<Vec<_>>());
    }

    #[test]
    fn contradictions_lose_nothing() {
        let mut events = ordered(&[2, 1, 0, 3], &[(0, 1), (1, 0), (1, 3)]);
        assert_eq!(events[0], 2);
        events.sort();
        assert_eq!(events, [0, 1, 2, 3]);
    }
}
