//! One setting: what it is called, where its value comes from, and what is shown of it.

use std::fmt::{self, Display, Formatter};

use crate::env_file::parse_line;

/// The table of all settings: `#NAME=value` is a default, and the lines above say what it is for.
const TABLE: &str = include_str!("../../.env.example");

/// A row of the table, with the value that counts.
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    /// The lines of the table above it, indented.
    pub(crate) purpose: String,
    pub(crate) default: &'static str,
    pub(crate) value: String,
    pub(crate) origin: Origin,
    /// Whether this program takes it.
    pub(crate) is_taken: bool,
}

/// Where a value comes from.
#[derive(PartialEq)]
pub(crate) enum Origin {
    Default,
    /// Nowhere: the default is for this machine alone.
    NoneElsewhere,
    /// The line and the file.
    EnvFile(String),
    Environment,
    /// The flag as it was typed.
    Flag(String),
}

impl Display for Origin {
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        match self {
            Origin::Default => formatter.write_str("the default"),
            Origin::NoneElsewhere => formatter.write_str("the default for another machine"),
            Origin::EnvFile(line) => formatter.write_str(line),
            Origin::Environment => formatter.write_str("the environment"),
            Origin::Flag(flag) => write!(formatter, "the flag {flag}"),
        }
    }
}

/// All settings, with their defaults.
pub(crate) fn table() -> Vec<Setting> {
    let mut settings = Vec::new();
    let mut purpose = String::new();
    for line in TABLE.lines() {
        if let Some(text) = line.strip_prefix("# ") {
            purpose += &format!("      {text}\n");
        } else if let Some((name, default)) = line.strip_prefix('#').and_then(parse_line) {
            settings.push(Setting {
                name,
                purpose: purpose.clone(),
                default,
                value: default.into(),
                origin: Origin::Default,
                is_taken: false,
            });
        } else {
            purpose.clear();
        }
    }
    settings
}

/// The value, without a password that stands in it: in a URL, before the host.
pub(crate) fn shown(name: &str, value: &str) -> String {
    if is_password(name) && !value.is_empty() {
        return "****".into();
    }
    if !name.ends_with("URL") {
        return value.into();
    }
    let (_scheme, rest) = value.split_once("://").unwrap_or(("", value));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (_host, port) = authority.rsplit_once(':').unwrap_or_default();
    let is_host = authority.starts_with('[') || port.chars().all(|digit| digit.is_ascii_digit());
    let at = match authority.rfind('@') {
        // What looks like a port is then the beginning of a password with a `/` in it.
        None if !is_host => rest.rfind('@'),
        at => at,
    };
    at.map_or(value.into(), |at| format!("****{}", &rest[at..]))
}

/// The line of `.env` that gives a setting its value.
pub(crate) fn line_of(name: &str, value: &str) -> String {
    let value = shown(name, value);
    // A value with both kinds of quotes can only stand without any around it.
    let quote = ["\"", "'"].into_iter().find(|quote| !value.contains(quote)).unwrap_or_default();
    format!("{name}={quote}{value}{quote}")
}

/// `LESSON_ECHO_ADDR` is `--echo-addr` as a flag.
pub(crate) fn flag(name: &str) -> String {
    name.replacen("LESSON", "-", 1).replace('_', "-").to_lowercase()
}

/// Passwords have no flag, as other users of the machine could see that, and are never shown.
pub(crate) fn is_password(name: &str) -> bool {
    name.ends_with("PASSWORD")
}

/// Both names of a setting.
pub(crate) fn label(name: &str) -> String {
    if is_password(name) { format!("{name} (no flag)") } else { format!("{}, {name}", flag(name)) }
}

/// The setting that is meant, if a name is near enough to the wrong one: a part of it, or the same
/// but for one letter in three.
pub(crate) fn nearest<'a>(
    wrong: &str,
    settings: impl Iterator<Item = &'a Setting>,
) -> Option<&'a Setting> {
    let short = |name: &str| flag(&name.to_uppercase()).trim_start_matches('-').to_string();
    let typed = short(wrong);
    let distance = |setting: &&Setting| {
        let right = short(setting.name);
        if right.contains(&typed) {
            return 1;
        }
        // The wrong letter may be one of LESSON.
        edits(&typed, &right).min(edits(wrong, setting.name))
    };
    settings.min_by_key(distance).filter(|nearest| distance(nearest) <= typed.chars().count() / 3)
}

/// How many letters have to be put in, left out or changed to make one text of the other.
pub(crate) fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<_> = (0..=to.chars().count()).collect();
    for (index, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, other) in to.chars().enumerate() {
            let changed = diagonal + usize::from(letter != other);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.chars().count()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_url_only_what_stands_before_the_host_is_hidden() {
        for (url, expected) in [
            ("ftp://ftp.example/pub/a@b.txt", "ftp://ftp.example/pub/a@b.txt"),
            ("ftp://[::1]/a@b.txt?tls=required", "ftp://[::1]/a@b.txt?tls=required"),
            ("ftp://127.0.0.1:2121/@", "ftp://127.0.0.1:2121/@"),
            ("ftp://me:hush@ftp.example/a@b.txt", "****@ftp.example/a@b.txt"),
            ("smtps://me@qq.example:hush@smtp.example:465", "****@smtp.example:465"),
            ("smtp://me:hu/sh@smtp.example", "****@smtp.example"),
            ("me:hush@smtp.example", "****@smtp.example"),
        ] {
            assert_eq!(shown("LESSON_FTP_URL", url), expected);
        }
        assert_eq!(shown("LESSON_MESSAGE", "a:b@c"), "a:b@c");
        assert_eq!(shown("LESSON_FTP_PASSWORD", "hush"), "****");
        // That there is none may be seen.
        assert_eq!(shown("LESSON_FTP_PASSWORD", ""), "");
    }

    #[test]
    fn edits_are_counted() {
        for (from, to, expected) in [
            ("", "log", 3),
            ("log", "", 3),
            ("log", "log", 0),
            ("lag", "log", 1),
            ("lg", "log", 1),
            ("loog", "log", 1),
            ("kitten", "sitting", 3),
            ("sunday", "saturday", 3),
            ("你好", "你们好", 1),
        ] {
            assert_eq!(edits(from, to), expected, "{from} to {to}");
        }
    }
}
