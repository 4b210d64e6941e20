//! Text that goes to a terminal, whoever wrote it.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{OrCannot, Result};

/// Whether the reader of standard output has gone.
static HAS_GONE: AtomicBool = AtomicBool::new(false);

/// Writes a result and a newline to standard output.
///
/// Of a peer's control characters only newline and tab pass; the others are shown escaped. When the
/// reader has gone (`... | head -n 1`), nothing more is printed, and the program goes on with its
/// work.
///
/// # Errors
/// Standard output takes no more, for instance because the disk is full.
pub fn print(text: impl Display) -> Result {
    if HAS_GONE.load(Ordering::Relaxed) {
        return Ok(());
    }
    let line = visible(&format!("{text}\n"), true);
    match io::stdout().write_all(line.as_bytes()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
            HAS_GONE.store(true, Ordering::Relaxed);
            Ok(())
        }
        written => written.or_cannot("write to", "standard output"),
    }
}

/// What a peer has sent, as text. Where it is not UTF-8, U+FFFD stands for it, and the log says so.
#[track_caller]
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(bytes);
    if let Cow::Owned(_) = text {
        crate::info!("what came is not UTF-8 (perhaps GBK): \u{fffd} stands for what is no text");
    }
    text
}

/// The text with its control characters escaped, all but tabs and, if so wanted, newlines. Those
/// that turn the direction of the text around are escaped, too.
pub(crate) fn visible(text: &str, newlines: bool) -> String {
    let mut shown = String::new();
    for character in text.chars() {
        let is_plain = match character {
            '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => false,
            '\n' => newlines,
            _ => character == '\t' || !character.is_control(),
        };
        if is_plain {
            shown.push(character);
        } else {
            shown.extend(character.escape_default());
        }
    }
    shown
}
