//! The header of a message on its way: what the servers before this one have written into it.

use std::mem;

use crate::smtp::path;

/// A line is held until it is whole or has more bytes than this. When `From` has as many, no more
/// of it is looked at.
const LINE: usize = 10_000;

/// Reads a message as it comes, in parts.
#[derive(Default)]
pub(crate) struct Header {
    /// What has come of a line.
    line: Vec<u8>,
    /// Whether the line is longer, and this is not its beginning.
    is_within: bool,
    /// The name of the field to which the line belongs, in small letters.
    field: String,
    /// Whether a field has come that no server adds.
    is_below_top: bool,
    /// Whether the empty line has come that ends the header.
    is_over: bool,
    /// The text of the `From` field, as far as it is needed.
    from: String,
    /// How many servers the mail has passed, by its `Received` fields.
    pub(crate) hops: usize,
    /// How many bytes of the header servers on this way have added at its top.
    pub(crate) traces: u64,
}

impl Header {
    /// Adds to `kept` what stays of the next part: all but `Return-Path`, which the last office
    /// alone writes (RFC 5321 section 4.4). The parts have CR LF at the end of every line.
    pub(crate) fn take(&mut self, part: &[u8], kept: &mut Vec<u8>) {
        let mut rest = part;
        while !self.is_over && !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            let (piece, behind) = rest.split_at(end);
            rest = behind;
            self.line.extend_from_slice(piece);
            let is_whole = piece.ends_with(b"\n");
            if is_whole || self.line.len() > LINE {
                let line = mem::take(&mut self.line);
                self.read(&line);
                if self.field != "return-path" {
                    kept.extend_from_slice(&line);
                }
                self.is_within = !is_whole;
            }
        }
        kept.extend_from_slice(rest);
    }

    /// Reads a line, or more of it. A field goes on in lines that begin with a blank or a tab.
    fn read(&mut self, line: &[u8]) {
        if !self.is_within && !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let (name, _) = line.split_at(memchr::memchr(b':', line).unwrap_or(0));
            self.field = String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase();
            self.is_over |= line == b"\r\n";
            self.hops += usize::from(self.field == "received");
            self.is_below_top |= self.field != "received" && self.field != "return-path";
        }
        if self.field == "from" && self.from.len() < LINE {
            self.from += &String::from_utf8_lossy(line);
        }
        if self.field == "received" && !self.is_below_top {
            self.traces += line.len() as u64;
        }
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

    #[test]
    fn what_stands_behind_a_long_line_belongs_to_the_header() {
        let long = "Received: ".repeat(10_000);
        let text = format!("To: {long}\r\nFrom: a@b.example\r\nReturn-Path: x\r\n");
        let mut header = Header::default();
        let mut kept = Vec::new();
        for part in text.as_bytes().chunks(4_096) {
            header.take(part, &mut kept);
        }
        assert!(header.has_author());
        assert_eq!((header.hops, kept.len()), (0, text.len() - "Return-Path: x\r\n".len()));
    }
}
