//! In which charset bytes are. A mail names the charset of each text that is in it, but often
//! wrongly, or by a name that few know, or not at all: so the bytes themselves have a say, too.

use charset::Charset;
use encoding_rs::{GB18030, UTF_8, WINDOWS_1252};

/// An HTML page names its charset within this many bytes.
const PAGE_HEAD: usize = 4096;

/// Whatever has one of these in its name is the charset beside it: GB2312 and GBK are part of
/// GB18030, and the numbers are Windows' code pages, behind cp, ms or windows.
const ALIASES: [(&str, &str); 9] = [
    ("gb", "gb18030"),
    ("936", "gb18030"),
    ("euc-cn", "gb18030"),
    ("euccn", "gb18030"),
    ("big5", "big5"),
    ("950", "big5"),
    ("932", "shift_jis"),
    ("949", "euc-kr"),
    ("2022-jp", "iso-2022-jp"),
];

/// Decodes `bytes`, which the sender says are in the charset `label`.
pub fn decode(bytes: &[u8], label: &str) -> String {
    of_text(bytes, label).decode_without_bom_handling(bytes).0.into()
}

/// The charset of `bytes`, which the sender says is `label`; an empty label says nothing.
///
/// They are taken for UTF-8 if they can hardly be anything else, then for what the sender says if
/// they make sense so, then for GB18030, in which old Chinese mails are that say nothing, and last
/// for the charset of Western Europe.
pub fn of_text(bytes: &[u8], label: &str) -> Charset {
    // A byte order mark leaves no doubt.
    if let Some((charset, _)) = Charset::for_bom(bytes) {
        return charset;
    }
    let utf8 = Charset::for_encoding(UTF_8);
    let claimed = find(label);
    let text = String::from_utf8_lossy(bytes);
    let is_valid = str::from_utf8(bytes).is_ok();
    if is_valid && claimed == Some(utf8) {
        return utf8;
    }
    // Two bytes of UTF-8 may just as well be a character of GBK; three bytes, or many times two,
    // may not. In a charset of single bytes, hardly any text looks like UTF-8.
    let is_wide = |character: char| character >= '\u{800}' && character != '\u{fffd}';
    let is_certain = text.chars().any(is_wide) || text.chars().filter(is_strange).count() > 7;
    let decoded = |charset: &Charset| charset.decode_without_bom_handling(bytes).0;
    let is_single = |charset| decoded(&charset).chars().count() == bytes.len();
    let is_likely = is_certain || claimed.is_none_or(is_single);
    if (is_valid && is_likely) || (is_certain && makes_sense(&text)) {
        return utf8;
    }
    let guessed = Charset::for_encoding(GB18030);
    let candidates = [claimed.unwrap_or(guessed), guessed, utf8];
    let best = candidates.into_iter().find(|charset| makes_sense(&decoded(charset)));
    best.or(claimed).unwrap_or(Charset::for_encoding(WINDOWS_1252))
}

/// Whether most of what is not ASCII could be decoded. At the end, a character may have been cut.
fn makes_sense(text: &str) -> bool {
    let text = text.strip_suffix('\u{fffd}').unwrap_or(text);
    let errors = text.chars().filter(|character| *character == '\u{fffd}').count();
    errors * 10 <= text.chars().filter(is_strange).count()
}

fn is_strange(character: &char) -> bool {
    !character.is_ascii()
}

/// Whether `label` says anything about the bytes.
pub fn is_known(label: &str) -> bool {
    find(label).is_some()
}

/// The charset of this name. ASCII is none: what is sent so by mistake may be in any other.
fn find(label: &str) -> Option<Charset> {
    let label = label.trim_matches(|character: char| !character.is_ascii_alphanumeric());
    let label = label.to_ascii_lowercase();
    if ["ascii", "ansi_x3", "hz-"].iter().any(|name| label.contains(name)) {
        return None;
    }
    let alias = ALIASES.iter().find(|(part, _)| label.contains(part));
    let name = alias.map_or(label.as_str(), |(_, name)| name);
    Charset::for_label_no_replacement(name.as_bytes())
}

/// The charset that an HTML page names itself, in a `meta` of its head, or an empty text.
pub fn named_by_page(page: &[u8]) -> String {
    let head = &page[..page.len().min(PAGE_HEAD)];
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    for tag in head.split("<meta").skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        let label = tag.split_once("charset").map(|(_, label)| label.trim_start());
        if let Some(label) = label.and_then(|label| label.strip_prefix('=')) {
            let label = label.trim_start_matches([' ', '"', '\'']);
            let ends =
                |character: char| !character.is_ascii_alphanumeric() && !"-_.:".contains(character);
            let label = label.split(ends).next().unwrap_or_default();
            // A page whose head can be read like this is not in UTF-16, whatever it says.
            return if label.starts_with("utf-16") { String::new() } else { label.into() };
        }
    }
    String::new()
}
