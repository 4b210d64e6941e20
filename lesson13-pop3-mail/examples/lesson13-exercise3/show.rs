//! What is printed of a mailbox and of a mail.

use mailparse::{MailHeaderMap, ParsedMail};
use shared::OrCannot;

use crate::pop3::Mailbox;
use crate::reading::{self, MAX_DEPTH};

/// So many messages of the list are shown, the newest ones.
const MAX_LISTED: usize = 10;
/// So many bytes of a field are shown.
const MAX_FIELD: usize = 16 * 1024;

/// Shows the number, the size and the subject of each message, or of the newest ones.
pub fn list(list: &[(u64, u64)], mailbox: &mut Mailbox) -> shared::Result {
    let older = list.len().saturating_sub(MAX_LISTED);
    if older > 0 {
        shared::print(format!("  ({older} older ones)"))?;
    }
    for (number, size) in &list[older..] {
        let mut line = format!("  number {number}: {size} bytes");
        if let Some(header) = mailbox.top(*number)? {
            let mended = mend::mail(&header);
            let mail = mailparse::parse_mail(&mended).or_cannot("take apart", "the header")?;
            if let Some(subject) = mail.headers.get_first_value("Subject") {
                line += &format!(": {subject}");
            }
        }
        shared::print(line)?;
    }
    Ok(())
}

/// Shows what a reader wants to know of a mail: its headers, the tree of its parts, and its text.
pub fn mail(mail: &ParsedMail) -> shared::Result {
    shared::print("")?;
    headers(mail)?;
    tree(mail, 0)?;
    shared::print("")?;
    text(mail, 0)
}

fn headers(mail: &ParsedMail) -> shared::Result {
    for name in ["From", "To", "Cc", "Subject", "Date"] {
        if let Some(value) = mail.headers.get_first_value(name) {
            shared::print(format!("{name}: {}", shortened(&value)))?;
        }
    }
    shared::print("")
}

/// Shows the type, the name and the size of a part, and of those that lie in it.
fn tree(part: &ParsedMail, depth: usize) -> shared::Result {
    let name = reading::name(part).map(|name| format!(" {name:?}")).unwrap_or_default();
    let leaves = reading::leaves(part);
    let size: usize = leaves.iter().map(|leaf| reading::content(leaf).len()).sum();
    let indent = 2 * depth;
    shared::print(format!("{:indent$}{}{name}, {size} bytes", "", part.ctype.mimetype))?;
    for inner in &part.subparts {
        tree(inner, depth + 1)?;
    }
    forwarded(part, depth, tree)
}

/// Shows the text of a mail, and then the mails that were forwarded in it.
fn text(mail: &ParsedMail, depth: usize) -> shared::Result {
    let texts = reading::texts(mail);
    let leaves = reading::leaves(mail);
    if texts.is_empty() {
        let has_text = leaves.iter().any(|part| reading::is_text(part));
        shared::print(if has_text { "\n" } else { "(no text)\n" })?;
    }
    for part in texts {
        shared::print(format!("{}\n", reading::text(part).trim_end()))?;
    }
    for part in leaves {
        forwarded(part, depth, |mail, depth| {
            shared::print("This mail came with it:\n")?;
            headers(mail)?;
            text(mail, depth)
        })?;
    }
    Ok(())
}

/// Shows the mail that was forwarded in a part, if there is one. One that is beyond a bound can
/// still be saved.
fn forwarded(
    part: &ParsedMail,
    depth: usize,
    show: impl Fn(&ParsedMail, usize) -> shared::Result,
) -> shared::Result {
    if !reading::is_mail(part) || depth == MAX_DEPTH {
        return Ok(());
    }
    let mended = mend::mail(&reading::content(part));
    match mailparse::parse_mail(&mended) {
        Ok(mail) if reading::check(&mail).is_ok() => show(&mail, depth + 1),
        _ => Ok(()),
    }
}

/// As much of a field as is shown, up to the end of an address, or of a word.
fn shortened(value: &str) -> String {
    let start = reading::cut(value, MAX_FIELD);
    if start.len() == value.len() {
        return value.into();
    }
    // Chinese has no blanks between its words.
    let is_near = |end: &usize| *end > MAX_FIELD / 2;
    let end = start.rfind(">,").map(|end| end + 1).or(start.rfind(' ')).filter(is_near);
    format!("{} ...", &start[..end.unwrap_or(start.len())])
}
