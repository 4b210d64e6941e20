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
    let (name, value) = (exported.unwrap_or(name).trim(), value.trim());
    if let Some(quote) = value.chars().next().filter(|first| matches!(first, '"' | '\'')) {
        let (value, rest) = value[1..].split_once(quote)?;
        let is_end = rest.trim().is_empty() || rest.trim().starts_with('#');
        return is_end.then_some((name, value));
    }
    let before = |start: usize| value[..start].chars().next_back().unwrap_or(' ');
    let mut comments = value.match_indices('#').map(|(start, _)| start);
    let comment = comments.find(|start| matches!(before(*start), ' ' | '\t'));
    Some((name, comment.map_or(value, |start| value[..start].trim())))
}
