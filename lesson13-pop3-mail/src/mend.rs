//! Lines and encodings that are broken in many mails are mended here, so that `mailparse` can read
//! them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::iter;

use mailparse::ParsedContentType;
use mailparse::body::Body;

use crate::charsets;

/// Fields that are in many headers and in few texts. Those that end with a hyphen stand for all
/// that begin so.
const FIELDS: &str = "from to cc bcc subject date sender received message-id in-reply-to \
                      references mime-version reply-to return-path importance user-agent \
                      content- list- resent- thread- dkim- arc- delivered- auto- x-";

/// How many bytes the line end has at the start of `bytes`. It may be CR LF, LF, CR CR LF (some
/// gateways make that) or CR.
pub fn line_end(bytes: &[u8]) -> usize {
    let returns = bytes.iter().take(8).take_while(|byte| **byte == b'\r').count();
    match bytes.get(returns) {
        Some(b'\n') => returns + 1,
        _ => returns.min(1),
    }
}

/// Each line without its end, and how many bytes it has with its end.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (&[u8], usize)> {
    let mut rest = bytes;
    iter::from_fn(move || {
        let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let end = rest.iter().position(is_end).unwrap_or(rest.len());
        let (line, behind) = rest.split_at(end);
        let length = end + line_end(behind);
        rest = &rest[length..];
        (length > 0).then_some((line, length))
    })
}

/// The message, without the second CR of each CR CR LF if its first line ends so: then a gateway has
/// done that to all of them.
pub fn without_double_cr(message: &[u8]) -> Cow<'_, [u8]> {
    let first = lines(message).next().map_or(0, |(_, length)| length);
    if !message[..first].ends_with(b"\r\r\n") {
        return message.into();
    }
    let lines = lines(message).flat_map(|(line, _)| [line, b"\r\n"]);
    lines.collect::<Vec<_>>().concat().into()
}

/// The header of a mail or a part, each field in one line, and how many bytes it took. If these are
/// more than `max`, the rest is missing.
///
/// A line that is no field is left out, with the lines that continue it. But if no field that is
/// known follows, an empty line is missing before it, and the body has begun.
pub fn header(bytes: &[u8], max: usize) -> (String, usize) {
    let (mut unfolded, mut total) = (Vec::<(Vec<u8>, usize)>::new(), 0);
    for (line, length) in lines(bytes) {
        match unfolded.last_mut() {
            Some(begun) if is_folded(line) => {
                begun.0.push(b' ');
                begun.0.extend(line.trim_ascii());
                begun.1 += length;
            }
            _ => unfolded.push((line.to_vec(), length)),
        }
        total += length;
        if line.is_empty() || total > max {
            break;
        }
    }
    let mut seen = BTreeSet::new();
    let is_new = |(line, _): &(Vec<u8>, usize)| known_name(line).is_some_and(|n| seen.insert(n));
    let news: Vec<_> = unfolded.iter().map(is_new).collect();
    let certain = news.iter().rposition(|is_new| *is_new).map_or(0, |last| last + 1);

    let (mut header, mut taken) = (String::new(), 0);
    for (number, (line, length)) in unfolded.iter().enumerate() {
        if let Some((name, value)) = field(line) {
            let field = [name, b": ", value.trim_ascii()].concat();
            header += &(charsets::decode(&field, "") + "\n");
        } else if number >= certain && !line.is_empty() && !is_folded(line)
            || line.starts_with(b"--")
        {
            break;
        }
        taken += length;
    }
    (header, taken)
}

fn is_folded(line: &[u8]) -> bool {
    line.starts_with(b" ") || line.starts_with(b"\t")
}

/// The name and the value of a field, if the line is one (RFC 5322 section 2.2); old ones have
/// blanks before the colon (section 4.5).
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = line[..colon].trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    is_name.then_some((name, &line[colon + 1..]))
}

/// The name of a field that is seen in many headers and in few texts.
fn known_name(line: &[u8]) -> Option<String> {
    let name = String::from_utf8_lossy(field(line)?.0).to_ascii_lowercase();
    let is_known = FIELDS.split(' ').any(|field| match field.ends_with('-') {
        true => name.starts_with(field),
        false => name == field,
    });
    is_known.then_some(name)
}

/// Decodes a body, and says whether all of it could be decoded. What is no base64 at all is
/// returned as it is.
pub fn decode(body: &[u8], encoding: &str) -> (Vec<u8>, bool) {
    let (coded, is_whole) = match encoding {
        "base64" => mended_base64(body),
        "quoted-printable" => mended_quoted_printable(body),
        _ => return (body.into(), true),
    };
    let kind = ParsedContentType::default();
    let decoded = match Body::new(&coded, &kind, &Some(encoding.into())) {
        Body::Base64(coded) | Body::QuotedPrintable(coded) => coded.get_decoded().ok(),
        _ => None,
    };
    match decoded {
        Some(decoded) if !decoded.is_empty() || body.trim_ascii().is_empty() => (decoded, is_whole),
        _ => (body.into(), false),
    }
}

/// Base64 (RFC 2045 section 6.8) with all padding that it should have, up to where other text
/// follows, and without anything else. Also says whether nothing was amiss but the padding.
fn mended_base64(body: &[u8]) -> (Vec<u8>, bool) {
    let (mut coded, mut is_whole) = (Vec::new(), true);
    // Behind padding something else may begin, even in the same line.
    let is_one = |byte: &u8, next: &u8| *byte != b'=' || *next == b'=';
    for piece in lines(body).flat_map(|(line, _)| line.chunk_by(is_one)) {
        let piece = piece.trim_ascii();
        let is_coded = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
        let strange = piece.iter().filter(|byte| !is_coded(byte)).count();
        let has_ended = coded.ends_with(b"=");
        // A mailing list adds a text, and there may be nothing but a text. A single character that
        // has strayed into a line does not make it one.
        let is_text = match coded.is_empty() {
            true => piece.contains(&b' '),
            false => strange * 20 > piece.len() || has_ended && piece.len() % 4 != 0,
        };
        if is_text {
            is_whole &= has_ended;
            break;
        }
        is_whole &= strange == 0;
        for byte in piece.iter().filter(|byte| is_coded(byte)) {
            match byte {
                b'=' => is_whole &= pad(&mut coded),
                byte => coded.push(*byte),
            }
        }
    }
    is_whole &= pad(&mut coded);
    (coded, is_whole)
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

/// Quoted-printable (RFC 2045 section 6.7) with the bytes encoded that should have been. Also says
/// whether each `=` has a meaning.
fn mended_quoted_printable(body: &[u8]) -> (Vec<u8>, bool) {
    let (mut coded, mut is_whole) = (Vec::new(), true);
    let digit = |value: u8| b"0123456789ABCDEF"[usize::from(value)];
    for (line, length) in lines(body) {
        for byte in line {
            match byte {
                b'\t' | b' '..=b'~' => coded.push(*byte),
                byte => coded.extend([b'=', digit(byte >> 4), digit(byte & 15)]),
            }
        }
        if length > line.len() {
            coded.extend(b"\r\n");
        }
        let mut behind = line.trim_ascii_end().split(|byte| *byte == b'=').skip(1);
        is_whole &= behind.all(|text| match text {
            [] => true,
            [first, second, ..] => first.is_ascii_hexdigit() && second.is_ascii_hexdigit(),
            [_] => false,
        });
    }
    (coded, is_whole)
}
