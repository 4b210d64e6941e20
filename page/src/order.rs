//! Puts the lines of several programs into the order of cause and effect.
//!
//! Each program has a clock of its own, and a line comes through a pipe some time after it was written.
//! So when something happened is a guess, and two guesses a millisecond apart say nothing about what came
//! first. What is sure: a program's own lines keep their order, and nothing is received before it is sent.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// When a program's clock began: each line came some time after it was written, the quickest almost at
/// once. `lines` are the times of arrival, and what the program's clock said.
pub fn clock(lines: impl IntoIterator<Item = (Duration, Duration)>) -> Duration {
    let starts = lines.into_iter().map(|(arrival, time)| arrival.saturating_sub(time));
    starts.min().unwrap_or_default()
}

/// The order of events: whenever `(first, second)` is in `pairs`, `first` comes first; of what can come
/// next, the event with the smallest time does.
///
/// `times` are guesses, one an event. If the pairs contradict one another, some of them are not heeded:
/// no event is ever lost.
pub fn order(times: &[Duration], pairs: &[(usize, usize)]) -> Vec<usize> {
    let mut causes = vec![0; times.len()];
    let mut effects = vec![Vec::new(); times.len()];
    for &(first, second) in pairs {
        causes[second] += 1;
        effects[first].push(second);
    }
    let mut ready = BinaryHeap::new();
    let mut waiting = BinaryHeap::new();
    for (event, time) in times.iter().enumerate() {
        waiting.push(Reverse((time, event)));
        if causes[event] == 0 {
            ready.push(Reverse((time, event)));
        }
    }
    let mut ordered = Vec::new();
    let mut is_done = vec![false; times.len()];
    while let Some(Reverse((_, event))) = ready.pop().or_else(|| waiting.pop()) {
        if is_done[event] {
            continue;
        }
        is_done[event] = true;
        ordered.push(event);
        for &effect in &effects[event] {
            causes[effect] -= 1;
            if causes[effect] == 0 {
                ready.push(Reverse((&times[effect], effect)));
            }
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(times: &[u64]) -> Vec<Duration> {
        times.iter().copied().map(Duration::from_millis).collect()
    }

    #[test]
    fn without_pairs_time_decides_and_then_the_given_order() {
        assert_eq!(order(&ms(&[3, 1, 2, 1]), &[]), [1, 3, 2, 0]);
    }

    #[test]
    fn an_effect_waits_for_its_cause_though_its_clock_is_ahead() {
        // The client (0, 1) sends and receives; the server (2, 3) receives and answers. Its clock is late.
        let pairs = [(0, 1), (2, 3), (0, 2), (3, 1)];
        assert_eq!(order(&ms(&[5, 6, 1, 2]), &pairs), [0, 2, 3, 1]);
        assert_eq!(order(&ms(&[5, 6, 11, 12]), &pairs), [0, 2, 3, 1]);
    }

    #[test]
    fn what_waits_holds_nothing_else_back() {
        assert_eq!(order(&ms(&[9, 1, 2]), &[(0, 1)]), [2, 0, 1]);
    }

    #[test]
    fn contradictions_lose_nothing() {
        let mut ordered = order(&ms(&[2, 1, 0, 3]), &[(0, 1), (1, 0), (1, 3)]);
        assert_eq!(ordered[..2], [2, 1]);
        ordered.sort();
        assert_eq!(ordered, [0, 1, 2, 3]);
    }

    #[test]
    fn the_quickest_line_tells_when_a_clock_began() {
        let lines = ms(&[107, 120, 131]).into_iter().zip(ms(&[5, 20, 30]));
        assert_eq!(clock(lines), Duration::from_millis(100));
        assert_eq!(clock([]), Duration::ZERO);
    }
}
