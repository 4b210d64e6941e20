//! A mail as its reader sees it, and what it is made of.

use askama::Template;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use mailparse::{DispositionType, MailHeaderMap, ParsedMail};

use crate::html::say;

/// Headers that a mail program shows.
const SHOWN: [&str; 6] = ["From", "To", "Cc", "Bcc", "Reply-To", "Date"];

/// A mail, taken apart.
#[derive(Template)]
#[template(path = "mail.html")]
pub struct Mail {
    /// Unique on the page.
    pub id: String,
    /// Its subject.
    pub subject: String,
    /// The headers that its reader sees, and what they say.
    pub headers: Vec<(&'static str, String)>,
    /// Its HTML, if it has any.
    pub html: Option<String>,
    /// Its text, if it has any.
    pub text: Option<String>,
    /// All parts, each before those in it.
    pub parts: Vec<Part>,
    /// The mail as it travels.
    pub raw: Vec<Stretch>,
    /// Its size in bytes.
    pub size: usize,
}

/// A node of the tree of parts.
pub struct Part {
    /// How deep it lies; the mail itself lies at 0.
    pub depth: usize,
    /// Its type, such as `text/plain`.
    pub kind: String,
    /// Its size in bytes, decoded.
    pub size: usize,
    /// Its charset, its transfer encoding, the name of its file: what there is.
    pub about: Vec<String>,
    /// The name, if it is a file that came with the mail.
    pub file: Option<String>,
    /// The picture as a `data:` URL, if the file is one.
    pub picture: Option<String>,
}

/// A stretch of the raw mail that belongs to one part.
pub struct Stretch {
    /// The part, by its place in [`Mail::parts`].
    pub part: usize,
    /// `field` for a field of a header, with the lines that continue it; `hop` for one that an MTA
    /// or MDA wrote on the way; `bd` for what stands between two parts; `content`.
    pub what: &'static str,
    /// The text.
    pub text: String,
}

/// Takes a mail apart; what cannot be understood is shown raw. `id` is unique on the page.
pub fn read(raw: &str, id: String) -> Option<Mail> {
    let parsed = mailparse::parse_mail(raw.as_bytes()).ok()?;
    let headers = &parsed.headers;
    let header = |name: &'static str| Some((name, headers.get_first_value(name)?));
    let mut mail = Mail {
        id,
        subject: headers.get_first_value("Subject").unwrap_or_default(),
        headers: SHOWN.into_iter().filter_map(header).collect(),
        html: None,
        text: None,
        parts: Vec::new(),
        raw: Vec::new(),
        size: raw.len(),
    };
    mail.add(raw, &parsed, 0);
    Some(mail)
}

impl Mail {
    /// Adds a part and those in it.
    fn add(&mut self, raw: &str, parsed: &ParsedMail, depth: usize) {
        let number = self.parts.len();
        let header = parsed.get_headers().get_raw_bytes().len();
        let disposition = parsed.get_content_disposition();
        let kind = parsed.ctype.mimetype.clone();
        let content = parsed.get_body_raw().unwrap_or_default();
        let name = disposition.params.get("filename").or(parsed.ctype.params.get("name")).cloned();
        let encoding = parsed.headers.get_first_value("Content-Transfer-Encoding");
        let charset = Some(parsed.ctype.charset.clone()).filter(|_| kind.starts_with("text/"));
        let about = [charset, encoding, name.clone()].into_iter().flatten().collect();
        // A container has no content of its own: what lies in it, as it travels.
        let size = if parsed.subparts.is_empty() {
            content.len()
        } else {
            parsed.raw_bytes.len() - header
        };
        let is_file = disposition.disposition == DispositionType::Attachment || name.is_some();
        let text = || parsed.get_body().unwrap_or_default().replace("\r\n", "\n");
        match kind.as_str() {
            _ if is_file => {}
            "text/html" if self.html.is_none() => self.html = Some(text()),
            "text/plain" if self.text.is_none() => self.text = Some(text()),
            _ => {}
        }
        let file = is_file.then(|| name.unwrap_or_default());
        let picture = picture(&content).filter(|_| is_file);
        self.parts.push(Part { depth, kind, size, about, file, picture });

        let mut at = offset(raw, parsed.raw_bytes);
        let end = at + parsed.raw_bytes.len();
        let content_begins = at + header;
        let starts = parsed.headers.iter().map(|field| offset(raw, field.get_key_raw()));
        for (field, end) in parsed.headers.iter().zip(starts.skip(1).chain([content_begins])) {
            let is_trace = ["Received", "Return-Path"].contains(&field.get_key().as_str());
            self.stretch(number, if is_trace { "hop" } else { "field" }, &raw[at..end]);
            at = end;
        }
        for part in &parsed.subparts {
            let begin = offset(raw, part.raw_bytes);
            self.stretch(number, "bd", &raw[at..begin]);
            self.add(raw, part, depth + 1);
            at = begin + part.raw_bytes.len();
        }
        let rest = if parsed.subparts.is_empty() { "content" } else { "bd" };
        self.stretch(number, rest, &raw[at..end]);
    }

    fn stretch(&mut self, part: usize, what: &'static str, text: &str) {
        if !text.is_empty() {
            self.raw.push(Stretch { part, what, text: text.replace("\r\n", "\n") });
        }
    }
}

/// Where in the mail this piece of it begins.
fn offset(raw: &str, piece: &[u8]) -> usize {
    piece.as_ptr().addr() - raw.as_ptr().addr()
}

/// A picture that every browser can show, by its first bytes: mails often do not name its type.
fn picture(content: &[u8]) -> Option<String> {
    let kind = match content {
        [0x89, b'P', b'N', b'G', ..] => "png",
        [0xff, 0xd8, 0xff, ..] => "jpeg",
        [b'G', b'I', b'F', b'8', ..] => "gif",
        _ => return None,
    };
    Some(format!("data:image/{kind};base64,{}", BASE64_STANDARD.encode(content)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "Received: from a\r\n\tby b\r\nFrom: =?utf-8?b?546L?= <laoshi@qq.example>\r\n\
        Subject: Two\r\n parts\r\nContent-Type: multipart/mixed; boundary=\"x\"\r\n\r\n--x\r\n\
        Content-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n--x\r\n\
        Content-Disposition: attachment; filename=\"a.png\"\r\n\
        Content-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n--x--\r\n";

    #[test]
    fn a_mail_as_its_reader_sees_it_and_its_parts_with_their_raw_text() {
        let mail = read(MAIL, "m".into()).unwrap();
        assert_eq!(mail.subject, "Two parts");
        assert_eq!(mail.headers, [("From", "王 <laoshi@qq.example>".into())]);
        assert_eq!(mail.text.as_deref().map(str::trim), Some("Hello"));
        assert_eq!(mail.html, None);
        let files: Vec<_> = mail.parts.iter().filter(|part| part.file.is_some()).collect();
        assert_eq!((files[0].file.as_deref(), files[0].size), (Some("a.png"), 4));
        assert_eq!(files[0].picture.as_deref(), Some("data:image/png;base64,iVBORw=="));

        let parts: Vec<_> =
            mail.parts.iter().map(|part| (part.depth, part.kind.as_str())).collect();
        assert_eq!(parts, [(0, "multipart/mixed"), (1, "text/plain"), (1, "text/plain")]);
        assert_eq!(mail.parts[1].about, ["utf-8"]);
        let whole: String = mail.raw.iter().map(|stretch| stretch.text.as_str()).collect();
        assert_eq!(whole, MAIL.replace("\r\n", "\n"));
        assert_eq!(mail.raw[0].what, "hop");
        assert_eq!(mail.raw[0].text, "Received: from a\n\tby b\n");
        let owners: Vec<_> = mail.raw.iter().filter(|one| one.what == "content").collect();
        assert_eq!((owners[0].part, owners[1].part), (1, 2));
    }

    #[test]
    fn broken_mails_are_shown_all_the_same() {
        for raw in ["", "\r\n", "no header at all", "Content-Type: multipart/mixed\r\n\r\nx"] {
            let mail = read(raw, "m".into());
            assert!(mail.is_none_or(|mail| mail.size == raw.len()));
        }
    }
}
