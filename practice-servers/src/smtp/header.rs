//! The header of a message on its way: what its sender and the servers before this one have written.

use crate::smtp::path;

/// So many bytes of a message are looked at. No header is longer.
pub(super) const LONGEST: usize = 1 << 18;

/// What the header of a message says.
#[derive(Debug, PartialEq)]
pub(super) struct Header {
    /// How many servers the message has passed, by its `Received` fields.
    pub(super) hops: usize,
    /// How many bytes these servers have added at its top.
    pub(super) traces: usize,
    /// Whether it says, in an address, who has written it (RFC 5322 section 3.6.2).
    pub(super) has_author: bool,
}

impl Header {
    /// Reads the beginning of a message, in which every line ends with CR LF.
    pub(super) fn read(message: &[u8]) -> Self {
        let text = String::from_utf8_lossy(message);
        let mut fields: Vec<String> = Vec::new();
        for line in text.split_inclusive('\n').take_while(|line| *line != "\r\n") {
            match fields.last_mut() {
                // A field goes on in lines that begin with a blank or a tab.
                Some(field) if line.starts_with([' ', '\t']) => *field += line,
                _ => fields.push(line.into()),
            }
        }
        let is = |field: &str, name: &str| {
            let is = field.split(':').next().unwrap_or_default();
            is.trim_ascii_end().eq_ignore_ascii_case(name)
        };
        let traces = fields.iter().take_while(|field| is(field, "Received"));
        let author = fields.iter().find(|field| is(field, "From"));
        Header {
            traces: traces.map(String::len).sum(),
            hops: fields.iter().filter(|field| is(field, "Received")).count(),
            has_author: author.is_some_and(|field| has_address(field)),
        }
    }
}

/// Whether there is an address in the field.
fn has_address(field: &str) -> bool {
    let (_, authors) = field.split_once(':').unwrap_or_default();
    let address = match authors.rsplit_once('<') {
        Some((_, address)) => address.split('>').next().unwrap_or_default(),
        None => authors.split(['(', ',']).next().unwrap_or_default().trim(),
    };
    path::is_address(address)
}

#[cfg(test)]
mod tests {
    use super::Header;

    #[test]
    fn hops_traces_and_author() {
        let message = b"Received: a\r\n\tb\r\nreceived : c\r\nX: y\r\nReceived: d\r\n\
                        From: \"A, b\"\r\n <a@b.example>\r\n\r\nReceived: e\r\n";
        let header = Header { hops: 3, traces: 31, has_author: true };
        assert_eq!(Header::read(message), header);
        let nothing = Header { hops: 0, traces: 0, has_author: false };
        assert_eq!(Header::read(b"\r\nFrom: a@b.example\r\n"), nothing);
        assert_eq!(Header::read(b" \r\n\r\n"), nothing);
    }
}
