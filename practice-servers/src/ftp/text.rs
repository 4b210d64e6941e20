//! `TYPE A`: on the way, every line of a text ends with CR LF, whatever ends it on this machine
//! (RFC 959 section 3.1.1.1).

/// Text as it goes over the network.
pub(super) fn to_network(part: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for &byte in part {
        if byte == b'\n' {
            text.push(b'\r');
        }
        text.push(byte);
    }
    text
}

/// Text as it is kept: each CR LF becomes a line end. `held` says that a CR came before this part:
/// if an LF follows, the two belong together.
pub(super) fn from_network(part: &[u8], held: &mut bool) -> Vec<u8> {
    let mut text = Vec::new();
    for &byte in part {
        if *held && byte != b'\n' {
            text.push(b'\r');
        }
        *held = byte == b'\r';
        if !*held {
            text.push(byte);
        }
    }
    text
}
