//! A lesson stays small enough to be read: its `main.rs` is one screen.
#![cfg(test)]

use std::fs;
use std::path::Path;

use tour::lessons::LESSONS;

/// How many lines of code a file or a folder has: lines that are neither blank nor only a comment.
fn lines_of_code(path: &Path) -> usize {
    if path.is_dir() {
        let entries = fs::read_dir(path).unwrap();
        return entries.map(|entry| lines_of_code(&entry.unwrap().path())).sum();
    }
    let text = fs::read_to_string(path).unwrap();
    let is_code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
    text.lines().filter(is_code).count()
}

/// What lies beside `main.rs` has no limit; with `--nocapture` the test shows it, too.
#[test]
fn a_lesson_is_one_screen() {
    println!("{:<26} main.rs  all of src", "lesson");
    for lesson in LESSONS {
        let source = lesson.folder().join("src");
        let main = lines_of_code(&source.join("main.rs"));
        let all = lines_of_code(&source);
        println!("{:<26} {main:>7} {all:>11}", lesson.package);
        assert!(main > 0 && main <= 70, "{}: {main} lines of code, not 70", lesson.package);
    }
}
