//! Neighbouring lessons differ in what is taught and in nothing else.
#![cfg(test)]

use console::measure_text_width;
use testing::{Folder, Program, command, refuses, run};
use tour::lessons::LESSONS;

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const TOUR: &str = env!("CARGO_BIN_EXE_tour");

/// The numbers of each parent and its lesson, and the most lines that the lesson may change.
fn neighbours() -> impl Iterator<Item = (&'static str, &'static str, usize)> {
    let lessons = LESSONS.iter();
    lessons.filter_map(|lesson| {
        let parent = lesson.parent.as_ref()?;
        Some((parent.number, lesson.number(), parent.lines))
    })
}

/// What `cargo run -- diff` shows of these lessons.
fn diff(arguments: &[&str]) -> String {
    diff_with(arguments, &[])
}

/// The same with these variables.
fn diff_with(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let folder = Folder::create();
    let mut command = command(TOUR, &folder);
    for name in ["COLUMNS", "CLICOLOR", "CLICOLOR_FORCE", "NO_COLOR"] {
        command.env_remove(name);
    }
    command.args([&["diff"], arguments].concat()).envs(variables.iter().copied());
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
fn no_more_lines_change_than_are_taught() {
    for (parent, lesson, most) in neighbours() {
        let diff = diff(&[lesson]);
        let removed = changed(&diff, '-').len();
        let added = changed(&diff, '+').len();
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
    for (parent, lesson, _) in neighbours() {
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
    for (parent, lesson, _) in neighbours() {
        let names = format!("--- lesson{parent}-");
        assert!(diff(&[lesson]).starts_with(&names), "{lesson}");
        assert_eq!(diff(&[lesson]), diff(&[parent, lesson]));
    }
    let any = diff(&["6", "12"]);
    assert!(any.starts_with(
        "--- lesson06-text-mail/src/main.rs\n+++ lesson12-alternative-mail/src/main.rs\n"
    ));
}

#[test]
fn a_lesson_is_compared_with_its_bare_program() {
    for lesson in LESSONS.iter().filter(|lesson| lesson.bare().is_file()) {
        let package = lesson.package;
        let number = lesson.number();
        let names =
            format!("--- {package}/examples/lesson{number}-bare.rs\n+++ {package}/src/main.rs\n");
        let diff = diff(&[number, "--bare"]);
        assert!(diff.starts_with(&names) && diff.contains(" lines changed"), "{diff}");
    }
}

#[test]
fn the_header_is_left_out_unless_all_is_asked_for() {
    for (_, lesson, _) in neighbours() {
        for form in [&[lesson] as &[&str], &[lesson, "--side-by-side"]] {
            let body = diff(form);
            let all = diff(&[form, &["--all"]].concat());
            assert!(!body.contains("//!"), "{body}");
            assert!(all.contains("//! New here: "), "{all}");
            assert_eq!(body.lines().last(), all.lines().last());
        }
    }
    // The numbers are those of the files.
    let source = std::fs::read_to_string(format!("{WORKSPACE}/lesson03-udp-loop/src/main.rs"));
    let line = "    loop {";
    let number = source.unwrap().lines().position(|other| other == line).unwrap() + 1;
    let diff = diff(&["03"]);
    let (before, _) = diff.split_once(&format!("\n+{line}\n")).unwrap_or_else(|| panic!("{diff}"));
    let (_, hunk) = before.rsplit_once(" +").unwrap();
    let (start, _) = hunk.split_once(',').unwrap();
    let rows = hunk.lines().skip(1).filter(|row| !row.starts_with('-')).count();
    assert_eq!(start.parse::<usize>().unwrap() + rows, number, "{diff}");
}

/// The two columns of a side-by-side diff of this width: of each line its left, its mark and its
/// right.
fn columns(shown: &str, width: usize) -> Vec<(String, String, String)> {
    let column = (width - 3) / 2;
    let is_row = |line: &&str| !line.starts_with("@@ ") && !line.ends_with(" added");
    let split = |line: &str| {
        let mut left = String::new();
        let mut rest = line.chars();
        while measure_text_width(&left) < column {
            left.push(rest.next().unwrap_or(' '));
        }
        let mark = rest.by_ref().take(3).collect::<String>().trim().to_string();
        (left, mark, rest.collect())
    };
    let rows = shown.lines().skip_while(is_row).filter(is_row);
    rows.map(split).collect()
}

#[test]
fn two_columns_fit_the_width_and_cut_nothing() {
    let solid = |text: String| text.split_whitespace().collect::<String>();
    for (_, lesson, _) in neighbours() {
        let unified = diff(&[lesson]);
        let side = |other: char| -> String {
            let lines = unified.lines().skip(2).filter(|line| line.starts_with([' ', other]));
            lines.map(|line| &line[1..]).collect()
        };
        for (variables, width) in [(&[] as &[_], 120), (&[("COLUMNS", "71")], 71)] {
            let shown = diff_with(&[lesson, "--side-by-side"], variables);
            for line in shown.lines() {
                assert!(measure_text_width(line) <= width, "{line}\n{shown}");
            }
            let rows = columns(&shown, width);
            let left: String = rows.iter().map(|(left, ..)| left.as_str()).collect();
            let right: String = rows.iter().map(|(.., right)| right.as_str()).collect();
            assert_eq!(solid(left), solid(side('-')), "{shown}");
            assert_eq!(solid(right), solid(side('+')), "{shown}");
        }
    }
}

#[test]
fn lines_that_belong_together_stand_beside_each_other() {
    let rows = columns(&diff(&["07", "--side-by-side"]), 120);
    let row = |text: &str| {
        let mut found = rows.iter().filter(|(left, ..)| left.contains(text));
        found.next().unwrap_or_else(|| panic!("no {text:?} in {rows:?}")).clone()
    };
    let (_, mark, right) = row(".subject(");
    assert_eq!((mark.as_str(), right.trim()), ("|", ".subject(\"An HTML mail\")"));
    let (_, mark, right) = row(".message_id(None)");
    assert_eq!((mark.as_str(), right.trim()), ("", ".message_id(None)"));
    let rows = columns(&diff(&["03", "--side-by-side"]), 120);
    let added = rows.iter().find(|(.., right)| right.trim() == "loop {").unwrap();
    assert_eq!((added.0.trim(), added.1.as_str()), ("", ">"));
}

#[test]
fn colours_are_for_terminals_and_mark_the_words_that_change() {
    for form in [&["07"] as &[&str], &["07", "--side-by-side"]] {
        for variables in [&[] as &[_], &[("NO_COLOR", "1")]] {
            let plain = diff_with(form, variables);
            assert!(!plain.contains('\u{1b}'), "{plain}");
        }
    }
    let forced = [("CLICOLOR_FORCE", "1")];
    let shown = diff_with(&["07", "--side-by-side"], &forced);
    assert!(shown.contains("SinglePart::\u{1b}[31mplain\u{1b}[0m("), "{shown:?}");
    assert!(shown.contains("SinglePart::\u{1b}[32mhtml\u{1b}[0m("), "{shown:?}");
    let shown = diff_with(&["07"], &forced);
    assert!(shown.contains("\u{1b}[31m-        .subject("), "{shown:?}");
}

#[test]
fn says_what_cannot_be_compared() {
    let numbers = "diff takes one lesson or two; --bare or --exercise goes with one";
    for (arguments, problem, hint) in [
        (&["06"] as &[&str], "there is no earlier lesson to compare lesson 06 with", "diff 06 12"),
        (&[], numbers, "cargo run -- diff 07"),
        (&["06", "07", "12"], numbers, "cargo run -- diff 07"),
        (&["06", "07", "--exercise", "1"], numbers, "diff 03 --exercise 1"),
        (&["06", "07", "--bare"], numbers, "cargo run -- diff 07"),
        (&["77"], "there is no lesson 77", "there are 00 01"),
        (&["03", "--exercise", "one"], "the number of an exercise, not one", "run -- --help"),
        (&["03", "--exercise"], "'--exercise'", "cargo run -- --help"),
        (
            &["03", "--exercise=99"],
            "lesson 03 has no solution of an exercise 99",
            "lesson03-udp-loop/README.md",
        ),
    ] {
        refuses(&run(TOUR, &[&["diff"], arguments].concat()), problem, hint);
    }
}
