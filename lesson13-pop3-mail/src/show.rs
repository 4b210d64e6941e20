//! What is printed of a mailbox and of a mail.

use crate::mail::Part;
use crate::reading::{self, Reading};

/// So many messages of the list are shown, the newest ones.
const MAX_LISTED: usize = 10;
/// So many bytes of a field are shown.
const MAX_FIELD: usize = 16 * 1024;

/// Shows the number and the size of each message, or of the newest ones.
pub fn list(list: &[(u64, u64)]) -> shared::Result {
    let older = list.len().saturating_sub(MAX_LISTED);
    if older > 0 {
        shared::print(format!("  ({older} older ones)"))?;
    }
    for (number, size) in &list[older..] {
        shared::print(format!("  number {number}: {size} bytes"))?;
    }
    Ok(())
}

/// Shows what a reader wants to know of a mail: its headers, the tree of its parts, and its text.
pub fn mail(mail: &Part, reading: &Reading) -> shared::Result {
    shared::print("")?;
    headers(mail)?;
    tree(mail, 0)?;
    shared::print("")?;
    text(reading)
}

fn headers(mail: &Part) -> shared::Result {
    for (name, separator) in
        [("From", ','), ("To", ','), ("Cc", ','), ("Subject", ' '), ("Date", ' ')]
    {
        if let Some(value) = mail.field(name) {
            shared::print(format!("{name}: {}", shortened(&value, separator)))?;
        }
    }
    shared::print("")
}

/// Shows the type, the size and the name of a part, and of those that lie in it.
fn tree(part: &Part, depth: usize) -> shared::Result {
    let (kind, size, indent) = (&part.kind, part.size, 2 * depth);
    let name = part.name().map(|name| format!(" {name:?}")).unwrap_or_default();
    shared::print(format!("{:indent$}{kind}{name}, {size} bytes", ""))?;
    part.parts.iter().try_for_each(|part| tree(part, depth + 1))
}

/// Shows the text of a mail, and then the mails that were forwarded in it.
fn text(reading: &Reading) -> shared::Result {
    if reading.texts.is_empty() {
        shared::print("(no text)\n")?;
    }
    for text in &reading.texts {
        shared::print(format!("{}\n", text.trim_end()))?;
    }
    for forwarded in &reading.mails {
        shared::print("This mail came with it:\n")?;
        headers(forwarded)?;
        text(&reading::divide(forwarded))?;
    }
    Ok(())
}

/// As much of a field as is shown: up to the end of an address, or of a word.
fn shortened(value: &str, separator: char) -> String {
    if value.len() <= MAX_FIELD {
        return value.into();
    }
    let (mut end, mut last, mut is_quoted, mut has_at) = (0, 0, false, false);
    for (index, character) in value.char_indices().take_while(|(index, _)| *index <= MAX_FIELD) {
        is_quoted ^= character == '"';
        has_at |= character == '@';
        // A name in front of an address may have a comma in it, too.
        if character == separator && (separator == ' ' || has_at && !is_quoted) {
            (end, has_at) = (index, false);
        }
        last = index;
    }
    // Chinese has no blanks between its words.
    let end = if end < MAX_FIELD / 2 { last } else { end };
    format!("{} ...", &value[..end])
}
