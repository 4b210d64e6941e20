//! What of a mail is to be read, and what is to be saved.

use std::ptr;

use mailparse::{DispositionType, MailHeaderMap, ParsedMail};
use shared::Error;

/// All headers of a mail together have at most so many bytes.
const MAX_HEADERS: usize = 256 * 1024;
/// A mail has at most so many parts.
const MAX_PARTS: usize = 500;
/// They lie at most so deep in one another.
pub const MAX_DEPTH: usize = 10;
/// So many bytes of a text are shown.
const MAX_TEXT: usize = 1024 * 1024;

/// Checks that the mail is one that people send.
///
/// # Errors
/// It has more than 256 KiB of headers, or more than 500 parts, or parts more than 10 deep.
pub fn check(mail: &ParsedMail) -> shared::Result {
    let headers = mail.parts().map(|part| part.get_headers().get_raw_bytes().len());
    let bound = if headers.sum::<usize>() > MAX_HEADERS {
        format!("{MAX_HEADERS} bytes of headers")
    } else if mail.parts().count() > MAX_PARTS {
        format!("{MAX_PARTS} parts")
    } else if depth(mail) > MAX_DEPTH {
        format!("{MAX_DEPTH} parts within parts")
    } else {
        return Ok(());
    };
    Err(Error::new(
        format!("cannot take the mail apart: it has more than {bound}"),
        "no mail program writes such a mail: ask who sent it, and be careful with it",
    ))
}

fn depth(part: &ParsedMail) -> usize {
    part.subparts.iter().map(|inner| 1 + depth(inner)).max().unwrap_or_default()
}

/// The texts of a mail, one after another. One that is attached or has a name is read where there is
/// no other.
pub fn texts<'a>(mail: &'a ParsedMail<'a>) -> Vec<&'a ParsedMail<'a>> {
    let is_shown = |part: &ParsedMail| !is_attached(part) && name(part).is_none();
    let mut found = wanted(mail, &is_shown);
    if found.is_empty() {
        found = wanted(mail, &|part| !is_attached(part));
    }
    if found.is_empty() {
        found = wanted(mail, &|part| ["text/plain", "text/html"].contains(&kind(part)));
    }
    found
}

/// The texts that are wanted: all that stand one after another, and one of several alternatives
/// (RFC 2046 section 5.1.4), the plain one, else the one in HTML. One without a word is none.
fn wanted<'a>(
    part: &'a ParsedMail<'a>,
    is_wanted: &dyn Fn(&ParsedMail) -> bool,
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

/// What a part has in it, decoded from base64 and the like.
pub fn content(part: &ParsedMail) -> Vec<u8> {
    part.get_body_raw().unwrap_or_default()
}

/// Whether a part is a mail that was forwarded, or sent back.
pub fn is_mail(part: &ParsedMail) -> bool {
    ["message/rfc822", "message/global"].contains(&kind(part))
}

/// Whether people can read a part as it is: a text, or a report, such as why a mail came back.
/// Calendars and cards are for programs.
pub fn is_text(part: &ParsedMail) -> bool {
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
    let body = part.get_body().unwrap_or_default();
    let mut text = body.replace("\r\n", "\n").replace('\r', "\n");
    let shown = cut(&text, MAX_TEXT).len();
    if shown < text.len() {
        let missing = text.len() - shown;
        text = format!("{}\n... and {missing} bytes more", text[..shown].trim_end());
    }
    if !is_whole(part) {
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

/// The first bytes of a text, at most `max`, without half a character at their end.
pub fn cut(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Whether all of a part could be decoded.
pub fn is_whole(part: &ParsedMail) -> bool {
    part.headers.get_first_header(mend::INCOMPLETE).is_none()
}
