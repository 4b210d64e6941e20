//! Text that goes to a terminal, whoever wrote it.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process;

use crate::{OrCannot, Result};

/// Writes a result and a newline to standard output.
///
/// Of a peer's control characters only newline and tab pass; the others are shown escaped. When the
/// reader has gone (`... | head -n 1`), the program ends quietly with status 0.
///
/// # Errors
/// Standard output takes no more, for instance because the disk is full.
pub fn print(text: impl Display) -> Result {
    let line = visible(&format!("{text}\n"), true);
    let mut stdout = io::stdout();
    match stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => process::exit(0),
        written => written.or_cannot("write to", "standard output"),
    }
}

/// The text with its control characters escaped, all but tabs and, if so wanted, newlines. Those
/// that turn the direction of the text around are escaped, too.
pub(crate) fn visible(text: &str, newlines: bool) -> String {
    let is_plain = |character: char| match character {
        '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => false,
        '\n' => newlines,
        _ => character == '\t' || !character.is_control(),
    };
    let shown = |character: char| match is_plain(character) {
        true => character.to_string(),
        false => character.escape_default().to_string(),
    };
    text.chars().map(shown).collect()
}
