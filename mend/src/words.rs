//! Encoded words (RFC 2047), which mail programs write in many more ways than the standard allows.

use data_encoding::BASE64;

use crate::{bodies, charsets};

/// A line of a header has at most 998 characters (RFC 5322 section 2.1.1).
const MAX_LINE: usize = 900;
/// More characters without a blank are encoded as a whole if any of them is. No line could end
/// among them, and the time that `mailparse` takes for a line grows with its length times the words
/// in it.
const MAX_UNFOLDED: usize = 200;
/// At most this many bytes are in an encoded word, which may have 75 characters.
const MAX_WORD: usize = 45;
const BLANKS: [char; 2] = [' ', '\t'];

/// A character of a field.
#[derive(Clone, Copy)]
struct Character {
    value: char,
    /// Whether it has to be in an encoded word.
    is_encoded: bool,
}

impl Character {
    fn is_plain_blank(self) -> bool {
        self.value.is_whitespace() && !self.is_encoded
    }
}

/// The text, in which encoded words stand for other characters.
pub fn decode(text: &str) -> String {
    characters(text).into_iter().map(|character| character.value).collect()
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
    // No word begins behind the last `?=`: nothing has to be searched there.
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
            add(&mut characters, before, false);
        }
        run.extend(bytes);
        charset = label;
        rest = behind;
        searched = 0;
    }
    add_run(&mut characters, &mut run, charset);
    add(&mut characters, rest, false);
    characters
}

fn add(characters: &mut Vec<Character>, text: &str, is_encoded: bool) {
    characters.extend(text.chars().map(|value| Character { value, is_encoded }));
}

/// Adds what a run of words has said. A line end in it must not begin another field.
fn add_run(characters: &mut Vec<Character>, run: &mut Vec<u8>, charset: &str) {
    let text = charsets::decode(run, charset).replace(['\r', '\n'], " ");
    add(characters, &text, true);
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
/// been in encoded words: nothing that was encoded becomes a comma or a quote of the field. The
/// text is cut to `characters_left`, from which its characters are then taken off.
pub fn mended(text: &str, characters_left: &mut usize) -> String {
    let mut characters = characters(text);
    characters.truncate(*characters_left);
    mark(&mut characters);
    let is_no_blank = |character: &Character| !character.is_plain_blank();
    let start = characters.iter().position(is_no_blank).unwrap_or_default();
    let end = characters.iter().rposition(is_no_blank).map_or(0, |last| last + 1);
    let characters = &characters[start..end];
    *characters_left -= characters.len();

    let mut mended = String::new();
    let mut line_start = 0;
    // A line ends at a single blank: of several, only one would be left.
    let mut add = |piece: &str| {
        if mended.len() - line_start > MAX_LINE
            && !piece.starts_with(BLANKS)
            && mended.strip_suffix(' ').is_some_and(|line| !line.ends_with(BLANKS))
        {
            mended.pop();
            mended += "\r\n ";
            line_start = mended.len();
        }
        mended += piece;
    };
    let is_one_run = |left: &Character, right: &Character| left.is_encoded == right.is_encoded;
    for run in characters.chunk_by(is_one_run) {
        let text: String = run.iter().map(|character| character.value).collect();
        if !run[0].is_encoded {
            text.split_inclusive(' ').for_each(&mut add);
            continue;
        }
        for (index, piece) in pieces(&text).into_iter().enumerate() {
            if index > 0 {
                add(" ");
            }
            add(&format!("=?utf-8?B?{}?=", BASE64.encode(piece.as_bytes())));
        }
    }
    mended
}

/// Divides a text into pieces for one encoded word each.
fn pieces(mut text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    while !text.is_empty() {
        let mut end = text.len().min(MAX_WORD);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        pieces.push(&text[..end]);
        text = &text[end..];
    }
    pieces
}

/// Marks what has to be in encoded words. `mailparse` sees their ends at blanks, quotes, brackets
/// and commas, and drops blanks between them.
fn mark(characters: &mut [Character]) {
    for index in 0..characters.len() {
        let value = characters[index].value;
        let is_before = |next| characters.get(index + 1).is_some_and(|found| found.value == next);
        let looks_like_word = value == '=' && is_before('?');
        if looks_like_word || !matches!(value, ' '..='~' | '\t') {
            characters[index].is_encoded = true;
        }
    }
    // A word goes on to the next character at which it may end, in both directions.
    let is_end = |value: char| value.is_whitespace() || "\"()<>,".contains(value);
    let goes_on = |character: &Character| character.is_encoded || !is_end(character.value);
    characters.chunk_by_mut(|left, right| goes_on(left) && goes_on(right)).for_each(encode_if_any);
    // What stands between two single blanks, where lines can end, is encoded whole if it is long.
    let is_single_blank = |around: &[Character]| {
        around[1].value == ' '
            && !around[0].value.is_whitespace()
            && !around[2].value.is_whitespace()
    };
    let places = (1..).zip(characters.windows(3));
    let mut ends: Vec<usize> =
        places.filter(|(_, around)| is_single_blank(around)).map(|(index, _)| index).collect();
    ends.push(characters.len());
    let mut start = 0;
    for end in ends {
        if end - start > MAX_UNFOLDED {
            encode_if_any(&mut characters[start..end]);
        }
        start = end + 1;
    }
    // Blanks between two words become part of them.
    let is_in_words =
        |character: &Character| character.is_encoded || character.value.is_whitespace();
    for words in characters.chunk_by_mut(|left, right| is_in_words(left) && is_in_words(right)) {
        let first = words.iter().position(|character| character.is_encoded).unwrap_or_default();
        let last = words.iter().rposition(|character| character.is_encoded).unwrap_or_default();
        encode_if_any(&mut words[first..=last]);
    }
}

/// Marks all of these characters, if any of them is marked.
fn encode_if_any(characters: &mut [Character]) {
    if characters.iter().any(|character| character.is_encoded) {
        characters.iter_mut().for_each(|character| character.is_encoded = true);
    }
}
