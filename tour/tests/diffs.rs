//! Neighbouring lessons differ in what is taught and in nothing else.
#![cfg(test)]

use testing::run;

/// A parent, a lesson, and the most lines that the lesson may change.
const NEIGHBOURS: [(&str, &str, usize); 8] = [
    ("01", "03", 7),
    ("03", "04", 56),
    ("02", "05", 40),
    ("04", "09", 4),
    ("06", "07", 6),
    ("06", "08", 20),
    ("06", "11", 19),
    ("07", "12", 11),
];

/// What `cargo run -- diff` shows of these lessons.
fn diff(numbers: &[&str]) -> String {
    let ended = run(env!("CARGO_BIN_EXE_tour"), &[&["diff"], numbers].concat());
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    ended.stdout
}

/// The lines with this mark, `-` or `+`; the header of a lesson is its own affair.
fn changed(diff: &str, mark: char) -> Vec<&str> {
    let lines = diff.lines().skip(2).filter_map(|line| line.strip_prefix(mark));
    lines.filter(|line| !line.starts_with("//!")).collect()
}

#[test]
fn no_more_lines_change_than_are_taught() {
    for (parent, lesson, most) in NEIGHBOURS {
        let diff = diff(&[lesson]);
        let (removed, added) = (changed(&diff, '-').len(), changed(&diff, '+').len());
        let count = removed + added;
        assert!(count > 0 && count <= most, "{parent} to {lesson}: {count}");
        let last = format!(
            "\n{count} lines changed, the header aside: {removed} removed, {added} added\n"
        );
        assert!(diff.ends_with(&last), "{diff}");
    }
}

#[test]
fn no_line_is_just_moved_or_indented() {
    for (parent, lesson, _) in NEIGHBOURS {
        let diff = diff(&[lesson]);
        let added = changed(&diff, '+');
        for line in changed(&diff, '-') {
            let is_same = |added: &&str| added.trim() == line.trim();
            let is_moved = !line.trim().is_empty() && added.iter().any(is_same);
            assert!(!is_moved, "{parent} to {lesson}: {line}");
        }
    }
}

#[test]
fn a_lesson_is_compared_with_its_parent_and_any_two_with_each_other() {
    for (parent, lesson, _) in NEIGHBOURS {
        let names = format!("--- lesson{parent}-");
        assert!(diff(&[lesson]).starts_with(&names), "{lesson}");
        assert_eq!(diff(&[lesson]), diff(&[parent, lesson]));
    }
    let any = diff(&["6", "12"]);
    assert!(any.starts_with(
        "--- lesson06-text-mail/src/main.rs\n+++ lesson12-alternative-mail/src/main.rs\n"
    ));
    // Colours are for terminals.
    assert!(!any.contains('\u{1b}'), "{any}");
}

#[test]
fn says_what_cannot_be_compared() {
    for (numbers, problem) in [
        (&["06"] as &[&str], "lesson 06 has no parent: it is the first of its kind"),
        (&[], "diff takes the numbers of one or two lessons"),
        (&["06", "07", "12"], "diff takes the numbers of one or two lessons"),
        (&["77"], "there is no lesson 77"),
    ] {
        let ended = run(env!("CARGO_BIN_EXE_tour"), &[&["diff"], numbers].concat());
        assert_eq!(ended.status, Some(1), "{}", ended.stdout);
        let start = format!("Error: {problem}\nhint: ");
        assert!(ended.stderr.starts_with(&start), "{}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 2, "{}", ended.stderr);
    }
}
