//! A mail, taken apart (RFC 5322; MIME: RFC 2045 to 2047, 2183): `mailparse` reads and decodes it.
//! The bounds are ours, as anybody may have written the mail.

use mailparse::body::Body;
use mailparse::{DispositionType, MailHeader, MailHeaderMap, ParsedContentType};
use shared::Error;

/// All headers of a mail together have at most so many bytes.
const MAX_HEADERS: usize = 256 * 1024;
/// So many bytes of a field are looked at, and so many question marks: the time that it takes to
/// decode what stands for other characters (`=?charset?B?...?=`, RFC 2047) grows far faster than
/// the field.
const MAX_FIELD: usize = 2048;
const MAX_MARKS: usize = 100;
/// A mail has at most so many parts, which lie at most so deep in one another.
const MAX_PARTS: usize = 500;
const MAX_DEPTH: usize = 10;
/// So many bytes of a text are shown.
const MAX_TEXT: usize = 1024 * 1024;

/// A part of a mail; the first one is the mail itself.
pub struct Part<'a> {
    headers: Vec<MailHeader<'a>>,
    kind: ParsedContentType,
    depth: usize,
    size: usize,
    has_parts: bool,
    /// Decoded from base64 and the like; nothing in a part that has parts of its own.
    pub content: Vec<u8>,
}

/// Takes a message apart: each part is followed by those that lie in it.
///
/// # Errors
/// It has more than 256 KiB of headers, or more than 500 parts, or parts more than 10 deep.
pub fn take_apart(message: &[u8]) -> shared::Result<Vec<Part<'_>>> {
    let (mut parts, mut room) = (Vec::new(), MAX_HEADERS);
    add_parts(message, 0, &mut room, &mut parts)?;
    Ok(parts)
}

/// Adds a part, and those that lie in it; there is `room` for so many bytes of headers.
fn add_parts<'a>(
    bytes: &'a [u8],
    depth: usize,
    room: &mut usize,
    parts: &mut Vec<Part<'a>>,
) -> shared::Result {
    let end = header_end(bytes);
    let hint = "no mail program writes such a mail: ask who sent it, and be careful with it";
    for (is_beyond, bound) in [
        (end > *room, format!("{MAX_HEADERS} bytes of headers")),
        (parts.len() == MAX_PARTS, format!("{MAX_PARTS} parts")),
        (depth > MAX_DEPTH, format!("{MAX_DEPTH} parts within parts")),
    ] {
        if is_beyond {
            let problem = format!("cannot take the mail apart: it has more than {bound}");
            return Err(Error::new(problem, hint));
        }
    }
    *room -= end;
    let (header, body) = bytes.split_at(end);
    // If the fields cannot be read, there are none.
    let (headers, _length) = mailparse::parse_headers(header).unwrap_or_default();
    let kind = field(&headers, "Content-Type").unwrap_or("text/plain".into());
    let kind = mailparse::parse_content_type(&kind);
    let encoding = field(&headers, "Content-Transfer-Encoding").unwrap_or_default();
    let encoding = Some(encoding.trim().to_lowercase());

    let mut inner = Vec::new();
    if kind.mimetype.starts_with("multipart/") {
        let boundary = kind.params.get("boundary");
        inner = boundary.map_or(inner, |boundary| split(body, boundary));
    }
    let content = match Body::new(body, &kind, &encoding) {
        _ if !inner.is_empty() => Vec::new(),
        // Where it cannot be decoded, what came says more than nothing.
        Body::Base64(coded) => coded.get_decoded().unwrap_or_else(|_| body.to_vec()),
        Body::QuotedPrintable(coded) => coded.get_decoded().unwrap_or_else(|_| body.to_vec()),
        _ => body.to_vec(),
    };
    let has_parts = !inner.is_empty();
    let size = if has_parts { body.len() } else { content.len() };
    parts.push(Part { headers, kind, depth, size, has_parts, content });
    for bytes in inner {
        add_parts(bytes, depth + 1, room, parts)?;
    }
    Ok(())
}

/// How long the header is, with the empty line that ends it.
fn header_end(bytes: &[u8]) -> usize {
    let mut end = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        end += line.len();
        if line == b"\r\n" || line == b"\n" || end > MAX_HEADERS {
            break;
        }
    }
    end
}

/// The parts between the lines that are `--boundary`, up to `--boundary--` (RFC 2046 section 5.1).
fn split<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let delimiter = format!("--{boundary}");
    let (mut parts, mut start, mut end) = (Vec::new(), None, 0);
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let behind = line.strip_prefix(delimiter.as_bytes());
        if let Some(rest @ (b"" | b"--")) = behind.map(<[u8]>::trim_ascii) {
            if let Some(start) = start {
                // The last line end belongs to the delimiter.
                let part: &[u8] = &body[start..end];
                let part = part.strip_suffix(b"\n").unwrap_or(part);
                parts.push(part.strip_suffix(b"\r").unwrap_or(part));
            }
            start = Some(end + line.len());
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

/// The first field of this name, decoded, in one line.
fn field(headers: &[MailHeader], name: &str) -> Option<String> {
    let raw = headers.get_first_header(name)?.get_value_raw();
    let mut end = 0;
    let mut marks = 0;
    while end < raw.len().min(MAX_FIELD) && marks <= MAX_MARKS {
        marks += usize::from(raw[end] == b'?');
        end += 1;
    }
    let short = format!("{name}: {}", String::from_utf8_lossy(&raw[..end]));
    let (header, _length) = mailparse::parse_header(short.as_bytes()).ok()?;
    let mut text = header.get_value().replace(['\r', '\n'], " ");
    if end < raw.len() {
        text += " ...";
    }
    Some(text)
}

impl Part<'_> {
    /// The first header field of this name, decoded, in one line.
    pub fn field(&self, name: &str) -> Option<String> {
        field(&self.headers, name)
    }

    /// The part's type, size and name in one line, indented as deep as it lies.
    pub fn summary(&self) -> String {
        let (kind, size, indent) = (&self.kind.mimetype, self.size, 2 * self.depth);
        let name = match self.name() {
            Some(name) => format!(" {name:?}"),
            None => String::new(),
        };
        format!("{:indent$}{kind}{name}, {size} bytes", "")
    }

    /// Whether it is to be saved: whatever is no text to be read at once.
    pub fn is_attachment(&self) -> bool {
        !self.has_parts && (!self.kind.mimetype.starts_with("text/") || self.name().is_some())
    }

    /// The file's name as the sender wrote it, or an empty one where an attachment has none.
    pub fn name(&self) -> Option<String> {
        let disposition = self.field("Content-Disposition").unwrap_or_default();
        let disposition = mailparse::parse_content_disposition(&disposition);
        let is_attached = disposition.disposition == DispositionType::Attachment;
        let name = disposition.params.get("filename");
        let name = name.or(self.kind.params.get("name")).cloned();
        name.or(is_attached.then(String::new))
    }

    /// The text in its charset. Without one that is known, it is UTF-8 if it looks like that.
    fn text(&self) -> String {
        let content = &self.content[..self.content.len().min(MAX_TEXT)];
        let mut text = String::from_utf8_lossy(content).into_owned();
        let has_charset = !self.kind.charset.eq_ignore_ascii_case("us-ascii");
        if let Body::Binary(body) = Body::new(content, &self.kind, &Some("binary".into()))
            && let Ok(decoded) = body.get_as_string()
            && (text.contains('\u{fffd}') || has_charset && !decoded.contains('\u{fffd}'))
        {
            text = decoded;
        }
        if content.len() < self.content.len() {
            text += &format!("\n... and {} bytes more", self.content.len() - MAX_TEXT);
        }
        text.replace("\r\n", "\n")
    }
}

/// The first plain text of a mail, else its first text in another form, such as HTML.
pub fn text(parts: &[Part]) -> Option<String> {
    let is_text = |part: &&Part| part.kind.mimetype.starts_with("text/") && !part.is_attachment();
    let is_plain = |part: &&Part| part.kind.mimetype == "text/plain" && !part.is_attachment();
    let plain = parts.iter().find(is_plain);
    let text = plain.or(parts.iter().find(is_text))?;
    Some(text.text())
}
