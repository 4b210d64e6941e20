//! What is printed of a mail.

use mailparse::{MailHeaderMap, ParsedMail};
use shared::OrCannot;

use crate::reading;

/// At most this many mails that lie in one another are shown.
const MAX_DEPTH: usize = 10;
/// At most this many characters of a field are shown.
const MAX_FIELD: usize = 16_000;
/// At most this many characters of a text are shown.
const MAX_TEXT: usize = 1_000_000;

/// Shows what a reader wants to know of a mail: its headers, the tree of its parts, and its texts.
/// The mails that came with it follow. `depth` is the number of mails in which this one lies.
pub fn mail(mail: &ParsedMail, depth: usize) -> shared::Result {
    shared::print("")?;
    for name in ["From", "To", "Cc", "Subject", "Date"] {
        if let Some(value) = mail.headers.get_first_value(name) {
            shared::print(format!("{name}: {}", shortened(&value, MAX_FIELD)))?;
        }
    }
    shared::print("")?;
    tree(mail, 0)?;
    shared::print("")?;
    let texts = reading::texts(mail);
    if texts.is_empty() {
        shared::print("(no text)\n")?;
    }
    for part in texts {
        let text = part.get_body().unwrap_or_default().replace("\r\n", "\n").replace('\r', "\n");
        shared::print(format!("{}\n", shortened(text.trim_end(), MAX_TEXT)))?;
    }
    for part in reading::leaves(mail) {
        let is_mail = ["message/rfc822", "message/global"].contains(&part.ctype.mimetype.as_str());
        if is_mail && depth < MAX_DEPTH {
            shared::print("This mail came with it:")?;
            let mended = mend::mail(&part.get_body_raw().unwrap_or_default());
            let inner = mailparse::parse_mail(&mended).or_cannot("take apart", "the mail in it")?;
            self::mail(&inner, depth + 1)?;
        }
    }
    Ok(())
}

/// Shows the type, the name and the size of a part, and of those that lie in it.
fn tree(part: &ParsedMail, depth: usize) -> shared::Result {
    let name = reading::name(part).map(|name| format!(" {name:?}")).unwrap_or_default();
    let leaves = reading::leaves(part);
    let size: usize = leaves.iter().map(|leaf| leaf.get_body_raw().unwrap_or_default().len()).sum();
    let kind = &part.ctype.mimetype;
    let note = reading::note(part);
    shared::print(format!("{:indent$}{kind}{name}, {size} bytes{note}", "", indent = 2 * depth))?;
    for inner in &part.subparts {
        tree(inner, depth + 1)?;
    }
    Ok(())
}

/// The first characters of a text, and how much is missing.
fn shortened(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{} ... and {} bytes more", &text[..end], text.len() - end),
        None => text.into(),
    }
}
