//! Transcripts for tests.

/// A line of the practice servers' transcript as an event: `qq-smtp < EHLO student`. What came is
/// `<`, what went is `>`, both twice for a part of a message or a file, and without words for the
/// end of one; `+` is a client that connects, `x` the end of a connection, and `|` is anything else.
pub fn told(line: &str) -> String {
    let (service, told) = line.split_once(' ').unwrap_or((line, ""));
    let (mark, words) = told.split_once(' ').unwrap_or((told, ""));
    let kind = match mark {
        "<" | "<<" => "received",
        ">" | ">>" => "sent",
        "+" => "accepted",
        "x" => "closed",
        _ => "said",
    };
    let detail = if mark.len() == 2 { "\u{1}" } else { "" };
    let mut bytes = String::new();
    if !words.is_empty() && mark.starts_with(['<', '>']) {
        let hex: String = words.bytes().map(|byte| format!("{byte:02x}")).collect();
        bytes = format!(r#""bytes":"{hex}","#);
    }
    let text = words.escape_default();
    format!(
        r#"{detail}{{"seconds":0.0,"program":"practice-servers","service":"{service}","kind":"{kind}","file":"","line":1,"peer":"127.0.0.1:9",{bytes}"text":"{text}"}}"#
    )
}
