//! Words and names that are not ASCII, which headers have encoded in one of two ways (RFC 2047 and
//! 2231). Mail programs do so in many more ways than the two standards allow.

use std::collections::BTreeMap;

use crate::{charsets, mend};

/// Further parameters of a field are not looked at.
const MAX_PARAMETERS: usize = 100;

/// A text in which encoded words (RFC 2047) stand for other characters. Many mail programs write
/// them without white space around them, and divide a character between two of them.
pub fn decode(text: &str) -> String {
    let (mut decoded, mut rest) = (String::new(), text);
    // What has been decoded of a run of words in one charset.
    let (mut run, mut charset) = (Vec::new(), "");
    let mut searched = 0;
    let last = text.rfind("?=").unwrap_or_default();
    while let Some(start) = rest[searched..].find("=?").map(|start| start + searched)
        && text.len() - rest.len() + start < last
    {
        let Some((label, bytes, behind)) = word(&rest[start..]) else {
            searched = start + 2;
            continue;
        };
        let before = &rest[..start];
        let is_apart = run.is_empty() || !before.trim().is_empty();
        // In ISO-2022-JP each word is complete, and two at once are one mistake.
        let is_complete = label.to_ascii_lowercase().starts_with("iso-2022");
        if is_apart || is_complete || !label.eq_ignore_ascii_case(charset) {
            decoded += &charsets::decode(&run, charset);
            run.clear();
        }
        // White space between two words only divides them.
        if is_apart {
            decoded += before;
        }
        run.extend(bytes);
        (charset, rest, searched) = (label, behind, 0);
    }
    decoded + &charsets::decode(&run, charset) + rest
}

/// Decodes the encoded word at the start of `text`: its charset, its bytes, and what stands behind
/// it.
fn word(text: &str) -> Option<(&str, Vec<u8>, &str)> {
    let (label, coded) = text.strip_prefix("=?")?.split_once('?')?;
    let (encoding, coded) = coded.split_at_checked(1)?;
    let is_base64 = match encoding {
        "B" | "b" => true,
        "Q" | "q" => false,
        _ => return None,
    };
    let (coded, behind) = coded.strip_prefix('?')?.split_once("?=")?;
    let (bytes, _is_whole) = match is_base64 {
        true => mend::decode(coded.replace([' ', '\t'], "").as_bytes(), "base64"),
        false => mend::decode(coded.replace('_', "=20").as_bytes(), "quoted-printable"),
    };
    // A language may be named behind the charset (RFC 2231 section 5).
    let label = label.split('*').next().unwrap_or_default();
    Some((label, bytes, behind))
}

/// A parameter of a field, decoded. What is encoded by RFC 2231 (`name*=charset'language'%E6...`,
/// in pieces where it is long: `name*0*=...; name*1*=...`) goes before what has encoded words.
///
/// The parameters are told apart before they are decoded: nothing that is encoded adds another one.
pub fn parameter(field: &str, name: &str) -> Option<String> {
    let (mut plain, mut pieces) = (None, BTreeMap::new());
    let (mut is_quoted, mut is_escaped) = (false, false);
    let parameters = field.split(|character| {
        let is_end = character == ';' && !is_quoted;
        is_quoted ^= character == '"' && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        is_end
    });
    for parameter in parameters.take(MAX_PARAMETERS) {
        let Some((key, value)) = parameter.split_once('=') else { continue };
        // Where a semicolon is missing, something else stands before the name.
        let key = key.split_whitespace().last().unwrap_or_default().to_lowercase();
        let value = unquoted(value.trim());
        match key.strip_prefix(name) {
            Some("") => plain = plain.or(Some(value)),
            Some(star) if star.starts_with('*') => {
                let number: usize = star.trim_matches('*').parse().unwrap_or_default();
                pieces.insert(number, (star.ends_with('*'), value));
            }
            _ => {}
        }
    }
    if pieces.is_empty() {
        return plain.map(|value| decode(&value));
    }
    let mut label = String::new();
    if let Some((true, first)) = pieces.values_mut().next()
        && let [charset, _language, start] = first.splitn(3, '\'').collect::<Vec<_>>()[..]
    {
        (label, *first) = (charset.into(), start.into());
    }
    let (mut joined, mut is_encoded) = (String::new(), false);
    for (is_piece_encoded, piece) in pieces.values() {
        is_encoded |= is_piece_encoded;
        joined += &if *is_piece_encoded { piece.clone() } else { piece.replace('%', "%25") };
    }
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(&joined).collect();
    let value = charsets::decode(&bytes, &label);
    Some(if is_encoded { value } else { decode(&value) })
}

fn unquoted(value: &str) -> String {
    let Some(value) = value.strip_prefix('"') else { return value.into() };
    value.strip_suffix('"').unwrap_or(value).replace("\\\"", "\"").replace("\\\\", "\\")
}
