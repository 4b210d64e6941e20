//! A mail and its parts (RFC 5322; MIME: RFC 2045 to 2047, 2183). Anybody may have written it: so
//! it has bounds, and what is broken in it costs only itself.

use mailparse::{DispositionType, MailHeader};
use shared::Error;

use crate::{mend, words};

/// All headers of a mail together have at most so many bytes.
const MAX_HEADERS: usize = 256 * 1024;
/// A mail has at most so many parts, which lie at most so deep in one another.
const MAX_PARTS: usize = 500;
const MAX_DEPTH: usize = 10;
/// So many characters are looked at of a field that tells what a part is.
const MAX_FIELD: usize = 2048;

/// A mail, or a part of one.
#[derive(Default)]
pub struct Part {
    /// The fields of its header, name and value, not yet decoded.
    fields: Vec<(String, String)>,
    /// Its type, such as `text/plain`, in lower case.
    pub kind: String,
    /// The charset that it says its text is in.
    pub charset: String,
    /// Whether the sender wants it to be saved, not shown.
    pub is_attached: bool,
    /// The parts that lie in it. In a mail that was forwarded, that is the mail itself.
    pub parts: Vec<Part>,
    /// Decoded from base64 and the like; nothing in a part that is made of others.
    pub content: Vec<u8>,
    /// Whether all of the content could be decoded.
    pub is_whole: bool,
    /// How many bytes the content has, or all of its parts together.
    pub size: usize,
}

/// What a mail may still have.
struct Room {
    headers: usize,
    parts: usize,
    /// Whether we are in a mail that was forwarded: it is saved as one file.
    is_forwarded: bool,
}

/// Takes a mail apart.
///
/// # Errors
/// It has more than 256 KiB of headers, or more than 500 parts, or parts more than 10 deep.
pub fn take_apart(message: &[u8]) -> shared::Result<Part> {
    let mut room = Room { headers: MAX_HEADERS, parts: MAX_PARTS, is_forwarded: false };
    take_part(&mend::without_double_cr(message), "text/plain", 0, &mut room)
}

/// Takes a part apart; `default` is its type if it names none.
fn take_part(bytes: &[u8], default: &str, depth: usize, room: &mut Room) -> shared::Result<Part> {
    let (header, length) = mend::header(bytes, room.headers);
    let hint = "no mail program writes such a mail: ask who sent it, and be careful with it";
    for (is_beyond, bound) in [
        (length > room.headers, format!("{MAX_HEADERS} bytes of headers")),
        (room.parts == 0, format!("{MAX_PARTS} parts")),
        (depth > MAX_DEPTH, format!("{MAX_DEPTH} parts within parts")),
    ] {
        if is_beyond {
            let problem = format!("cannot take the mail apart: it has more than {bound}");
            return Err(Error::new(problem, hint));
        }
    }
    room.headers -= length;
    room.parts -= 1;
    let body = &bytes[length..];
    let (mut part, boundary) = Part::read(&header, default);

    if part.kind.starts_with("multipart/") {
        // In a digest they are mails (RFC 2046 section 5.1.5).
        let is_digest = part.kind == "multipart/digest";
        let default = if is_digest { "message/rfc822" } else { "text/plain" };
        for bytes in split(body, &boundary) {
            part.parts.push(take_part(bytes, default, depth + 1, room)?);
        }
    }
    part.size = body.len();
    if part.parts.is_empty() {
        let encoding = part.raw("Content-Transfer-Encoding").unwrap_or_default().to_lowercase();
        let encoding = encoding.split([' ', '\t', ';', '(', '"']).find(|word| !word.is_empty());
        (part.content, part.is_whole) = mend::decode(body, encoding.unwrap_or_default());
        part.size = part.content.len();
    }
    let is_forwarded = room.is_forwarded;
    if part.is_mail() {
        room.is_forwarded = true;
        // If it is beyond a bound, it can still be saved.
        part.parts.extend(take_part(&part.content, "text/plain", depth + 1, room).ok());
        room.is_forwarded = is_forwarded;
    }
    if is_forwarded && !part.is_text() {
        part.content = Vec::new();
    }
    Ok(part)
}

/// The parts between the lines that are `--boundary`, up to `--boundary--` (RFC 2046 section 5.1).
fn split<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let delimiter = format!("--{boundary}");
    let (mut parts, mut start, mut end) = (Vec::new(), None, 0);
    for line in body.split_inclusive(|byte| matches!(byte, b'\r' | b'\n')) {
        let behind = line.strip_prefix(delimiter.as_bytes());
        if let Some(rest @ (b"" | b"--")) = behind.map(<[u8]>::trim_ascii)
            && !boundary.is_empty()
        {
            parts.extend(start.map(|start| without_line_end(&body[start..end])));
            let line_end = end + without_line_end(line).len();
            start = Some(line_end + mend::line_end(&body[line_end..]));
            if rest == b"--" || parts.len() > MAX_PARTS {
                return parts;
            }
        }
        end += line.len();
    }
    // Without the last delimiter, the mail has been cut short.
    parts.extend(start.map(|start| &body[start..]));
    parts
}

/// A part without the line end that belongs to the delimiter behind it.
fn without_line_end(mut part: &[u8]) -> &[u8] {
    if let Some(shorter) = part.strip_suffix(b"\n") {
        part = shorter;
        while let Some(shorter) = part.strip_suffix(b"\r") {
            part = shorter;
        }
        return part;
    }
    part.strip_suffix(b"\r").unwrap_or(part)
}

impl Part {
    /// Reads what a header says about a part, and the boundary between the parts that lie in it.
    fn read(header: &str, default: &str) -> (Self, String) {
        let (headers, _length) = mailparse::parse_headers(header.as_bytes()).unwrap_or_default();
        let value = |field: &MailHeader| String::from_utf8_lossy(field.get_value_raw()).into();
        let fields = headers.iter().map(|field| (field.get_key(), value(field))).collect();
        let part = Part { fields, is_whole: true, ..Part::default() };
        let about = |name| {
            let field: String = part.raw(name)?.chars().take(MAX_FIELD).collect();
            // Before the first parameter there should be a semicolon, not just a blank.
            Some(field.replacen([';', ' ', '\t'], ";", 1))
        };
        let disposition = about("Content-Disposition").unwrap_or_default();
        let disposition = mailparse::parse_content_disposition(&disposition).disposition;
        let content_type = about("Content-Type").unwrap_or(default.into());
        let content_type = mailparse::parse_content_type(&content_type);
        let boundary =
            content_type.params.get("boundary").map_or("", |boundary| boundary.trim_end());
        let kind = content_type.mimetype.trim_matches('"');
        let is_main = |word: &str| !word.is_empty() && !word.contains(['=', '?']);
        let kind = match kind.split_once('/') {
            Some((main, sub)) if !sub.is_empty() && is_main(main) => kind,
            None if kind == "multipart" => "multipart/mixed",
            // What is no type is this one (RFC 2045 section 5.2).
            _ => "text/plain",
        };
        let (kind, boundary) = (kind.to_string(), boundary.to_string());
        let is_attached = disposition == DispositionType::Attachment;
        (Part { kind, charset: content_type.charset, is_attached, ..part }, boundary)
    }

    /// The first field of this name, decoded.
    pub fn field(&self, name: &str) -> Option<String> {
        let text = words::decode(self.raw(name)?);
        Some(text.replace(['\r', '\n'], " "))
    }

    fn raw(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
        field.map(|(_, value)| value.as_str())
    }

    /// The name of the file that it is, as the sender wrote it.
    pub fn name(&self) -> Option<String> {
        let disposition = self.raw("Content-Disposition").unwrap_or_default();
        let name = words::parameter(disposition, "filename");
        let content_type = self.raw("Content-Type").unwrap_or_default();
        let name = name.or_else(|| words::parameter(content_type, "name"));
        name.filter(|name| !name.is_empty())
    }

    /// Whether it is a mail that was forwarded, or sent back.
    pub fn is_mail(&self) -> bool {
        matches!(self.kind.as_str(), "message/rfc822" | "message/global")
    }

    /// Whether it can be read as it is; a calendar is for programs.
    pub fn is_text(&self) -> bool {
        self.kind.starts_with("text/") && self.kind != "text/calendar"
    }
}
