//! What of a mail is to be read, and what is to be saved.

use std::ptr;

use crate::charsets;
use crate::mail::Part;

/// So many bytes of a text are shown.
const MAX_TEXT: usize = 1024 * 1024;

/// A mail as its reader wants it.
pub struct Reading<'a> {
    /// The texts, one after another.
    pub texts: Vec<String>,
    /// What is to be saved.
    pub files: Vec<&'a Part>,
    /// The mails that were forwarded in it. Each of them is a file, too.
    pub mails: Vec<&'a Part>,
}

/// Divides a mail into what is to be read and what is to be saved. A text that has a name is saved;
/// but where there is no other, it is read.
pub fn divide(mail: &Part) -> Reading<'_> {
    let choices: [fn(&Part) -> bool; 3] = [
        |part| !part.is_attached && part.name().is_none(),
        |part| !part.is_attached,
        |part| matches!(part.kind.as_str(), "text/plain" | "text/html"),
    ];
    let mut found = choices.into_iter().map(|is_wanted| texts(mail, is_wanted));
    let found = found.find(|texts| !texts.is_empty()).unwrap_or_default();

    let mut leaves = Vec::new();
    add_leaves(mail, &mut leaves);
    let mails = leaves.iter().filter(|part| part.is_mail()).flat_map(|part| &part.parts).collect();
    let has_text = leaves.iter().any(|part| part.is_text());
    leaves.retain(|part| {
        let is_read = found.iter().any(|(read, _)| ptr::eq(*read, *part));
        !part.is_text() || part.is_attached || part.name().is_some() && !is_read
    });
    let mut texts: Vec<_> = found.into_iter().map(|(_, text)| text).collect();
    if has_text && texts.is_empty() {
        texts.push(String::new());
    }
    Reading { texts, files: leaves, mails }
}

/// The parts that are not made of others, and forwarded mails as a whole.
fn add_leaves<'a>(part: &'a Part, leaves: &mut Vec<&'a Part>) {
    if part.parts.is_empty() || part.is_mail() {
        leaves.push(part);
    } else {
        part.parts.iter().for_each(|part| add_leaves(part, leaves));
    }
}

/// The texts that are wanted: one of several alternatives (RFC 2046 section 5.1.4), plain if there
/// is such a one, and all of those that stand one after another. One without a word is none.
fn texts(part: &Part, is_wanted: fn(&Part) -> bool) -> Vec<(&Part, String)> {
    if part.parts.is_empty() && part.is_text() && is_wanted(part) {
        let text = text(part);
        return if is_blank(&text) { Vec::new() } else { vec![(part, text)] };
    }
    if part.is_mail() {
        return Vec::new();
    }
    let inner = part.parts.iter().map(|part| texts(part, is_wanted));
    if part.kind != "multipart/alternative" {
        return inner.flatten().collect();
    }
    let mut choices: Vec<_> = inner.filter(|texts| !texts.is_empty()).collect();
    let is_plain =
        |texts: &Vec<(&Part, String)>| texts.iter().any(|(part, _)| part.kind == "text/plain");
    let plain = choices.iter().position(is_plain).unwrap_or_default();
    if choices.is_empty() { Vec::new() } else { choices.swap_remove(plain) }
}

/// The text of a part, with a newline at the end of each line.
fn text(part: &Part) -> String {
    let mut content = part.content.as_slice();
    if content.len() > MAX_TEXT {
        // A character is not cut where a line ends.
        let line_end = content[..MAX_TEXT].iter().rposition(|byte| *byte == b'\n');
        content = &content[..line_end.map_or(MAX_TEXT, |end| end + 1)];
    }
    let mut label = part.charset.clone();
    if part.kind == "text/html" && !charsets::is_known(&label) {
        label = charsets::of_page(content);
    }
    let mut text = charsets::decode(content, &label);
    for line_end in ["\r\r\n", "\r\n", "\r"] {
        text = text.replace(line_end, "\n");
    }
    if content.len() < part.content.len() {
        let missing = part.content.len() - content.len();
        text = format!("{}\n... and {missing} bytes more", text.trim_end());
    }
    if !part.is_whole {
        text = format!("{}\n(not all of this could be decoded)", text.trim_end());
    }
    text
}

/// Whether nothing of a text can be seen.
fn is_blank(text: &str) -> bool {
    let is_unseen = |character: char| {
        character.is_whitespace()
            || character.is_control()
            || "\u{200b}\u{feff}".contains(character)
    };
    text.chars().all(is_unseen)
}
