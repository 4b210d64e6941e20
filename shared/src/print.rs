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
    print_to(&mut io::stdout(), &HAS_GONE, &format!("{text}\n"))
}

fn print_to(out: &mut dyn Write, has_gone: &AtomicBool, text: &str) -> Result {
    if has_gone.load(Ordering::Relaxed) {
        return Ok(());
    }
    match out.write_all(visible(text, true).as_bytes()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
            has_gone.store(true, Ordering::Relaxed);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_but_newline_and_tab_reaches_a_terminal() {
        let text = "\x1b[31mred\x07\r\n\tx\x7f\u{9b}你\u{2028}\u{202e}\u{2066}\u{2069}\u{206a}";
        let shown = "\\u{1b}[31mred\\u{7}\\r\n\tx\\u{7f}\\u{9b}你\
                     \\u{2028}\\u{202e}\\u{2066}\\u{2069}\u{206a}";
        assert_eq!(visible(text, true), shown);
        // In the log an event is one line.
        assert_eq!(visible(text, false), shown.replace('\n', "\\n"));
        let mut out = Vec::new();
        print_to(&mut out, &AtomicBool::new(false), text).unwrap();
        assert_eq!(out, shown.as_bytes());
    }

    #[test]
    fn a_reader_that_has_gone_is_no_error_and_gets_no_more_and_a_full_disk_is_one() {
        let has_gone = AtomicBool::new(false);
        // No room is left in it.
        let mut full: &mut [u8] = &mut [];
        let error = print_to(&mut full, &has_gone, "x").unwrap_err();
        assert!(error.to_string().starts_with("cannot write to standard output: "), "{error}");
        let (reader, mut pipe) = io::pipe().unwrap();
        drop(reader);
        assert!(print_to(&mut pipe, &has_gone, "x").is_ok());
        let mut out = Vec::new();
        print_to(&mut out, &has_gone, "x").unwrap();
        assert!(out.is_empty());
    }
}
