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
    if let Some((quote, value)) = quoted(value.trim()) {
        let (value, rest) = value.split_once(quote)?;
        let is_end = rest.trim().is_empty() || rest.trim().starts_with('#');
        return is_end.then_some(value);
    }
    let mut signs = value.match_indices('#').map(|(start, _)| start);
    let comment = signs.find(|start| value[..*start].ends_with([' ', '\t']));
    Some(value[..comment.unwrap_or(value.len())].trim())
}

/// The quote with which a text begins, and what follows it.
fn quoted(text: &str) -> Option<(char, &str)> {
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    Some((quote, &text[1..]))
}

/// What a line is meant to set, however it is written: the name of the setting, and its value. A
/// comment sets nothing, and neither does a line of another program.
pub(crate) fn meant(line: &str) -> Option<(String, String)> {
    let (before, _) = line.split_once('=').unwrap_or((line, ""));
    let Some(start) = name_of(before).find("LESSON_") else {
        // A flag, which has its place behind a command.
        let flag = line.trim_start().strip_prefix("--")?;
        return meant(&format!("LESSON_{flag}"));
    };
    let is_letter = |character: char| character.is_ascii_alphanumeric() || character == '_';
    if before[..start].ends_with(is_letter) || before[..start].contains('#') {
        return None;
    }
    let meant = &line[start..];
    let is_other = |character: char| !is_letter(character) && character != '-';
    let (name, rest) = meant.split_at(meant.find(is_other).unwrap_or(meant.len()));
    let quotes = ['"', '\'', '“', '”', '‘', '’'];
    // A name in quotes ends with one. On Windows, `set "NAME=value"` has its value within them,
    // too.
    let rest_of_line = rest.strip_prefix(quotes);
    let ends_in_quote = rest_of_line.is_none() && before[..start].ends_with(quotes);
    let rest = rest_of_line.unwrap_or(rest);
    let is_sign = |character: char| character.is_whitespace() || "=:＝：".contains(character);
    let value = rest.trim_start_matches(is_sign).trim_end_matches([' ', '\t', ',', ';']);
    let value = match quoted(value) {
        Some((quote, value)) => value.strip_suffix(quote).unwrap_or(value),
        None if ends_in_quote => value.strip_suffix(quotes).unwrap_or(value),
        None => value,
    };
    Some((name_of(name), value.replace("\\\"", "\"")))
}

/// The name of a setting as it is written in capitals, with `_`.
fn name_of(text: &str) -> String {
    text.to_ascii_uppercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_blanks_comments_and_quotes() {
        for (line, expected) in [
            ("NAME=plain text # comment", "plain text"),
            ("NAME = a#b ", "a#b"),
            ("NAME=a#b # comment # more", "a#b"),
            ("NAME=plain\t# comment", "plain"),
            ("\tNAME\t=\tbetween tabs\t", "between tabs"),
            ("  export   NAME=after blanks", "after blanks"),
            ("export\tNAME=after a tab", "after a tab"),
            ("NAME=it's", "it's"),
            ("NAME='a' # it's", "a"),
            ("NAME='a'\r", "a"),
            ("NAME= # comment", ""),
            ("NAME=#1", "#1"),
            ("NAME='a'# comment", "a"),
            ("NAME=\"quoted # text \" # comment", "quoted # text "),
            ("NAME='it is \"so\"'", "it is \"so\""),
        ] {
            assert_eq!(parse_line(line), Some(("NAME", expected)), "{line:?}");
        }
        for line in ["NAME", "export NAME", "NAME='a' b", "NAME=\"a", ""] {
            assert_eq!(parse_line(line), None, "{line:?}");
        }
        assert_eq!(parse_line("exportNAME=a"), Some(("exportNAME", "a")));
    }

    #[test]
    fn what_a_line_is_meant_to_set_is_seen_in_other_forms() {
        for line in [
            "LESSON_A_B=x",
            "set LESSON_A_B=x;",
            "$env:lesson_a_b = 'x'",
            "LESSON_A_B: x",
            "LESSON_A_B：x",
            "LESSON_A_B＝x",
            "LESSON-A-B=x",
            "--a-b x",
            " --a-b=x",
            "lesson_a-b = 'x",
            "\"LESSON_A_B\": \"x\",",
            "'LESSON_A_B'='x'",
            "“LESSON_A_B”=x",
            "set \"LESSON_A_B=x\"",
        ] {
            assert_eq!(meant(line), Some(("LESSON_A_B".into(), "x".into())), "{line:?}");
        }
        for (line, value) in [
            ("=\"it's \\\"so\\\"\"", "it's \"so\""),
            ("=\"a\" b", "a\" b"),
            ("=\"a", "a"),
            ("=say \"hi\"", "say \"hi\""),
            ("", ""),
        ] {
            let line = format!("LESSON_A{line}");
            assert_eq!(meant(&line), Some(("LESSON_A".into(), value.into())), "{line:?}");
        }
        for line in ["", "A=LESSON_A", "# LESSON_A=x", "MY_LESSON_A=x", "2LESSON_A=x", "LESSON=x"] {
            assert_eq!(meant(line), None, "{line:?}");
        }
    }

    #[test]
    fn a_file_of_another_encoding_is_named_for_what_it_is() {
        let units = |order: fn(u16) -> [u8; 2]| "NAME=a".encode_utf16().flat_map(order);
        for (bytes, is_it) in [
            (b"NAME=\xc4\xe3".to_vec(), "perhaps GBK"),
            (b"\xff\xfe\xc4\xe3".to_vec(), "UTF-16"),
            (units(u16::to_le_bytes).collect(), "UTF-16"),
            (units(u16::to_be_bytes).collect(), "UTF-16"),
        ] {
            let error = decode(bytes, ".env".as_ref()).unwrap_err();
            assert_eq!(error.to_string(), format!("cannot read .env: it is {is_it}, not UTF-8"));
        }
        let text = decode("\u{feff}NAME=你".into(), ".env".as_ref());
        assert_eq!(text.unwrap(), "NAME=你");
    }

    /// All lines of up to four such pieces.
    #[test]
    fn no_line_is_too_odd() {
        let pieces =
            ["", "LESSON_A", "=", "\"", "'", "“", "#", " ", "export", "你", "\\", "\u{a0}"];
        let mut lines = vec![String::new()];
        for _ in 0..4 {
            let longer = |line: &String| pieces.map(|piece| format!("{line}{piece}"));
            lines = lines.iter().flat_map(longer).collect();
        }
        for line in lines {
            if let Some((name, value)) = parse_line(&line) {
                assert!(line.contains(name) && line.contains(value), "{line:?}");
            } else {
                assert!(!line.contains('=') || line.contains(['"', '\'']), "{line:?}");
            }
            if let Some((name, value)) = meant(&line) {
                let is_of_line = value.len() <= line.len() - name.len();
                assert!(name.starts_with("LESSON_A") && is_of_line, "{line:?}");
            }
        }
    }
}
