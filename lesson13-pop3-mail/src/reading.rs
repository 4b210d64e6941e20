//! What of a mail is to be read, and what is to be saved.

use std::ptr;

use mailparse::{DispositionType, MailHeaderMap, ParsedMail};

/// The texts of a mail, one after another. A text that is attached or has a name counts only where
/// there is no other.
pub fn texts<'a>(mail: &'a ParsedMail<'a>) -> Vec<&'a ParsedMail<'a>> {
    let wishes: [fn(&ParsedMail) -> bool; 3] = [
        |part| !is_attached(part) && name(part).is_none(),
        |part| !is_attached(part),
        |part| ["text/plain", "text/html"].contains(&kind(part)),
    ];
    let mut found = wishes.iter().map(|is_wanted| wanted(mail, *is_wanted));
    found.find(|texts| !texts.is_empty()).unwrap_or_default()
}

/// The texts that are wanted: all that stand one after another, and one of several alternatives
/// (RFC 2046 section 5.1.4), the plain one, else the one in HTML. A blank text does not count.
fn wanted<'a>(
    part: &'a ParsedMail<'a>,
    is_wanted: fn(&ParsedMail) -> bool,
) -> Vec<&'a ParsedMail<'a>> {
    if is_text(part) && is_wanted(part) && !is_blank(&text(part)) {
        return vec![part];
    }
    let inner = part.subparts.iter().map(|inner| wanted(inner, is_wanted));
    if kind(part) != "multipart/alternative" {
        return inner.flatten().collect();
    }
    let choices: Vec<_> = inner.filter(|texts| !texts.is_empty()).collect();
    let of_kind =
        |wanted: &str| choices.iter().find(|texts| texts.iter().any(|part| kind(part) == wanted));
    let choice = of_kind("text/plain").or(of_kind("text/html")).or(choices.first());
    choice.cloned().unwrap_or_default()
}

/// The parts that are to be saved.
pub fn files<'a>(mail: &'a ParsedMail<'a>) -> Vec<&'a ParsedMail<'a>> {
    let texts = texts(mail);
    let mut files = leaves(mail);
    files.retain(|part| {
        let is_read = texts.iter().any(|text| ptr::eq(*text, *part));
        !is_text(part) || is_attached(part) || (name(part).is_some() && !is_read)
    });
    files
}

/// The parts that are not made of others.
pub fn leaves<'a>(part: &'a ParsedMail<'a>) -> Vec<&'a ParsedMail<'a>> {
    if part.subparts.is_empty() {
        return vec![part];
    }
    let mut inner: Vec<_> = part.subparts.iter().collect();
    if kind(part) == "multipart/appledouble" {
        // Beside the file stands what only a Mac knows about it.
        inner.retain(|inner| kind(inner) != "application/applefile");
    }
    inner.into_iter().flat_map(leaves).collect()
}

/// The type of a part, such as `text/plain`.
pub fn kind<'a>(part: &'a ParsedMail) -> &'a str {
    &part.ctype.mimetype
}

/// The name of the file that a part is, as the sender wrote it.
pub fn name(part: &ParsedMail) -> Option<String> {
    let mut disposition = part.get_content_disposition();
    let name = disposition.params.remove("filename");
    let name = name.or_else(|| part.ctype.params.get("name").cloned());
    name.filter(|name| !name.is_empty())
}

/// Whether a part is a mail that was forwarded, or sent back.
pub fn is_mail(part: &ParsedMail) -> bool {
    ["message/rfc822", "message/global"].contains(&kind(part))
}

/// Whether people can read a part as it is: a text, or a report, such as why a mail came back.
/// Calendars and cards are for programs.
fn is_text(part: &ParsedMail) -> bool {
    match kind(part).split_once('/') {
        Some(("text", kind)) => !["calendar", "vcard", "x-vcard", "directory"].contains(&kind),
        Some(("message", kind)) => {
            ["-status", "-notification", "-report"].iter().any(|end| kind.ends_with(end))
        }
        _ => false,
    }
}

/// Whether the sender wants it to be saved, not shown.
fn is_attached(part: &ParsedMail) -> bool {
    part.get_content_disposition().disposition != DispositionType::Inline
}

/// The text of a part, with a newline at the end of each line.
pub fn text(part: &ParsedMail) -> String {
    let text = part.get_body().unwrap_or_default();
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Whether nothing of a text can be seen.
fn is_blank(text: &str) -> bool {
    let is_unseen =
        |character: char| character.is_whitespace() || "\u{200b}\u{feff}".contains(character);
    text.chars().all(is_unseen)
}

/// What there is to say of a part that is not whole.
pub fn note(part: &ParsedMail) -> &'static str {
    match part.headers.get_first_header(mend::INCOMPLETE) {
        Some(_) => " (not all of it could be decoded)",
        None => "",
    }
}
