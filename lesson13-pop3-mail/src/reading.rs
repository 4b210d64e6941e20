//! What of a mail is to be read, and what is to be saved.

use std::ptr;

use mailparse::{DispositionType, MailHeaderMap, ParsedMail};

/// The texts of a mail, one after another. A text that is attached or has a name counts only where
/// there is no other.
pub fn texts<'a>(mail: &'a ParsedMail<'a>) -> Vec<&'a ParsedMail<'a>> {
    let wishes: [fn(&ParsedMail) -> bool; 3] = [
        |part| !is_attached(part) && name(part).is_none(),
        |part| !is_attached(part),
        |part| ["text/plain", "text/html"].contains(&part.ctype.mimetype.as_str()),
    ];
    let mut found = wishes.iter().map(|wish| wanted(mail, *wish));
    found.find(|texts| !texts.is_empty()).unwrap_or_default()
}

/// The texts that fulfil a wish: all that stand one after another, and one of several alternatives
/// (RFC 2046 section 5.1.4), the plain one, else the one in HTML. A blank text does not count.
fn wanted<'a>(part: &'a ParsedMail<'a>, wish: fn(&ParsedMail) -> bool) -> Vec<&'a ParsedMail<'a>> {
    if mend::is_text(&part.ctype.mimetype) && wish(part) && !is_blank(part) {
        return vec![part];
    }
    let inner = part.subparts.iter().map(|inner| wanted(inner, wish));
    if part.ctype.mimetype != "multipart/alternative" {
        return inner.flatten().collect();
    }
    let choices: Vec<_> = inner.filter(|texts| !texts.is_empty()).collect();
    let of_kind = |kind: &str| {
        choices.iter().find(|texts| texts.iter().any(|part| part.ctype.mimetype == kind))
    };
    let choice = of_kind("text/plain").or(of_kind("text/html")).or(choices.first());
    choice.cloned().unwrap_or_default()
}

/// The parts that are to be saved.
pub fn files<'a>(mail: &'a ParsedMail<'a>) -> Vec<&'a ParsedMail<'a>> {
    let texts = texts(mail);
    let mut files = leaves(mail);
    files.retain(|part| {
        let is_text = mend::is_text(&part.ctype.mimetype);
        let is_read = texts.iter().any(|text| ptr::eq(*text, *part));
        !is_text || is_attached(part) || (name(part).is_some() && !is_read)
    });
    files
}

/// The parts that are not made of others.
pub fn leaves<'a>(part: &'a ParsedMail<'a>) -> Vec<&'a ParsedMail<'a>> {
    if part.subparts.is_empty() {
        return vec![part];
    }
    let mut inner: Vec<_> = part.subparts.iter().collect();
    if part.ctype.mimetype == "multipart/appledouble" {
        // Beside the file stands what only a Mac knows about it.
        inner.retain(|inner| inner.ctype.mimetype != "application/applefile");
    }
    inner.into_iter().flat_map(leaves).collect()
}

/// The name of the file that a part is, as the sender wrote it. Many mail programs give it to the
/// type alone.
pub fn name(part: &ParsedMail) -> Option<String> {
    let disposition = part.get_content_disposition();
    let name = disposition.params.get("filename").or(part.ctype.params.get("name"));
    name.filter(|name| !name.is_empty()).cloned()
}

/// Whether the sender wants a part to be saved, not shown.
fn is_attached(part: &ParsedMail) -> bool {
    part.get_content_disposition().disposition != DispositionType::Inline
}

/// Whether nothing of a text can be seen: it is empty, or blank, or of characters without a width.
fn is_blank(part: &ParsedMail) -> bool {
    let text = part.get_body().unwrap_or_default();
    text.replace(['\u{200b}', '\u{feff}'], "").trim().is_empty()
}

/// What there is to say of a part that is not whole.
pub fn note(part: &ParsedMail) -> &'static str {
    let is_whole = part.headers.get_first_header(mend::INCOMPLETE).is_none();
    if is_whole { "" } else { " (not all of it could be decoded)" }
}
