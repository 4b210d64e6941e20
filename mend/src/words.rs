//! Encoded words (RFC 2047), which mail programs write in many more ways than the standard allows.

use data_encoding::BASE64;

use crate::{bodies, charsets};

/// A line of a header has at most 998 characters (RFC 5322 section 2.1.1).
const MAX_LINE: usize = 900;
/// So many bytes are in an encoded word, which may have 75 characters.
const MAX_WORD: usize = 45;

/// A character of a field, and whether it has to be in an encoded word.
type Character = (char, bool);

/// The text, in which encoded words stand for other characters.
pub fn decode(text: &str) -> String {
    characters(text).into_iter().map(|(character, _)| character).collect()
}

/// The characters of a text in which encoded words stand for others. Many mail programs write them
/// without white space around them, and divide a character between two of them.
fn characters(text: &str) -> Vec<Character> {
    let mut characters = Vec::new();
    let mut rest = text;
    // What has been decoded of a run of words in one charset.
    let mut run = Vec::new();
    let mut charset = "";
    let mut searched = 0;
    // Behind the last end of a word there is none, and nothing has to be searched.
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
            add_run(&mut characters, &mut run, charset);
        }
        // White space between two words only divides them.
        if is_apart {
            characters.extend(before.chars().map(|character| (character, false)));
        }
        run.extend(bytes);
        charset = label;
        rest = behind;
        searched = 0;
    }
    add_run(&mut characters, &mut run, charset);
    characters.extend(rest.chars().map(|character| (character, false)));
    characters
}

/// Adds what a run of words has said. A line end in it must not begin another field.
fn add_run(characters: &mut Vec<Character>, run: &mut Vec<u8>, charset: &str) {
    let text = charsets::decode(run, charset).replace(['\r', '\n'], " ");
    characters.extend(text.chars().map(|character| (character, true)));
    run.clear();
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
    let (bytes, _is_whole) = if is_base64 {
        bodies::decode(coded.replace([' ', '\t'], "").as_bytes(), "base64")
    } else {
        bodies::decode(coded.replace('_', "=20").as_bytes(), "quoted-printable")
    };
    // A language may be named behind the charset (RFC 2231 section 5).
    let label = label.split('*').next().unwrap_or_default();
    Some((label, bytes, behind))
}

/// The same text, in which encoded words of UTF-8 stand for all that is not ASCII, and for what has
/// been in encoded words: nothing that was encoded becomes a comma or a quote of the field.
/// It is cut where no characters are left; those of it are taken from them.
pub fn mended(text: &str, characters_left: &mut usize) -> String {
    let mut characters = characters(text);
    characters.truncate(*characters_left);
    mark(&mut characters);
    let is_blank = |character: &Character| !character.1 && character.0.is_whitespace();
    let start = characters.iter().position(|character| !is_blank(character)).unwrap_or_default();
    let end =
        characters.iter().rposition(|character| !is_blank(character)).map_or(0, |end| end + 1);

    *characters_left -= end - start;

    let mut mended = String::new();
    let mut line_start = 0;
    for run in characters[start..end].chunk_by(|(_, left), (_, right)| left == right) {
        let (_, is_encoded) = run[0];
        let mut text = String::new();
        for (index, (character, _)) in run.iter().enumerate() {
            text.push(*character);
            let is_last = index + 1 == run.len();
            if is_encoded && (is_last || text.len() > MAX_WORD - 4) {
                if mended.len() - line_start > MAX_LINE && mended.ends_with(' ') {
                    mended.truncate(mended.len() - 1);
                    mended += "\r\n ";
                    line_start = mended.len();
                }
                mended += &format!("=?utf-8?B?{}?=", BASE64.encode(text.as_bytes()));
                mended += if is_last { "" } else { " " };
                text.clear();
            }
        }
        mended += &text;
    }
    mended
}

/// Marks what has to be in encoded words. `mailparse` sees their ends at blanks, quotes, brackets
/// and commas, and drops blanks between them.
fn mark(characters: &mut [Character]) {
    for index in 0..characters.len() {
        let before = index.checked_sub(1).map(|before| characters[before].0);
        let behind = characters.get(index + 1).map(|(behind, _)| *behind);
        let (character, is_encoded) = &mut characters[index];
        let looks_like_word = (*character == '=' && behind == Some('?'))
            || (*character == '?' && before == Some('='));
        *is_encoded |= !matches!(character, ' '..='~' | '\t') || looks_like_word;
    }
    let ends = |character: char| character.is_whitespace() || "\"()<>,".contains(character);
    for index in 1..characters.len() {
        characters[index].1 |= characters[index - 1].1 && !ends(characters[index].0);
    }
    for index in (1..characters.len()).rev() {
        characters[index - 1].1 |= characters[index].1 && !ends(characters[index - 1].0);
    }
    let mut has_word = false;
    let mut blanks = 0;
    for index in 0..characters.len() {
        let (character, is_encoded) = characters[index];
        if is_encoded {
            if has_word {
                characters[index - blanks..index].iter_mut().for_each(|blank| blank.1 = true);
            }
            has_word = true;
            blanks = 0;
        } else if character.is_whitespace() {
            blanks += 1;
        } else {
            has_word = false;
            blanks = 0;
        }
    }
}
