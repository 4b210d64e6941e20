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
    print_line(&format!("{text}\n"))
}

fn print_line(line: &str) -> Result {
    let mut stdout = io::stdout();
    let mut written = stdout.write_all(visible(line, true).as_bytes());
    if written.is_ok() {
        written = stdout.flush();
    }
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => process::exit(0),
        written => written.or_cannot("write to", "standard output"),
    }
}

/// The text with its control characters escaped, all but tabs and, if so wanted, newlines.
pub(crate) fn visible(text: &str, newlines: bool) -> String {
    let mut visible = String::new();
    for character in text.chars() {
        match character {
            '\t' => visible.push('\t'),
            '\n' if newlines => visible.push('\n'),
            '\n' => visible += "\\n",
            '\r' => visible += "\\r",
            // These would turn the direction of the text around.
            _ if character.is_control()
                || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
            {
                visible += &format!("\\u{{{:x}}}", character as u32)
            }
            _ => visible.push(character),
        }
    }
    visible
}
