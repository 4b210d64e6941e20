//! Logs and transcripts for tests, as events.

/// A line of a program's log: the seconds, the kind, the peer and, where some were sent or
/// received, the bytes: `0.002 received 127.0.0.1:7007 Hello`.
pub fn logged(line: &str) -> String {
    let mut words = line.splitn(4, ' ');
    let mut next = || words.next().unwrap_or_default();
    let seconds = next();
    let kind = next();
    let peer = next();
    let bytes = next();
    let bytes = matches!(kind, "sent" | "received").then_some(bytes);
    event(seconds, None, kind, peer, bytes, kind)
}

/// A line of the practice servers' transcript: `qq-smtp < EHLO student`. What came is `<`, what
/// went is `>`, both twice for a part of a message or a file, and without words for the end of one;
/// `+` is a client that connects, as `*` says on its own side, `x` the end of a connection, and `|`
/// is anything else. The client's port is 9, or stands behind the service: `sina-smtp:7 +`.
pub fn told(line: &str) -> String {
    let (service, told) = line.split_once(' ').unwrap_or((line, ""));
    let (service, port) = service.split_once(':').unwrap_or((service, "9"));
    let (mark, words) = told.split_once(' ').unwrap_or((told, ""));
    let kind = match mark {
        "<" | "<<" => "received",
        ">" | ">>" => "sent",
        "+" => "accepted",
        "*" => "connected",
        "x" => "closed",
        _ => "said",
    };
    let detail = if mark.len() == 2 { "\u{1}" } else { "" };
    let bytes = Some(words).filter(|words| !words.is_empty() && mark.starts_with(['<', '>']));
    let peer = format!("127.0.0.1:{port}");
    detail.to_string() + &event("0.0", Some(service), kind, &peer, bytes, words)
}

fn event(
    seconds: &str,
    service: Option<&str>,
    kind: &str,
    peer: &str,
    bytes: Option<&str>,
    text: &str,
) -> String {
    let service = service.map_or(String::new(), |service| format!(r#""service":"{service}","#));
    let hex = |bytes: &str| bytes.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let bytes = bytes.map_or(String::new(), |bytes| format!(r#""bytes":"{}","#, hex(bytes)));
    let text = text.replace(char::is_control, " ");
    format!(
        r#"{{"seconds":{seconds},"program":"a-program",{service}"kind":"{kind}","file":"a-program/src/main.rs","line":7,"peer":"{peer}",{bytes}"text":"{text}"}}"#
    )
}
