//! The encodings of bodies (RFC 2045 section 6), with the mistakes that mail programs make.

use data_encoding::BASE64_MIME_PERMISSIVE;

use crate::lines::lines;

/// Decodes a body, and says whether all of it could be decoded. What is no base64 at all is
/// returned as it is.
pub fn decode(body: &[u8], encoding: &str) -> (Vec<u8>, bool) {
    match encoding {
        "base64" => decode_base64(body),
        "quoted-printable" => decode_quoted_printable(body),
        _ => (body.into(), true),
    }
}

/// Base64 with or without its padding, up to where other text follows. Also says whether nothing
/// was amiss but the padding.
fn decode_base64(body: &[u8]) -> (Vec<u8>, bool) {
    let mut coded = Vec::new();
    let mut is_whole = true;
    // Behind padding something else may begin, even in the same line.
    let is_one_piece = |byte: &u8, next: &u8| *byte != b'=' || *next == b'=';
    for piece in lines(body).flat_map(|(line, _)| line.chunk_by(is_one_piece)) {
        let piece = piece.trim_ascii();
        let is_coded = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
        let strange = piece.iter().filter(|byte| !is_coded(byte)).count();
        let has_ended = coded.ends_with(b"=");
        // A mailing list adds a text below, or all of the body is a text. A line of base64 with a
        // stray character in it is no text.
        let is_text = if coded.is_empty() {
            piece.contains(&b' ')
        } else {
            strange * 20 > piece.len() || (has_ended && piece.len() % 4 != 0)
        };
        if is_text {
            is_whole &= has_ended;
            break;
        }
        is_whole &= strange == 0;
        for byte in piece.iter().filter(|byte| is_coded(byte)) {
            if *byte == b'=' {
                is_whole &= pad(&mut coded);
            } else {
                coded.push(*byte);
            }
        }
    }
    is_whole &= pad(&mut coded);
    let decoded = BASE64_MIME_PERMISSIVE.decode(&coded).unwrap_or_default();
    if decoded.is_empty() && !body.trim_ascii().is_empty() {
        return (body.into(), false);
    }
    (decoded, is_whole)
}

/// Completes the last four characters of base64. A single one of them has no meaning, and goes.
fn pad(coded: &mut Vec<u8>) -> bool {
    let is_single = coded.len() % 4 == 1;
    if is_single {
        coded.pop();
    }
    while !coded.len().is_multiple_of(4) {
        coded.push(b'=');
    }
    !is_single
}

/// Quoted-printable, in which bytes may stand that should have been encoded. Also says whether each
/// `=` has a meaning; one that has none stays.
fn decode_quoted_printable(body: &[u8]) -> (Vec<u8>, bool) {
    let mut decoded = Vec::with_capacity(body.len());
    let mut is_whole = true;
    for (line, length) in lines(body) {
        // Blanks at the end of a line were added on the way (RFC 2045 section 6.7).
        let mut rest = line.trim_ascii_end();
        let has_end = length > line.len();
        let mut is_continued = false;
        while let Some((byte, behind)) = rest.split_first() {
            rest = behind;
            if *byte != b'=' {
                decoded.push(*byte);
            } else if rest.is_empty() {
                is_continued = true;
            } else if let Some(value) = rest.get(..2).and_then(hex) {
                decoded.push(value);
                rest = &rest[2..];
            } else {
                decoded.push(b'=');
                if let Some(behind) = rest.strip_prefix(b"=") {
                    // Old versions of Python wrote it twice.
                    rest = behind;
                } else {
                    is_whole = false;
                }
            }
        }
        if has_end && !is_continued {
            decoded.extend(b"\r\n");
        }
    }
    (decoded, is_whole)
}

/// The byte that two hexadecimal digits stand for.
fn hex(digits: &[u8]) -> Option<u8> {
    let digits = str::from_utf8(digits).ok()?;
    u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))
}
