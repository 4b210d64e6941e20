//! The lines of `.env` and of `.env.example`.

use std::path::Path;

use crate::{Error, Result};

/// The text of `file`, without the byte order mark that some editors put before it.
///
/// # Errors
/// It is not UTF-8.
pub(crate) fn decode(bytes: Vec<u8>, file: &Path) -> Result<String> {
    let is_utf16 = bytes.starts_with(b"\xff\xfe") || bytes.contains(&0);
    let encoding = if is_utf16 { "UTF-16" } else { "perhaps GBK" };
    let problem = format!("cannot read {}: it is {encoding}, not UTF-8", file.display());
    match String::from_utf8(bytes) {
        Ok(text) if !is_utf16 => Ok(text.trim_start_matches('\u{feff}').to_string()),
        _ => Err(Error::new(problem, "open it in your editor, and save it as UTF-8")),
    }
}

/// Takes `NAME=value` apart: blanks may stand around both, and `export` before the name. Quotes
/// keep all characters as they are; outside of them, `#` after a blank begins a comment.
pub(crate) fn parse_line(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let exported = name.strip_prefix("export").filter(|name| name.starts_with([' ', '\t']));
    Some((exported.unwrap_or(name).trim(), parse_value(value)?))
}

fn parse_value(value: &str) -> Option<&str> {
    let value = value.trim();
    if let Some(quote) = value.chars().next().filter(|first| matches!(first, '"' | '\'')) {
        let (value, rest) = value[1..].split_once(quote)?;
        let is_end = rest.trim().is_empty() || rest.trim().starts_with('#');
        return is_end.then_some(value);
    }
    let mut before = ' ';
    for (start, character) in value.char_indices() {
        if character == '#' && matches!(before, ' ' | '\t') {
            return Some(value[..start].trim());
        }
        before = character;
    }
    Some(value)
}

/// What a line is meant to set, however it is written: the name of the setting, and what follows.
/// A comment sets nothing, and neither does a line of another program.
pub(crate) fn meant(line: &str) -> Option<(String, &str)> {
    let (before, _) = line.split_once('=').unwrap_or((line, ""));
    let start = before.to_ascii_uppercase().find("LESSON_")?;
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    if before[..start].ends_with(is_name) || before[..start].contains('#') {
        return None;
    }
    let meant = &line[start..];
    let end = meant.find(|character| !is_name(character)).unwrap_or(meant.len());
    let (name, rest) = meant.split_at(end);
    let is_sign = |character: char| character.is_whitespace() || "=:＝：".contains(character);
    let rest = rest.trim_start_matches(is_sign);
    Some((name.to_ascii_uppercase(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What such lines are made of.
    const PIECES: [&str; 16] = [
        "LESSON_A", "=", "\"", "'", "#", " ", "\t", "export", "a", "你", "\u{feff}", "\\", "\r",
        "==", "-", "\u{a0}",
    ];

    /// Numbers that look random and are the same in each run (xorshift).
    struct Numbers(u64);

    impl Numbers {
        fn next(&mut self) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0 as usize
        }

        fn line(&mut self) -> String {
            let length = self.next() % 12;
            (0..length).map(|_| PIECES[self.next() % PIECES.len()]).collect()
        }
    }

    #[test]
    fn no_line_is_too_odd() {
        let mut numbers = Numbers(7007);
        for _ in 0..50_000 {
            let line = numbers.line();
            if let Some((name, value)) = parse_line(&line) {
                assert!(line.contains(name) && line.contains(value), "{line:?}");
                assert!(!name.starts_with(' ') && !name.ends_with(' '), "{line:?}");
            } else {
                assert!(!line.contains('=') || line.contains(['"', '\'']), "{line:?}");
            }
            if let Some((name, rest)) = meant(&line) {
                assert!(name.starts_with("LESSON_A") && line.ends_with(rest), "{line:?}");
            }
        }
    }

    #[test]
    fn what_stands_in_quotes_stays_as_it_is() {
        let mut numbers = Numbers(62);
        for _ in 0..50_000 {
            let value = numbers.line();
            for quote in ['"', '\''].into_iter().filter(|quote| !value.contains(*quote)) {
                let line = format!(" export LESSON_A = {quote}{value}{quote} # comment");
                assert_eq!(parse_line(&line), Some(("LESSON_A", value.as_str())), "{line:?}");
            }
        }
    }

    #[test]
    fn no_bytes_are_too_odd() {
        let mut numbers = Numbers(862);
        for _ in 0..10_000 {
            let bytes: Vec<u8> = (0..numbers.next() % 20).map(|_| numbers.next() as u8).collect();
            let text = decode(bytes.clone(), "x".as_ref());
            assert_eq!(
                text.is_ok(),
                String::from_utf8(bytes.clone()).is_ok() && !bytes.contains(&0)
            );
        }
    }
}
