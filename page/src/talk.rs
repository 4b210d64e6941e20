//! What was said to the practice servers, from their transcript: `qq smtp #3 < EHLO
//! student.example`.

use crate::events::Event;
use crate::log::Said;
use crate::recording::{Play, Source};

/// One line of the transcript, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Whose it is: `qq smtp #3`, `qq relay`, `sina queue`, `ftp #6`.
    pub label: &'a str,
    /// `<` came, `>` went, `|` is a note.
    pub mark: char,
    /// What was said.
    pub text: &'a str,
}

/// One connection to a practice server.
#[derive(Debug, PartialEq, Eq)]
pub struct Talk {
    /// The server, without the number of the connection: `qq smtp`.
    pub server: String,
    /// The program that began it, or whose mail is taken on.
    pub program: usize,
    /// The mail office that connected, such as `qq`, if that was no program.
    pub office: Option<String>,
    /// Its events.
    pub events: Vec<usize>,
}

impl Talk {
    /// The protocol that is spoken, without the letter that stands for TLS: `smtp`, `pop3` or
    /// `ftp`.
    pub fn protocol(&self) -> &str {
        self.server.rsplit(' ').next().unwrap_or_default().trim_end_matches('s')
    }
}

/// Takes a line of the transcript apart.
pub fn line(text: &str) -> Option<Line<'_>> {
    let (at, mark) = text.match_indices(['<', '>', '|']).next()?;
    let label = text[..at].strip_suffix(' ')?;
    let text = text[at + 1..].strip_prefix(' ').unwrap_or_default();
    Some(Line { label, mark: mark.chars().next()?, text })
}

/// What a practice server replied.
pub fn reply(text: &str) -> Option<&str> {
    line(text).filter(|line| line.mark == '>').map(|line| line.text)
}

/// The events that the practice servers told, as lines.
fn lines(events: &[Event]) -> impl Iterator<Item = (usize, Line<'_>)> {
    let told = events.iter().enumerate().filter(|(_, event)| event.source == Source::Practice);
    told.filter_map(|(index, event)| Some((index, line(&event.text)?)))
}

/// The server of a label, unless the label is not one of a server's connection.
fn server(label: &str) -> Option<&str> {
    let (server, _number) = label.split_once(" #")?;
    let protocol = server.rsplit(' ').next()?;
    matches!(protocol, "smtp" | "smtps" | "pop3" | "pop3s" | "ftp").then_some(server)
}

/// What the offices note outside of any connection: the event, the office, and the text.
pub fn notes(events: &[Event]) -> impl Iterator<Item = (usize, &str, &str)> {
    let notes = lines(events).filter(|(_, line)| line.mark == '|' && server(line.label).is_none());
    notes.filter_map(|(index, line)| Some((index, line.label.split_once(' ')?.0, line.text)))
}

/// All connections to the practice servers.
pub fn talks(play: &Play, events: &[Event]) -> Vec<Talk> {
    let mut labels: Vec<&str> = Vec::new();
    let mut talks: Vec<Talk> = Vec::new();
    for (index, line) in lines(events) {
        let Some(server) = server(line.label) else { continue };
        let known = labels.iter().position(|label| *label == line.label);
        let talk = known.unwrap_or_else(|| {
            let program = events[index].program(play);
            let (server, office, events) = (server.to_string(), None, Vec::new());
            talks.push(Talk { server, program, office, events });
            labels.push(line.label);
            labels.len() - 1
        });
        talks[talk].events.push(index);
        if line.mark == '<' && talks[talk].office.is_none() {
            talks[talk].office = office(line.text, events);
        }
    }
    talks
}

/// The office that greets with this command, if it is one of those that the transcript names.
fn office(command: &str, events: &[Event]) -> Option<String> {
    let (verb, name) = command.split_once(' ')?;
    let (name, _domain) = name.split_once('.')?;
    let is_office = |(_, line): (usize, Line)| line.label.split(' ').next() == Some(name);
    (verb.eq_ignore_ascii_case("EHLO") && lines(events).any(is_office)).then(|| name.into())
}

/// Whether a program has said this to a practice server, and not the other way round.
pub fn is_command(text: &str) -> bool {
    line(text).is_some_and(|line| line.mark == '<')
}

/// The lines of the programs' logs that say what the transcript says, too: the words of the wire,
/// that a program has connected, or how many bytes a mail has. Each comes behind its line of the
/// transcript.
pub fn named(play: &Play, events: &[Event]) -> Vec<(usize, usize)> {
    let mut named = Vec::new();
    for talk in talks(play, events).iter().filter(|talk| talk.office.is_none()) {
        let mut rest = talk.events.as_slice();
        for (entry, event) in events.iter().enumerate() {
            if event.source != Source::Log(talk.program) {
                continue;
            }
            let says_it = |index: &usize| match (line(&events[*index].text), &event.said) {
                (Some(line), Said::Connected(_)) => line.text.ends_with("has connected"),
                (Some(line), Said::Received(size, ..)) => {
                    line.text == format!("message of {size} bytes")
                }
                (Some(line), _) if line.mark == '|' => event.text == line.text,
                (Some(line), _) => ends_with_words(&event.text, line.text),
                (None, _) => false,
            };
            if let Some(found) = rest.iter().position(says_it) {
                named.push((rest[found], entry));
                rest = &rest[found + 1..];
            }
        }
    }
    named
}

fn ends_with_words(text: &str, words: &str) -> bool {
    let before = text.strip_suffix(words).filter(|_| words.len() > 2);
    before.is_some_and(|before| before.is_empty() || before.ends_with([' ', '"']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::play;

    #[test]
    fn a_line_is_taken_apart() {
        let parts = |text| line(text).map(|line| (line.label, line.mark, line.text));
        let greeting = Some(("qq smtp #3", '<', "EHLO <x> | y"));
        assert_eq!(parts("qq smtp #3 < EHLO <x> | y"), greeting);
        assert_eq!(
            parts("sina queue | in the mailbox"),
            Some(("sina queue", '|', "in the mailbox"))
        );
        assert_eq!(parts("ftp #6 < "), Some(("ftp #6", '<', "")));
        assert_eq!(parts("every password is \"practice\""), None);
    }

    #[test]
    fn what_a_program_logs_is_found_in_the_transcript_and_put_in_order() {
        let (log, practice) = (Source::Log(0), Source::Practice);
        let play = play(
            &["lesson13-pop3-mail"],
            &[
                (practice, "sina pop3 #5 | 127.0.0.1:40398 has connected"),
                (practice, "sina pop3 #5 > +OK 2 2006"),
                (practice, "sina pop3 #5 < STAT"),
                (practice, "sina pop3 #5 > +OK 2 2006"),
                (log, "0.001 lesson13-pop3-mail: received +OK 2 2006 (src/pop3.rs:9)"),
                (log, "0.001 lesson13-pop3-mail: sent STAT (src/pop3.rs:7)"),
                (log, "0.001 lesson13-pop3-mail: received +OK 2 2006 (src/pop3.rs:9)"),
            ],
        );
        let events = crate::events::of(&play);
        let texts: Vec<&str> = events.iter().map(|event| event.text.as_str()).collect();
        let reply = "sina pop3 #5 > +OK 2 2006";
        assert_eq!(texts[1..4], [reply, "received +OK 2 2006", "sent STAT"]);
        assert_eq!(texts[4..], ["sina pop3 #5 < STAT", reply, "received +OK 2 2006"]);
        assert!(events.iter().all(|event| event.is_on_wire == (event.source == log)));
        assert_eq!(events[3].place(&play).unwrap().line, 7);
    }

    #[test]
    fn an_office_is_known_by_its_greeting() {
        let play = play(
            &["lesson06-text-mail"],
            &[
                (Source::Practice, "qq smtp #1 | 127.0.0.1:51680 has connected"),
                (Source::Practice, "qq smtp #1 < EHLO student.example"),
                (Source::Practice, "sina smtp #2 | 127.0.0.1:37028 has connected"),
                (Source::Practice, "sina smtp #2 < EHLO qq.example"),
            ],
        );
        let talks = talks(&play, &crate::events::of(&play));
        let offices: Vec<_> = talks.iter().map(|talk| talk.office.as_deref()).collect();
        assert_eq!(offices, [None, Some("qq")]);
        assert_eq!(talks[1].server, "sina smtp");
        assert_eq!(talks[1].protocol(), "smtp");
    }
}
