//! A lesson is one screen, and differs from its neighbour in what is taught and in nothing else.
#![cfg(test)]

use std::fs;

use console::measure_text_width;
use testing::{Folder, Program, command};
use tour::lessons::LESSONS;

const TOUR: &str = env!("CARGO_BIN_EXE_tour");

/// The numbers of each parent and its lesson, and the most lines that the lesson may change.
fn neighbours() -> impl Iterator<Item = (&'static str, &'static str, usize)> {
    let lessons = LESSONS.iter();
    lessons.filter_map(|lesson| {
        let parent = lesson.parent.as_ref()?;
        Some((parent.number, lesson.number(), parent.lines))
    })
}

/// What `cargo run -- diff` shows with these words behind it.
fn diff(words: &str) -> String {
    diff_with(words, &[])
}

/// The same with these variables.
fn diff_with(words: &str, variables: &[(&str, &str)]) -> String {
    let folder = Folder::create();
    let mut command = command(TOUR, &folder);
    for name in ["COLUMNS", "CLICOLOR", "CLICOLOR_FORCE", "NO_COLOR"] {
        command.env_remove(name);
    }
    command.arg("diff").args(words.split(' ')).envs(variables.iter().copied());
    let ended = Program::start(&mut command).finish();
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    ended.stdout
}

/// The lines with this mark, `-` or `+`; the header of a lesson is its own affair.
fn changed(diff: &str, mark: char) -> Vec<&str> {
    let lines = diff.lines().skip(2).filter_map(|line| line.strip_prefix(mark));
    lines.filter(|line| !line.starts_with("//!")).collect()
}

#[test]
fn a_lesson_is_one_screen() {
    for lesson in LESSONS {
        let source = fs::read_to_string(lesson.folder().join("src/main.rs")).unwrap();
        let is_code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
        let count = source.lines().filter(is_code).count();
        assert!((1..=70).contains(&count), "{}: {count} lines of code, not 70", lesson.package);
    }
}

#[test]
fn no_more_lines_change_than_are_taught_and_none_is_just_moved_or_indented() {
    for (parent, lesson, most) in neighbours() {
        let diff = diff(lesson);
        let removed = changed(&diff, '-');
        let added = changed(&diff, '+');
        let count = removed.len() + added.len();
        assert!(count > 0 && count <= most, "{parent} to {lesson}: {count}");
        assert!(diff.starts_with(&format!("--- lesson{parent}-")), "{diff}");
        let says = format!(
            "{count} lines changed, the header aside: {} removed, {} added",
            removed.len(),
            added.len()
        );
        assert_eq!(diff.lines().last(), Some(says.as_str()));
        for line in removed.iter().filter(|line| !line.trim().is_empty()) {
            let is_moved = added.iter().any(|added| added.trim() == line.trim());
            assert!(!is_moved, "{parent} to {lesson}: {line}");
        }
    }
}

#[test]
fn a_lesson_is_compared_with_any_other_with_a_solution_or_with_its_bare_program() {
    let lesson_03 = "lesson03-udp-loop/src/main.rs";
    let lesson_13 = "lesson13-pop3-mail/src/main.rs";
    let files = "lesson10-ftp-client/src/files.rs";
    for (words, old, new) in [
        ("3 13", lesson_03, lesson_13),
        ("03 --exercise 1", lesson_03, "lesson03-udp-loop/examples/lesson03-exercise1.rs"),
        ("13 --exercise 2", lesson_13, "lesson13-pop3-mail/examples/lesson13-exercise2.rs"),
        ("10 --exercise 3", files, "lesson10-ftp-client/examples/lesson10-exercise3/files.rs"),
        ("03 --bare", "lesson03-udp-loop/examples/lesson03-bare.rs", lesson_03),
    ] {
        let diff = diff(words);
        assert!(diff.starts_with(&format!("--- {old}\n+++ {new}\n@@ ")), "{diff}");
    }
}

#[test]
fn the_header_is_left_out_unless_all_is_asked_for() {
    for (_, lesson, _) in neighbours() {
        for form in ["", " --side-by-side"] {
            let body = diff(&format!("{lesson}{form}"));
            let all = diff(&format!("{lesson}{form} --all"));
            assert!(!body.contains("//!"), "{body}");
            assert!(all.contains("//! New here: "), "{all}");
            assert_eq!(body.lines().last(), all.lines().last());
        }
    }
}

#[test]
fn two_columns_fit_the_width_and_cut_nothing() {
    // What stands on which side, the test below sees.
    let sorted = |text: String| {
        let mut letters: Vec<_> = text.chars().filter(|letter| letter.is_alphanumeric()).collect();
        letters.sort();
        letters
    };
    for (_, lesson, _) in neighbours() {
        let unified = diff(lesson);
        let lines = unified.lines().filter(|line| line.starts_with([' ', '-', '+']));
        // A line that is the same in both stands in both columns.
        let both = lines.skip(2).map(|line| line.repeat(if line.starts_with(' ') { 2 } else { 1 }));
        let expected = sorted(both.collect());
        for (variables, width) in [(&[] as &[_], 120), (&[("COLUMNS", "71")], 71)] {
            let shown = diff_with(&format!("{lesson} --side-by-side"), variables);
            for line in shown.lines() {
                assert!(measure_text_width(line) <= width, "{line}\n{shown}");
            }
            let rows = shown.lines().skip_while(|line| !line.starts_with("@@ "));
            let rows = rows.filter(|line| !line.starts_with("@@ ") && !line.ends_with(" added"));
            assert_eq!(sorted(rows.collect()), expected, "{shown}");
        }
    }
}

#[test]
fn lines_that_belong_together_stand_beside_each_other() {
    for (lesson, row) in [
        ("07", r#".subject("A plain text mail") | .subject("An HTML mail")"#),
        ("07", ".message_id(None) .message_id(None)"),
        ("03", "> loop {"),
        ("03 01", "loop { <"),
    ] {
        let shown = diff(&format!("{lesson} --side-by-side"));
        let mut rows =
            shown.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        assert!(rows.any(|other| other == row), "{row}\n{shown}");
    }
}

#[test]
fn colours_are_for_terminals_and_mark_the_words_that_change() {
    for form in ["07", "07 --side-by-side"] {
        for variables in [&[] as &[_], &[("NO_COLOR", "1")]] {
            let plain = diff_with(form, variables);
            assert!(!plain.contains('\u{1b}'), "{plain}");
        }
    }
    let forced = [("CLICOLOR_FORCE", "1")];
    let shown = diff_with("07 --side-by-side", &forced);
    assert!(shown.contains("SinglePart::\u{1b}[31mplain\u{1b}[0m("), "{shown:?}");
    assert!(shown.contains("SinglePart::\u{1b}[32mhtml\u{1b}[0m("), "{shown:?}");
    let shown = diff_with("07", &forced);
    assert!(shown.contains("\u{1b}[31m-        .subject("), "{shown:?}");
}
