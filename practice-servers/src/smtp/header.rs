//! The header of a message on its way: what the servers before this one have written into it.

use std::mem;

use crate::smtp::path;

/// Reads a message as it comes, in parts.
#[derive(Default)]
pub(crate) struct Header {
    /// The beginning of a line, until it is clear which field it is.
    start: Vec<u8>,
    /// Whether the line is known, and the rest of it just follows.
    is_known: bool,
    /// Whether the field is left out.
    is_dropped: bool,
    /// Whether a field has come that no server adds.
    is_below_top: bool,
    /// Whether the empty line has come that ends the header.
    is_over: bool,
    /// The text of the `From` field, as far as it is needed.
    from: String,
    /// Whether the line belongs to the `From` field.
    is_from: bool,
    /// How many servers the mail has passed, by its `Received` fields.
    pub(crate) hops: usize,
    /// How many bytes of the header servers on this way have added at its top.
    pub(crate) traces: u64,
}

/// At most this many bytes of `From` are looked at, and perhaps a line more.
const FROM: usize = 10_000;

/// More bytes than the names of the fields that are looked for.
const NAME: usize = 20;

impl Header {
    /// Adds to `kept` what stays of the next part: all but `Return-Path`, which the last office alone
    /// writes (RFC 5321 section 4.4). The parts have CR LF at the end of every line.
    pub(crate) fn take(&mut self, part: &[u8], kept: &mut Vec<u8>) {
        let mut rest = part;
        while !self.is_over && !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            let (piece, behind) = rest.split_at(end);
            rest = behind;
            self.start.extend_from_slice(piece);
            let is_line = piece.ends_with(b"\n");
            if !self.is_known && !is_line && self.start.len() < NAME {
                continue;
            }
            if !self.is_known {
                self.begin_line();
            }
            let piece = mem::take(&mut self.start);
            if self.is_from && self.from.len() < FROM {
                self.from += &String::from_utf8_lossy(&piece);
            }
            if !self.is_dropped {
                kept.extend_from_slice(&piece);
                self.traces += if self.is_below_top { 0 } else { piece.len() as u64 };
            }
            self.is_known = !is_line;
        }
        kept.extend_from_slice(rest);
    }

    /// Whether the mail says, in an address, who has written it (RFC 5322 section 3.6.2).
    pub(crate) fn has_author(&self) -> bool {
        let (_, authors) = self.from.split_once(':').unwrap_or_default();
        let address = match authors.rsplit_once('<') {
            Some((_, address)) => address.split('>').next().unwrap_or_default(),
            None => authors.split(['(', ',']).next().unwrap_or_default().trim(),
        };
        path::parse_address(address).is_some()
    }

    /// Finds out which field begins with the line whose start has come. A field goes on in lines that
    /// begin with a blank or a tab.
    fn begin_line(&mut self) {
        let line = &self.start[..];
        if line == b"\r\n" {
            self.is_over = true;
            self.is_dropped = false;
            self.is_from = false;
            self.is_below_top = true;
        } else if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
            let is = |field: &str| name.trim_ascii().eq_ignore_ascii_case(field.as_bytes());
            self.is_dropped = is("Return-Path") && line.contains(&b':');
            self.is_from = is("From");
            self.hops += usize::from(is("Received"));
            self.is_below_top |= !self.is_dropped && !is("Received");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn return_path_goes_and_traces_are_counted() {
        let text = "Return-Path: <x>\r\n\tmore\r\nReceived: a\r\n\tb\r\nReturn-path : y\r\n\
                    received: c\r\nX: y\r\nReturn-Path:\r\nReceived: d\r\n\r\nReturn-Path: z\r\n";
        let stays = "Received: a\r\n\tb\r\nreceived: c\r\nX: y\r\nReceived: d\r\n\r\n\
                     Return-Path: z\r\n";
        for piece in [1, 2, 3, 7, 19, 1_000] {
            let mut header = Header::default();
            let mut kept = Vec::new();
            for part in text.as_bytes().chunks(piece) {
                header.take(part, &mut kept);
            }
            assert_eq!(String::from_utf8(kept).unwrap(), stays);
            assert_eq!((header.hops, header.traces), (3, 30));
        }
    }
}
