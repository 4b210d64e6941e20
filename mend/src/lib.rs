//! Makes broken mails whole: bytes in, bytes out. What comes out says what the mail said, in one
//! plain way that `mailparse` reads right (RFC 5322; MIME: RFC 2045 to 2047, 2183, 2231):
//!
//! - Each field stands in one line, or in lines as long as RFC 5322 allows. What a header has once
//!   is there once.
//! - What is not ASCII in a field is UTF-8: in encoded words, or percent-encoded in a parameter.
//! - A text that has no name of a file is UTF-8, `8bit`, in lines that end in CR LF. All else is
//!   base64, byte for byte what was sent; a text among it names its true charset.
//! - The boundary of a container stands nowhere else in it.

mod bodies;
mod charsets;
mod fields;
mod lines;
mod parameters;
mod words;

use data_encoding::BASE64_MIME;
use memchr::memmem;

use crate::fields::Header;
use crate::parameters::Parameterized;

/// A mail has at most this many parts.
const MAX_PARTS: usize = 1000;
/// Parts lie at most this deep in one another.
const MAX_DEPTH: usize = 20;

/// All fields of a header together have at most this many characters. Encoded, none of these takes
/// more than 17 bytes.
const MAX_CHARACTERS: usize = 300_000;
/// The fields that are not written as they were: each tells something of the body.
const OF_BODY: [&str; 4] =
    ["Content-Type", "Content-Disposition", "Content-Transfer-Encoding", INCOMPLETE];

/// The field of a part that says that not all of its body could be decoded, or that parts of it are
/// missing.
pub const INCOMPLETE: &str = "X-Mend-Incomplete";

/// Mends a mail, whatever its bytes are: `mailparse` can parse the result, which says the same. A
/// mail that has been mended stays as it is.
///
/// Of a mail with more than 1000 parts the others are missing, which the field [`INCOMPLETE`] of
/// their container says, and so are characters of a header beyond 300,000. What lies more than 20
/// deep becomes one part of type `application/octet-stream`.
pub fn mail(message: &[u8]) -> Vec<u8> {
    let mut parts_left = MAX_PARTS;
    part(&lines::without_double_cr(message), "text/plain", 0, &mut parts_left)
}

/// Mends a part, which is of the type `default` if it names none.
fn part(bytes: &[u8], default: &str, depth: usize, parts_left: &mut usize) -> Vec<u8> {
    let header = Header::read(bytes);
    let body = &bytes[header.length..];
    let encoding = header.value("Content-Transfer-Encoding").unwrap_or_default().to_lowercase();
    let encoding = encoding.split([' ', '\t', ';', '(', '"']).find(|word| !word.is_empty());
    let encoding = encoding.unwrap_or_default();
    let mut content_type = content_type(header.value("Content-Type").unwrap_or(default), depth);
    if content_type.value.starts_with("multipart/") {
        if depth == MAX_DEPTH {
            content_type = Parameterized::of("application/octet-stream");
        } else {
            let (mended, is_whole) = parts(body, encoding, &content_type, depth, parts_left);
            if !mended.is_empty() {
                return container(&header, content_type, &mended, is_whole);
            }
            // A container without parts may hold a text instead.
            content_type = Parameterized::of("text/plain");
        }
    }
    leaf(&header, content_type, body, encoding)
}

/// The type of a part. What is no type counts as `text/plain` (RFC 2045 section 5.2); but what
/// nobody can read beside other parts is no text.
fn content_type(field: &str, depth: usize) -> Parameterized {
    let mut content_type = Parameterized::read(field);
    let kind = match content_type.value.split_once('/') {
        Some((main, sub)) if is_token(main) && is_token(sub) => return content_type,
        Some(("multipart", _)) => "multipart/mixed",
        None if content_type.value == "multipart" => "multipart/mixed",
        None if content_type.value == "=?" && depth > 0 => "application/octet-stream",
        _ => "text/plain",
    };
    content_type.value = kind.into();
    content_type
}

/// Whether a part is to be shown or saved, if it says so. What nobody knows is to be saved (RFC
/// 2183 section 2.8).
fn disposition(header: &Header) -> Option<Parameterized> {
    let field = header.value("Content-Disposition").filter(|field| !field.is_empty())?;
    let mut disposition = Parameterized::read(field);
    if !is_token(&disposition.value) {
        disposition.value = "attachment".into();
    }
    Some(disposition)
}

fn is_token(word: &str) -> bool {
    let is_part =
        |character: char| character.is_ascii_graphic() && !"\"(),:;<=>?@[\\]".contains(character);
    !word.is_empty() && word.chars().all(is_part)
}

/// Mends the parts of a container, and says whether these are all.
fn parts(
    body: &[u8],
    encoding: &str,
    content_type: &Parameterized,
    depth: usize,
    parts_left: &mut usize,
) -> (Vec<Vec<u8>>, bool) {
    let boundary = content_type.get("boundary").unwrap_or_default();
    // In a digest they are mails (RFC 2046 section 5.1.5).
    let is_digest = content_type.value == "multipart/digest";
    let default = if is_digest { "message/rfc822" } else { "text/plain" };
    let decoded;
    let mut parts = split(body, boundary);
    if parts.is_empty() {
        // Some gateways encode a container as a whole.
        (decoded, _) = bodies::decode(body, encoding);
        parts = split(&decoded, boundary);
    }
    let mut mended = Vec::new();
    for bytes in parts {
        if *parts_left == 0 {
            return (mended, false);
        }
        *parts_left -= 1;
        mended.push(part(bytes, default, depth + 1, parts_left));
    }
    (mended, true)
}

/// The parts between the lines that are `--boundary`, up to `--boundary--` (RFC 2046 section 5.1).
fn split<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let delimiter = format!("--{}", boundary.trim_end());
    let mut parts = Vec::new();
    let mut part_start = None;
    let mut line_start = 0;
    let mut last_end = 0;
    for (line, length) in lines::lines(body) {
        let behind = line.strip_prefix(delimiter.as_bytes()).map(<[u8]>::trim_ascii);
        if let Some(rest @ (b"" | b"--")) = behind
            && delimiter != "--"
        {
            // The line end before it belongs to the delimiter.
            parts.extend(part_start.map(|start| &body[start..last_end.max(start)]));
            part_start = Some(line_start + length);
            if rest == b"--" || parts.len() > MAX_PARTS {
                return parts;
            }
        }
        last_end = line_start + line.len();
        line_start += length;
    }
    // Without the last delimiter, the mail has been cut short.
    parts.extend(part_start.map(|start| &body[start..]));
    parts
}

/// Writes a container, whose boundary is not in its parts.
fn container(
    header: &Header,
    content_type: Parameterized,
    parts: &[Vec<u8>],
    is_whole: bool,
) -> Vec<u8> {
    let number = parts.iter().map(|part| unused_number(part)).max().unwrap_or_default();
    let boundary = format!("mend-{number}-");
    let content_type = content_type.with("boundary", &boundary);
    let mut mended = (start(header, &content_type, is_whole) + "\r\n").into_bytes();
    for part in parts {
        mended.extend(format!("--{boundary}\r\n").bytes());
        mended.extend(part);
        mended.extend(b"\r\n");
    }
    mended.extend(format!("--{boundary}--\r\n").bytes());
    mended
}

/// A number that is higher than that of any boundary of this kind in these bytes.
fn unused_number(bytes: &[u8]) -> u64 {
    let start = b"--mend-";
    let numbers = memmem::find_iter(bytes, start).filter_map(|index| {
        let rest = &bytes[index + start.len()..];
        let digits = rest.iter().take(10).take_while(|byte| byte.is_ascii_digit()).count();
        str::from_utf8(&rest[..digits]).ok()?.parse::<u64>().ok()
    });
    numbers.max().map_or(0, |number| number + 1)
}

/// Writes a part that is not made of others.
fn leaf(header: &Header, mut content_type: Parameterized, body: &[u8], encoding: &str) -> Vec<u8> {
    let (mut content, is_whole) = bodies::decode(body, encoding);
    let disposition = disposition(header);
    let is_attached = disposition.as_ref().is_some_and(|found| found.value != "inline");
    let name = disposition.as_ref().and_then(|found| found.get("filename"));
    let has_name = name.or(content_type.get("name")).is_some_and(|name| !name.is_empty());
    let mut encoding = "base64";
    // Texts that only programs read have a charset, too.
    if content_type.value.starts_with("text/") || is_text(&content_type.value) {
        let mut label = content_type.get("charset").unwrap_or_default().to_string();
        if content_type.value == "text/html" && !charsets::is_known(&label) {
            label = charsets::named_by_page(&content);
        }
        let charset = charsets::of_text(&content, &label);
        content_type = content_type.with("charset", &charset.name().to_lowercase());
        if !is_attached && !has_name {
            let text = charset.decode_without_bom_handling(&content).0;
            content = lines::with_crlf(text.trim_start_matches('\u{feff}').as_bytes());
            content_type = content_type.with("charset", "utf-8");
            encoding = "8bit";
        }
    }
    let mut mended = start(header, &content_type, is_whole);
    mended += &format!("Content-Transfer-Encoding: {encoding}\r\n\r\n");
    if encoding == "base64" {
        return (mended + &BASE64_MIME.encode(&content)).into_bytes();
    }
    [mended.into_bytes(), content].concat()
}

/// Whether people can read what is of this type: a text, or a report, such as why a mail came back.
/// Calendars and cards are for programs.
pub fn is_text(kind: &str) -> bool {
    match kind.split_once('/') {
        Some(("text", kind)) => !["calendar", "vcard", "x-vcard", "directory"].contains(&kind),
        Some(("message", kind)) => {
            ["-status", "-notification", "-report"].iter().any(|end| kind.ends_with(end))
        }
        _ => false,
    }
}

/// Writes the fields of a header, but for those that are beyond the bound. The last of them tell
/// what the body is.
fn start(header: &Header, content_type: &Parameterized, is_whole: bool) -> String {
    let mut start = String::new();
    let mut characters_left = MAX_CHARACTERS;
    for field in &header.fields {
        let is_about_body = OF_BODY.iter().any(|name| field.name.eq_ignore_ascii_case(name));
        if !is_about_body && field.name.len() < characters_left {
            characters_left -= field.name.len();
            let value = words::mended(&field.value, &mut characters_left);
            start += &format!("{}: {value}\r\n", field.name);
        }
    }
    if !is_whole || header.value(INCOMPLETE).is_some() {
        start += &format!("{INCOMPLETE}: not all of the body is here\r\n");
    }
    if let Some(disposition) = disposition(header) {
        start += &format!("Content-Disposition: {disposition}\r\n");
    }
    start + &format!("Content-Type: {content_type}\r\n")
}
