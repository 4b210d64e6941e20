//! Neighbouring lessons differ in what is taught and in nothing else.
#![cfg(test)]

use std::fs;

use similar::{ChangeTag, TextDiff};

/// A lesson, its parent, and the most lines that a plain diff of the two may change.
const NEIGHBOURS: [(&str, &str, usize); 8] = [
    ("lesson01-udp-server", "lesson03-udp-loop", 7),
    ("lesson03-udp-loop", "lesson04-tcp-server", 58),
    ("lesson02-udp-client", "lesson05-tcp-client", 40),
    ("lesson04-tcp-server", "lesson09-tcp-threads", 4),
    ("lesson06-text-mail", "lesson07-html-mail", 6),
    ("lesson06-text-mail", "lesson08-attachment-mail", 21),
    ("lesson06-text-mail", "lesson11-headers-mail", 19),
    ("lesson07-html-mail", "lesson12-alternative-mail", 11),
];

fn source(lesson: &str) -> String {
    let path = format!("{}/../{lesson}/src/main.rs", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(path).unwrap()
}

/// The lines that only the first or only the second lesson has; its header is its own affair.
fn changed_lines(parent: &str, lesson: &str) -> (Vec<String>, Vec<String>) {
    let (parent, lesson) = (source(parent), source(lesson));
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for change in TextDiff::from_lines(&parent, &lesson).iter_all_changes() {
        let line = change.value().trim_end().to_string();
        match change.tag() {
            _ if line.starts_with("//!") => {}
            ChangeTag::Delete => removed.push(line),
            ChangeTag::Insert => added.push(line),
            ChangeTag::Equal => {}
        }
    }
    (removed, added)
}

#[test]
fn no_more_lines_change_than_are_taught() {
    for (parent, lesson, most) in NEIGHBOURS {
        let (removed, added) = changed_lines(parent, lesson);
        let count = removed.len() + added.len();
        assert!(
            count <= most,
            "{parent} to {lesson}: {count} lines changed, {most} allowed"
        );
    }
}

#[test]
fn no_line_is_just_moved_or_indented() {
    for (parent, lesson, _) in NEIGHBOURS {
        let (removed, added) = changed_lines(parent, lesson);
        for line in removed
            .iter()
            .map(|line| line.trim())
            .filter(|line| !line.is_empty())
        {
            assert!(
                !added.iter().any(|added| added.trim() == line),
                "{parent} to {lesson}: {line}"
            );
        }
    }
}
