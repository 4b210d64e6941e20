//! Puts the lines of a play into the order of cause and effect.
//!
//! A program logs that it has sent something after it has sent it, and each program writes into a
//! pipe of its own. So the other side's line about receiving it may come first.

use crate::recording::{Line, Voice};

/// Moves the lines so that nothing is received before it is sent. The lines of each program keep
/// their order, and so do those of the practice servers; whatever else can be said first is what
/// came first.
pub fn cause_first(lines: Vec<Line>) -> Vec<Line> {
    let causes = causes(&lines);
    let mut is_out = vec![false; lines.len()];
    let mut waiting: Vec<usize> = (0..lines.len()).collect();
    let mut order = Vec::new();
    while !waiting.is_empty() {
        let next = waiting.remove(first_ready(&waiting, &lines, &causes, &is_out));
        is_out[next] = true;
        order.push(next);
    }
    let mut lines: Vec<_> = lines.into_iter().map(Some).collect();
    order.into_iter().filter_map(|index| lines[index].take()).collect()
}

/// The place in `waiting` of the first line whose cause is out, and behind no line of the same
/// writer.
fn first_ready(
    waiting: &[usize],
    lines: &[Line],
    causes: &[Option<usize>],
    is_out: &[bool],
) -> usize {
    let mut held = Vec::new();
    for (place, &index) in waiting.iter().enumerate() {
        let writer = (lines[index].program, lines[index].voice == Voice::Practice);
        if held.contains(&writer) {
            continue;
        }
        if causes[index].is_none_or(|cause| is_out[cause]) {
            return place;
        }
        held.push(writer);
    }
    0
}

/// What a line says of a message.
#[derive(Clone, Copy, PartialEq)]
struct Told<'a> {
    /// Whether it was sent; else it was received.
    is_sent: bool,
    /// Whether the server sends it to the client; else it goes the other way.
    is_from_server: bool,
    /// The program that talks to the practice servers; none if the server is a lesson.
    client: Option<usize>,
    /// The message itself, or its length in bytes.
    message: &'a str,
}

/// For each line that says that something was received, the line that says that it was sent. Of
/// messages that look the same, the third that was received is the third that was sent.
fn causes(lines: &[Line]) -> Vec<Option<usize>> {
    let is_listening = |line: &&Line| line.event().starts_with("listening on ");
    let server = lines.iter().find(is_listening).map(|line| line.program);
    let told: Vec<_> = lines.iter().map(|line| told(line, server)).collect();
    let places = |wanted: Told| -> Vec<usize> {
        (0..lines.len()).filter(|&index| told[index] == Some(wanted)).collect()
    };
    let cause = |index: usize| {
        let received = told[index].filter(|told| !told.is_sent)?;
        let count = places(received).iter().position(|&place| place == index)?;
        places(Told { is_sent: true, ..received }).get(count).copied()
    };
    (0..lines.len()).map(cause).collect()
}

fn told(line: &Line, server: Option<usize>) -> Option<Told<'_>> {
    let client = server.is_none().then_some(line.program);
    let is_server = server == Some(line.program);
    let sent = |is_from_server, message| Told { is_sent: true, is_from_server, client, message };
    let received =
        |is_from_server, message| Told { is_sent: false, ..sent(is_from_server, message) };
    match line.voice {
        Voice::Result => None,
        Voice::Practice => {
            let (_, told) = line.text.split_at(line.text.find(['<', '>', '|'])?);
            // The servers tell a reply before they send it, and a message after that.
            match told.strip_prefix("| message of ") {
                Some(length) => Some(sent(true, length.strip_suffix(" bytes")?)),
                None => Some(received(false, told.strip_prefix("< ")?)),
            }
        }
        Voice::Log => match line.event().split_once(' ')? {
            ("sent", what) => {
                let length = what.split_once(" bytes to ").map(|(length, _)| length);
                Some(sent(is_server, length.unwrap_or(what)))
            }
            ("received", what) => Some(received(!is_server, what.split_once(" bytes from ")?.0)),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The lines `given`, each with its program, in their right order.
    fn ordered(given: &[(usize, Voice, &str)]) -> Vec<String> {
        let line = |(program, voice, text): &(usize, Voice, &str)| Line {
            at: Duration::ZERO,
            program: *program,
            voice: *voice,
            text: text.to_string(),
        };
        let lines = cause_first(given.iter().map(line).collect());
        lines.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn an_answer_never_stands_before_its_question() {
        let shown = ordered(&[
            (0, Voice::Log, "0.000 lesson03-udp-loop: listening on 127.0.0.1:7007"),
            (0, Voice::Log, "0.001 lesson03-udp-loop: received 5 bytes from 127.0.0.1:9"),
            (1, Voice::Log, "0.001 lesson02-udp-client: sent 5 bytes to 127.0.0.1:7007"),
            (1, Voice::Log, "0.001 lesson02-udp-client: received 5 bytes from 127.0.0.1:7007"),
            (1, Voice::Result, "hello"),
            (
                0,
                Voice::Log,
                "0.001 lesson03-udp-loop: sent 5 bytes to 127.0.0.1:9: \"hello\" (x.rs:1)",
            ),
        ]);
        let events = shown.iter().map(|text| text.split_once(": ").map_or("hello", |(_, end)| end));
        let verbs: Vec<_> = events.filter_map(|event| event.split(' ').next()).collect();
        assert_eq!(verbs, ["listening", "sent", "received", "sent", "received", "hello"]);
        assert!(shown[3].contains("lesson03"), "{shown:?}");
    }

    #[test]
    fn equal_messages_are_counted() {
        let shown = ordered(&[
            (0, Voice::Log, "0.000 s: listening on 127.0.0.1:7007"),
            (1, Voice::Log, "0.000 c: sent 5 bytes to 127.0.0.1:7007"),
            (0, Voice::Log, "0.001 s: received 5 bytes from 127.0.0.1:8"),
            (0, Voice::Log, "0.001 s: received 5 bytes from 127.0.0.1:9"),
            (2, Voice::Log, "0.000 d: sent 5 bytes to 127.0.0.1:7007"),
        ]);
        assert!(shown[3].contains(" d: sent"), "{shown:?}");
        assert!(shown[4].ends_with(":9"), "{shown:?}");
    }

    #[test]
    fn a_command_is_sent_before_the_server_has_it() {
        let (log, practice) = (Voice::Log, Voice::Practice);
        let shown = ordered(&[
            (0, practice, "qq smtp #1 < QUIT"),
            (1, practice, "sina pop3 #2 < QUIT"),
            (1, practice, "sina pop3 #2 > +OK"),
            (1, log, "0.001 lesson13-pop3-mail: sent QUIT (lesson13-pop3-mail/src/pop3.rs:118)"),
            (1, log, "0.001 lesson13-pop3-mail: received +OK"),
        ]);
        let starts: Vec<_> = shown.iter().map(|text| &text[..7]).collect();
        assert_eq!(starts, ["qq smtp", "0.001 l", "sina po", "sina po", "0.001 l"]);
    }

    #[test]
    fn a_message_is_sent_before_the_client_has_it() {
        let lines = [
            (1, Voice::Log, "0.001 lesson13-pop3-mail: received 45 bytes from pop3://[::1]:110"),
            (1, Voice::Log, "0.002 lesson13-pop3-mail: received 9 bytes from pop3://[::1]:110"),
            (1, Voice::Practice, "sina pop3 #2 | message of 9 bytes"),
        ];
        let shown = ordered(&lines);
        assert_eq!(shown, [lines[0].2, lines[2].2, lines[1].2]);
    }

    #[test]
    fn what_nobody_has_sent_holds_nothing_up() {
        let lines = [
            (0, Voice::Practice, "qq smtp #1 < EHLO [127.0.0.1]"),
            (0, Voice::Log, "0.001 s: received 0 bytes from 127.0.0.1:9"),
        ];
        assert_eq!(ordered(&lines), lines.map(|(_, _, text)| text));
    }
}
