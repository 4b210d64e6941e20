//! Text that goes to a terminal, whoever wrote it.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process;

use crate::{Context, Result};

/// Writes a result and a newline to standard output.
///
/// Of a peer's control characters only newline and tab pass; the others are shown escaped. When the
/// reader has gone (`... | head -n 1`), the program ends quietly with status 0.
///
/// # Errors
/// Standard output takes no more, for instance because the disk is full.
pub fn print(text: impl Display) -> Result {
    let line = format!("{}\n", visible(&text.to_string(), &['\n', '\t']));
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(line.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => process::exit(0),
        written => written.context("write to", "standard output"),
    }
}

/// The text with every control character escaped but those that are `kept`.
pub(crate) fn visible(text: &str, kept: &[char]) -> String {
    let mut visible = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() && !kept.contains(&character) {
            visible += &character.escape_default().to_string();
        } else {
            visible.push(character);
        }
    }
    visible
}
