//! `TYPE A`: on the way, every line of a text ends with CR LF, whatever ends it on this machine
//! (RFC 959 section 3.1.1.1).

/// Text as it goes over the network. A line may end with CR LF already. `has_cr` says that a CR
/// came before this part.
pub(super) fn to_network(part: &[u8], has_cr: &mut bool) -> Vec<u8> {
    let mut text = Vec::new();
    for &byte in part {
        if byte == b'\n' && !*has_cr {
            text.push(b'\r');
        }
        *has_cr = byte == b'\r';
        text.push(byte);
    }
    text
}

/// Text as it is kept: each CR LF becomes a line end. `has_cr` says that a CR came before this
/// part, and was held back: if an LF follows, the two belong together.
pub(super) fn from_network(part: &[u8], has_cr: &mut bool) -> Vec<u8> {
    let mut text = Vec::new();
    for &byte in part {
        if *has_cr && byte != b'\n' {
            text.push(b'\r');
        }
        *has_cr = byte == b'\r';
        if !*has_cr {
            text.push(byte);
        }
    }
    text
}
