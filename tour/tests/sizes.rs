//! The code stays small enough to be read: a lesson on one screen, `shared` in ten minutes.
#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// How many lines of code a file or a folder has: lines that are neither blank nor only a comment.
fn lines_of_code(path: &Path) -> usize {
    if path.is_dir() {
        return files(path).iter().map(|file| lines_of_code(file)).sum();
    }
    let text = fs::read_to_string(path).unwrap();
    let is_code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
    text.lines().filter(is_code).count()
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = |path: PathBuf| match path.is_dir() {
        true => files(&path),
        false => vec![path],
    };
    entries.flat_map(below).collect()
}

#[track_caller]
fn has_at_most(most: usize, path: &Path) {
    let count = lines_of_code(path);
    assert!(count > 0 && count <= most, "{}: {count} lines of code, not {most}", path.display());
}

#[test]
fn shared_is_tiny() {
    has_at_most(450, &Path::new(WORKSPACE).join("shared/src"));
}

#[test]
fn a_lesson_is_one_screen() {
    let names = fs::read_dir(WORKSPACE).unwrap().map(|entry| entry.unwrap().path());
    let is_lesson =
        |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("lesson");
    let lessons: Vec<_> = names.filter(is_lesson).collect();
    assert_eq!(lessons.len(), 14);
    for lesson in lessons {
        has_at_most(70, &lesson.join("src/main.rs"));
    }
}

#[test]
fn no_file_of_the_practice_servers_is_long() {
    for file in files(&Path::new(WORKSPACE).join("practice-servers")) {
        if file.extension().is_some_and(|extension| extension == "rs") {
            has_at_most(320, &file);
        }
    }
}
