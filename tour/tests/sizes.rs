//! The code stays small enough to be read: the `main.rs` of a lesson on one screen. Run with
//! `-- --nocapture`, the test also prints how much code each lesson has in all.
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
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries.flat_map(below).collect()
}

#[track_caller]
fn has_at_most(most: usize, path: &Path) {
    let count = lines_of_code(path);
    assert!(count > 0 && count <= most, "{}: {count} lines of code, not {most}", path.display());
}

#[test]
fn the_main_file_of_a_lesson_is_one_screen() {
    let mut lessons: Vec<String> = fs::read_dir(WORKSPACE)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("lesson"))
        .collect();
    lessons.sort();
    assert_eq!(lessons.len(), 14);
    println!("{:<26} main.rs  with its modules", "lines of code");
    for lesson in lessons {
        let source = Path::new(WORKSPACE).join(&lesson).join("src");
        let main = source.join("main.rs");
        println!("{lesson:<26} {:>7} {:>17}", lines_of_code(&main), lines_of_code(&source));
        has_at_most(70, &main);
    }
}

#[test]
fn no_file_of_the_practice_servers_is_long() {
    for file in files(&Path::new(WORKSPACE).join("practice-servers/src")) {
        if file.extension().is_some_and(|extension| extension == "rs") {
            has_at_most(320, &file);
        }
    }
}
