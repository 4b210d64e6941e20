//! The exercises: their solutions are right, and the lessons as they are solve nothing.
#![cfg(test)]

use std::process::Output;

use testing::{Folder, command};
use tour::lessons::LESSONS;

/// What `cargo run -- check` says of these lessons. It may have to build them, so it has no limit.
fn check(words: &[&str]) -> Output {
    let folder = Folder::create();
    command(env!("CARGO_BIN_EXE_tour"), &folder).arg("check").args(words).output().unwrap()
}

/// The rows of the table, which has one for each lesson.
fn rows(output: &Output) -> Vec<String> {
    let table = String::from_utf8_lossy(&output.stdout);
    let words = |row: &str| row.split_whitespace().collect::<Vec<_>>().join(" ");
    let rows: Vec<_> = table.lines().map(words).collect();
    let lessons: Vec<_> = LESSONS.iter().map(|lesson| lesson.package).collect();
    let first = |row: &String| row.split(' ').next().unwrap().to_string();
    assert_eq!(rows.iter().map(first).collect::<Vec<_>>(), lessons, "{output:?}");
    rows
}

/// One after the other, so that the checks of the two do not share this machine.
#[test]
fn solutions_are_solved_and_the_lessons_as_they_are_solve_nothing() {
    let solved = check(&["solutions"]);
    assert_eq!(solved.status.code(), Some(0), "{}", String::from_utf8_lossy(&solved.stderr));
    let solved = rows(&solved);
    for row in &solved {
        assert!(row.contains(" 1 solved") && !row.contains("not yet"), "{row}");
    }
    let untouched = check(&[]);
    assert_eq!(untouched.status.code(), Some(1));
    for (untouched, solved) in rows(&untouched).iter().zip(&solved) {
        assert_eq!(untouched.replace("not yet", "solved"), *solved);
        assert!(!untouched.contains("solved"), "{untouched}");
    }
}

#[test]
fn says_what_is_missing() {
    let output = check(&["12"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "exercise 1: not yet: expected text/plain, text/markdown, text/html: it is text/plain, \
         text/html\n\
         exercise 2: not yet: expected multipart/mixed of two parts: it is multipart/alternative \
         of 2\n"
    );
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let end = "Error: 2 of 2 exercises are not solved yet\n\
               hint: change lesson12-alternative-mail/src, and check again; a solution: cargo run \
               -- diff 12 --exercise 1\n";
    assert!(stderr.ends_with(end), "{stderr}");
}
