//! Lines, whatever ends them.

use std::borrow::Cow;
use std::iter;

/// Each line without its end, and how many bytes it has with its end, which may be CR LF, LF, CR CR
/// LF (some gateways make that) or CR.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = (&[u8], usize)> {
    let mut rest = bytes;
    iter::from_fn(move || {
        let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let end = rest.iter().position(is_end).unwrap_or(rest.len());
        let (line, behind) = rest.split_at(end);
        let returns = behind.iter().take(8).take_while(|byte| **byte == b'\r').count();
        let length = match behind.get(returns) {
            Some(b'\n') => end + returns + 1,
            _ => end + returns.min(1),
        };
        rest = &rest[length..];
        (length > 0).then_some((line, length))
    })
}

/// The same lines, each of which ends in CR LF.
pub fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    for (line, length) in lines(bytes) {
        text.extend(line);
        if length > line.len() {
            text.extend(b"\r\n");
        }
    }
    text
}

/// The message, without the second CR of each CR CR LF if its first line ends so: then a gateway
/// has done that to all of them.
pub fn without_double_cr(message: &[u8]) -> Cow<'_, [u8]> {
    let first = lines(message).next().map_or(0, |(_, length)| length);
    if message[..first].ends_with(b"\r\r\n") {
        return with_crlf(message).into();
    }
    message.into()
}
