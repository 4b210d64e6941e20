//! Fields with parameters, such as `Content-Type: text/plain; charset=utf-8` (RFC 2045 section 5.1;
//! encoded by RFC 2231), as mail programs write them, and as the standards do.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::{charsets, words};

/// Further parameters of a field are not looked at.
const MAX_PARAMETERS: usize = 100;
/// Further characters of a parameter are not looked at.
const MAX_VALUE: usize = 1024;
/// What is percent-encoded in a parameter.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// The value of a field, and its parameters.
pub struct Parameterized {
    /// In lower case.
    pub value: String,
    /// Names in lower case, each of them once, and what they stand for.
    parameters: Vec<(String, String)>,
}

impl Parameterized {
    /// A value without parameters.
    pub fn of(value: &str) -> Self {
        Parameterized { value: value.into(), parameters: Vec::new() }
    }

    /// Reads a field. Nothing that is encoded in it becomes a value or adds a parameter: a field
    /// that begins so has the value `=?`.
    pub fn read(field: &str) -> Self {
        let is_end = |character: char| character == ';' || character.is_whitespace();
        let end = field.find(is_end).unwrap_or(field.len());
        let (value, rest) = field.split_at(end);
        if value.starts_with("=?") {
            return Parameterized::of("=?");
        }
        // Where a value is missing, a parameter stands first.
        let (value, rest) = if value.contains('=') { ("", field) } else { (value, rest) };
        let value = value.trim_matches('"').to_lowercase();
        let keys: Vec<_> = Keys(rest).take(MAX_PARAMETERS).collect();
        let mut parameters = Vec::<(String, String)>::new();
        for (key, _) in &keys {
            let name = key.split('*').next().unwrap_or_default();
            let is_known = parameters.iter().any(|(known, _)| known == name);
            if !is_known && !name.is_empty() && name.chars().all(is_of_key) {
                parameters.push((name.into(), decoded(name, &keys)));
            }
        }
        Parameterized { value, parameters }
    }

    /// What a parameter stands for.
    pub fn get(&self, name: &str) -> Option<&str> {
        let parameter = self.parameters.iter().find(|(known, _)| known == name);
        parameter.map(|(_, value)| value.as_str())
    }

    /// The same with this parameter, which goes before all others.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.parameters.retain(|(known, _)| known != name);
        self.parameters.insert(0, (name.into(), value.into()));
        self
    }
}

/// What stands in a field for a parameter of this name. What is encoded by RFC 2231
/// (`name*=charset'language'%E6...`, in pieces where it is long: `name*0*=...; name*1*=...`) goes
/// before what has encoded words.
fn decoded(name: &str, keys: &[(String, String)]) -> String {
    // The pieces of a long one, by their numbers, and whether they are percent-encoded.
    let mut pieces = BTreeMap::new();
    for (key, value) in keys {
        if let Some(star) = key.strip_prefix(name).and_then(|star| star.strip_prefix('*')) {
            let number: usize = star.trim_matches('*').parse().unwrap_or_default();
            pieces.entry(number).or_insert((key.ends_with('*'), value.as_str()));
        }
    }
    let mut label = "";
    if let Some((true, first)) = pieces.values_mut().next()
        && let [charset, _language, start] = first.splitn(3, '\'').collect::<Vec<_>>()[..]
    {
        label = charset;
        *first = start;
    }
    let mut coded = String::new();
    for (is_encoded, piece) in pieces.values() {
        coded += &if *is_encoded { (*piece).into() } else { piece.replace('%', "%25") };
    }
    let bytes: Vec<u8> = percent_decode_str(&coded).collect();
    let mut value = charsets::decode(&bytes, label);
    if pieces.is_empty() {
        let plain = keys.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        coded = plain.unwrap_or_default();
        value = coded.clone();
    }
    // Only in the names of files mail programs write encoded words, where none should be.
    if matches!(name, "name" | "filename") && coded.contains("=?") {
        value = words::decode(&value);
    }
    value.chars().take(MAX_VALUE).collect()
}

/// The parameters that stand in a text, not yet decoded.
struct Keys<'a>(&'a str);

impl Iterator for Keys<'_> {
    type Item = (String, String);

    fn next(&mut self) -> Option<Self::Item> {
        let (before, behind) = self.0.split_once('=')?;
        // Where a semicolon is missing, something else stands before the name.
        let key = before.rsplit(';').next().unwrap_or_default();
        let key = key.split_whitespace().last().unwrap_or_default().to_lowercase();
        let behind = behind.trim_start();
        if let Some(behind) = behind.strip_prefix('"') {
            let (value, rest) = quoted(behind);
            self.0 = rest;
            return Some((key, value));
        }
        // Only the names of files have blanks in them without quotes.
        let is_name = key.starts_with("name") || key.starts_with("filename");
        let is_end = |character: char| {
            character == ';' || (!is_name && (character.is_whitespace() || character == '('))
        };
        let end = behind.find(is_end).unwrap_or(behind.len());
        self.0 = &behind[end..];
        Some((key, behind[..end].trim().into()))
    }
}

fn is_of_key(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_.".contains(character)
}

/// The text up to the quote that ends it, and what stands behind that. Of a quote that nothing
/// ends, the text goes to the next semicolon.
fn quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices().take(MAX_VALUE + 1).peekable();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' if ends_here(&text[index + 1..]) => return (value, &text[index + 1..]),
            '\\' => {
                // Behind a backslash that means itself, as in `C:\Users`, stands something else.
                let escaped = characters.next_if(|(_, next)| matches!(next, '"' | '\\'));
                value.push(escaped.map_or('\\', |(_, escaped)| escaped));
            }
            character => value.push(character),
        }
    }
    let end = text.find(';').unwrap_or(text.len());
    (text[..end].into(), &text[end..])
}

/// Whether a quoted text can end before this. Some have quotes in their middle.
fn ends_here(behind: &str) -> bool {
    let rest = behind.trim_start();
    let key = rest.trim_start_matches(is_of_key);
    let is_next_parameter = rest.len() < behind.len()
        && key.len() < rest.len()
        && key.trim_start_matches('*').starts_with('=');
    rest.is_empty() || rest.starts_with([';', '(']) || is_next_parameter
}

/// As the standards have it.
impl Display for Parameterized {
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        formatter.write_str(&self.value)?;
        for (name, value) in &self.parameters {
            let is_plain = value.chars().all(|c| matches!(c, ' '..='~') && c != '"' && c != '\\');
            // An encoded word would be decoded, though it was none.
            if is_plain && !value.contains("=?") {
                write!(formatter, "; {name}=\"{value}\"")?;
            } else {
                let encoded = utf8_percent_encode(value, ENCODED);
                write!(formatter, "; {name}*=utf-8''{encoded}")?;
            }
        }
        Ok(())
    }
}
