//! The fields of a header, and where it ends.

use std::collections::BTreeSet;

use crate::charsets;
use crate::lines::lines;

/// A header is looked for in at most this many bytes. No header that was mended is larger.
const MAX_HEADER: usize = 8 * 1024 * 1024;
/// Fields that are in many headers and in few texts.
const KNOWN: &str = "from to cc bcc subject date sender received message-id in-reply-to \
                     references mime-version reply-to return-path importance user-agent \
                     content- list- resent- thread- dkim- arc- delivered- auto- x-";
/// Those of them that a header has once; the first counts (RFC 5322 section 3.6).
const ONCE: &str = "from to cc bcc subject date sender message-id in-reply-to references \
                    mime-version reply-to content-";

/// A field of a header, in one line.
pub struct Field {
    pub name: String,
    pub value: String,
}

/// The header of a mail or a part.
pub struct Header {
    pub fields: Vec<Field>,
    /// How many bytes it takes, with the empty line behind it.
    pub length: usize,
}

impl Header {
    /// Reads the header with which `bytes` begin.
    ///
    /// A line that is no field is left out, with the lines that continue it. But if no field that
    /// is known follows, an empty line is missing before it, and the body has begun.
    pub fn read(bytes: &[u8]) -> Self {
        let lines = unfolded(bytes);
        // A name that is there a second time may be in a mail that the body quotes.
        let mut names = BTreeSet::new();
        let is_new = |line: &Line| {
            let name = name_and_value(&line.text).map(|(name, _)| name.to_ascii_lowercase());
            name.is_some_and(|name| is_one_of(KNOWN, &name) && names.insert(name))
        };
        let are_new: Vec<_> = lines.iter().map(is_new).collect();
        let after_known = are_new.iter().rposition(|is_new| *is_new).map_or(0, |last| last + 1);

        let mut header = Header { fields: Vec::new(), length: 0 };
        for (number, line) in lines.iter().enumerate() {
            let text = &line.text;
            if let Some((name, value)) = name_and_value(text) {
                if are_new[number] || !is_one_of(ONCE, &name.to_ascii_lowercase()) {
                    let name = String::from_utf8_lossy(name).into();
                    let value = charsets::decode(value.trim_ascii(), "").trim().into();
                    header.fields.push(Field { name, value });
                }
            } else if text.starts_with(b"--")
                || (number >= after_known && !text.is_empty() && !is_folded(text))
            {
                break;
            }
            header.length += line.length;
        }
        header
    }

    /// The value of the first field of this name.
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let field = fields.find(|field| field.name.eq_ignore_ascii_case(name));
        field.map(|field| field.value.as_str())
    }
}

/// A line of a header, with the lines that continue it.
struct Line {
    text: Vec<u8>,
    /// How many bytes they take.
    length: usize,
}

/// The lines up to the first that is empty.
fn unfolded(bytes: &[u8]) -> Vec<Line> {
    let mut unfolded = Vec::<Line>::new();
    let mut total = 0;
    for (line, length) in lines(bytes) {
        let line = &line[..line.len().min(MAX_HEADER)];
        match unfolded.last_mut() {
            Some(begun) if is_folded(line) => {
                begun.text.push(b' ');
                begun.text.extend(line.trim_ascii());
                begun.length += length;
            }
            _ => unfolded.push(Line { text: line.into(), length }),
        }
        total += length;
        if line.is_empty() || total > MAX_HEADER {
            break;
        }
    }
    unfolded
}

fn is_folded(line: &[u8]) -> bool {
    line.starts_with(b" ") || line.starts_with(b"\t")
}

/// The name and the value of a field, if the line is one (RFC 5322 section 2.2); old ones have
/// blanks before the colon (section 4.5).
fn name_and_value(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = line[..colon].trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    is_name.then_some((name, &line[colon + 1..]))
}

/// Whether a name in lower case is one of these names, which blanks divide. One that ends with a
/// hyphen stands for all that begin so.
fn is_one_of(names: &str, name: &[u8]) -> bool {
    let mut names = names.split(' ').map(str::as_bytes);
    names.any(|known| name == known || (known.ends_with(b"-") && name.starts_with(known)))
}
