//! Puts the lines of several programs into the order of cause and effect.
//!
//! Each program has a clock of its own, and a line comes through a pipe some time after it was
//! written. So it is known by when something had happened, not when: at the latest when its line
//! came, and at the latest when an effect of it had happened. What is sure besides: a program's own
//! lines keep their order, and nothing is received before it is sent.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// When a program's clock began: each line came some time after it was written, the quickest almost
/// at once. `lines` are the times of arrival, and what the program's clock said.
pub fn clock(lines: impl IntoIterator<Item = (Duration, Duration)>) -> Duration {
    let starts = lines.into_iter().map(|(arrival, time)| arrival.saturating_sub(time));
    starts.min().unwrap_or_default()
}

/// The events in order, each with the time by which it had happened.
///
/// `times` says that as far as each event's own line tells, and in each of the `pairs` the first
/// event is a cause of the second. Of two events that are no cause and effect, the one with the
/// smaller time comes first. If the pairs contradict one another, some of them are not heeded: no
/// event is ever lost.
pub fn order(times: &[Duration], pairs: &[(usize, usize)]) -> Vec<(usize, Duration)> {
    let mut effects = vec![Vec::new(); times.len()];
    for &(cause, effect) in pairs {
        effects[cause].push(effect);
    }
    // A cause has happened by the time of its effect: the last effects are looked at first.
    let mut bounds = times.to_vec();
    for event in sorted(times, &effects).into_iter().rev() {
        for &effect in &effects[event] {
            bounds[event] = bounds[event].min(bounds[effect]);
        }
    }
    let events = sorted(&bounds, &effects).into_iter();
    events.map(|event| (event, bounds[event])).collect()
}

/// All events: none before its causes, and of what can come next, the one with the smallest time.
fn sorted(times: &[Duration], effects: &[Vec<usize>]) -> Vec<usize> {
    let mut causes = vec![0; times.len()];
    for &effect in effects.iter().flatten() {
        causes[effect] += 1;
    }
    let mut ready = BinaryHeap::new();
    let mut waiting = BinaryHeap::new();
    for (event, time) in times.iter().enumerate() {
        waiting.push(Reverse((time, event)));
        if causes[event] == 0 {
            ready.push(Reverse((time, event)));
        }
    }
    let mut sorted = Vec::new();
    let mut is_done = vec![false; times.len()];
    while let Some(Reverse((_, event))) = ready.pop().or_else(|| waiting.pop()) {
        if is_done[event] {
            continue;
        }
        is_done[event] = true;
        sorted.push(event);
        for &effect in &effects[event] {
            causes[effect] -= 1;
            if causes[effect] == 0 {
                ready.push(Reverse((&times[effect], effect)));
            }
        }
    }
    sorted
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
    fn an_effect_stands_behind_its_cause_though_its_clock_is_ahead() {
        // The client (0, 1) sends and receives; the server (2, 3) receives and answers. Its clock
        // is late.
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

    #[test]
    fn the_quickest_line_tells_when_a_clock_began() {
        let lines = ms(&[107, 120, 131]).into_iter().zip(ms(&[5, 20, 30]));
        assert_eq!(clock(lines), Duration::from_millis(100));
        assert_eq!(clock([]), Duration::ZERO);
    }
}
