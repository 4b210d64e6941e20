//! Shows how two programs differ.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use console::Style;
use shared::{Error, Result};
use tour::diff::{Block, Piece, blocks, header};
use tour::lessons::{Lesson, workspace};

use crate::columns::side_by_side;
use crate::options::Options;
use crate::show::say;

/// Two files to be compared.
pub type Files = (PathBuf, PathBuf);

/// The files that a learner wants to see compared: those of a lesson and its parent, of any two
/// lessons, of a lesson and its bare program, or of a lesson and the solution of an exercise.
///
/// # Errors
/// They are not one or two lessons; the lesson has no earlier one to compare it with, or no such
/// exercise.
pub fn files(lessons: &[&Lesson], options: &Options) -> Result<Vec<Files>> {
    let source = |lesson: &Lesson| lesson.folder().join("src").join("main.rs");
    match (lessons, options.exercise, options.is_bare) {
        ([lesson], Some(exercise), false) => lesson.solution(exercise).map_err(|_| {
            let number = lesson.number();
            let problem = format!("lesson {number} has no solution of an exercise {exercise}");
            let hint = format!("{}/README.md says which exercises there are", lesson.package);
            Error::new(problem, hint)
        }),
        ([lesson], None, true) => Ok(vec![(lesson.bare(), source(lesson))]),
        ([lesson], None, false) => {
            let parent = lesson.find_parent().ok_or_else(|| {
                let number = lesson.number();
                let problem = format!("there is no earlier lesson to compare lesson {number} with");
                let bare = format!("cargo run -- diff {number} --bare");
                Error::new(problem, format!("compare it with its bare program: {bare}"))
            })?;
            Ok(vec![(source(parent), source(lesson))])
        }
        ([old, new], None, false) => Ok(vec![(source(old), source(new))]),
        _ => {
            let problem = "diff takes one lesson or two; --bare or --exercise goes with one";
            let hint = "as in cargo run -- diff 07, cargo run -- diff 06 12, or \
                        cargo run -- diff 03 --exercise 1";
            Err(Error::new(problem, hint))
        }
    }
}

/// Shows how the files differ, and how many lines that are.
///
/// # Errors
/// A file cannot be read, or nobody reads what is shown.
pub fn show(files: &[Files], options: &Options) -> io::Result<()> {
    let mut removed = 0;
    let mut added = 0;
    for (old_file, new_file) in files {
        let old = fs::read_to_string(old_file)?;
        let new = fs::read_to_string(new_file)?;
        let headers = (header(&old), header(&new));
        let body = blocks(&old, &new, headers);
        for row in body.iter().flat_map(|block| &block.rows).filter(|row| !row.is_same()) {
            removed += usize::from(row.old.is_some());
            added += usize::from(row.new.is_some());
        }
        let mut shown = if options.is_all { blocks(&old, &new, (0, 0)) } else { body };
        shown.retain(|block| !block.is_far);
        if options.is_side_by_side {
            side_by_side(&name(old_file), &name(new_file), &shown)?;
        } else {
            unified(&name(old_file), &name(new_file), &shown)?;
        }
    }
    let count = removed + added;
    say(&format!("{count} lines changed, the header aside: {removed} removed, {added} added"))
}

/// The name of a file below the workspace, the same on all systems.
fn name(file: &Path) -> String {
    file.strip_prefix(workspace()).unwrap_or(file).display().to_string().replace('\\', "/")
}

/// Whole lines, the removed ones above those that were added.
fn unified(old: &str, new: &str, blocks: &[Block]) -> io::Result<()> {
    let bold = Style::new().bold();
    let red = Style::new().red();
    let green = Style::new().green();
    say(&bold.apply_to(format!("--- {old}\n+++ {new}")).to_string())?;
    for block in blocks {
        say(&position(block))?;
        for rows in block.rows.chunk_by(|one, next| one.is_same() == next.is_same()) {
            if rows[0].is_same() {
                for row in rows {
                    say(&format!(" {}", text(row.old.as_deref())))?;
                }
                continue;
            }
            for row in rows.iter().filter(|row| row.old.is_some()) {
                say(&red.apply_to(format!("-{}", text(row.old.as_deref()))).to_string())?;
            }
            for row in rows.iter().filter(|row| row.new.is_some()) {
                say(&green.apply_to(format!("+{}", text(row.new.as_deref()))).to_string())?;
            }
        }
    }
    Ok(())
}

/// Where a block lies in both files.
pub fn position(block: &Block) -> String {
    let ((old, old_count), (new, new_count)) = (block.old, block.new);
    let position = format!("@@ -{old},{old_count} +{new},{new_count} @@");
    Style::new().cyan().apply_to(position).to_string()
}

fn text(pieces: Option<&[Piece]>) -> String {
    pieces.unwrap_or_default().iter().map(|(_, text)| text.as_str()).collect()
}
