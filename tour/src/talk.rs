//! What was said to the practice servers, from their transcript.

use crate::recording::{Entry, Voice};
use events::Kind;

/// One connection to a practice server.
#[derive(Debug, PartialEq, Eq)]
pub struct Talk {
    /// The server, such as `qq-smtp`.
    pub service: String,
    /// The address of the client.
    peer: String,
    /// The program that began it, or whose mail is taken on.
    pub program: usize,
    /// The mail office that connected, such as `qq`, if that was no program.
    pub office: Option<String>,
    /// Its entries, by their numbers, those of its data connections among them.
    pub entries: Vec<usize>,
}

impl Talk {
    /// The protocol that is spoken: `smtp`, `pop3` or `ftp`.
    pub fn protocol(&self) -> &str {
        let protocol = self.service.rsplit('-').next().unwrap_or_default();
        protocol.trim_end_matches('s')
    }

    /// Whether TLS begins with the connection.
    pub fn starts_in_tls(&self) -> bool {
        self.service.ends_with('s')
    }

    /// The parts of a message or a file that came or went until this entry told so.
    pub fn content(&self, entries: &[Entry], told: usize) -> Vec<u8> {
        let before = self.entries.iter().rev().skip_while(|index| **index >= told);
        let mut parts: Vec<_> =
            before.map(|index| &entries[*index]).take_while(|entry| entry.is_content()).collect();
        parts.reverse();
        let content: Vec<u8> = parts.iter().flat_map(|part| part.bytes()).copied().collect();
        match self.protocol() {
            "pop3" => without_dots(&content),
            _ => content,
        }
    }
}

impl Entry {
    /// Whether it is a part of a message or a file.
    pub fn is_content(&self) -> bool {
        self.is_detail && matches!(self.kind(), Some(Kind::Sent | Kind::Received))
    }

    /// What was said, in the words of the wire.
    pub fn words(&self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }
}

/// The message that POP3 transfers so: without the dot at its end, and without those that were put
/// before lines that begin with one (RFC 1939 section 3).
fn without_dots(content: &[u8]) -> Vec<u8> {
    let lines = content.split_inclusive(|byte| *byte == b'\n').filter(|line| *line != b".\r\n");
    let lines = lines.map(|line| line.strip_prefix(b".").unwrap_or(line));
    lines.flatten().copied().collect()
}

/// What the practice servers told: each entry, and the server.
fn told(entries: &[Entry]) -> impl Iterator<Item = (usize, &str, &Entry)> {
    let told = entries.iter().enumerate().filter(|(_, entry)| entry.voice == Voice::Practice);
    told.filter_map(|(index, entry)| Some((index, entry.service()?, entry)))
}

/// What becomes of a mail outside of any connection: the entry, and the office.
pub fn notes(entries: &[Entry]) -> impl Iterator<Item = (usize, &str)> {
    told(entries).filter(|(_, _, entry)| !entry.is_detail).filter_map(|(index, service, _)| {
        let queue = service.strip_suffix("-queue");
        Some((index, queue.or(service.strip_suffix("-relay"))?))
    })
}

/// All connections to the practice servers.
pub fn talks(entries: &[Entry]) -> Vec<Talk> {
    let mut talks: Vec<Talk> = Vec::new();
    for (index, service, entry) in told(entries) {
        let Some(peer) = entry.peer() else { continue };
        let known = match service {
            "ftp-data" => talks.iter_mut().rfind(|talk| talk.service == "ftp"),
            _ => talks.iter_mut().rfind(|talk| talk.service == service && talk.peer == peer),
        };
        if let Some(talk) = known {
            talk.entries.push(index);
        } else if entry.kind() == Some(Kind::Accepted) {
            talks.push(Talk {
                service: service.into(),
                peer: peer.into(),
                program: entry.program,
                office: office(peer, entries),
                entries: vec![index],
            });
        }
    }
    talks
}

/// The office that has connected from this address, if it was one.
fn office(client: &str, entries: &[Entry]) -> Option<String> {
    told(entries).find_map(|(_, service, entry)| {
        let has_connected = entry.kind() == Some(Kind::Connected) && entry.peer() == Some(client);
        service.strip_suffix("-relay").filter(|_| has_connected).map(String::from)
    })
}

/// Whether all connections to the practice servers are closed.
pub fn have_parted(entries: &[Entry]) -> bool {
    talks(entries).iter().all(|talk| {
        let last = talk.entries.last().map(|last| &entries[*last]);
        last.is_some_and(|last| {
            last.kind() == Some(Kind::Closed) && last.service() == Some(&talk.service)
        })
    })
}

/// What a program's log says that the transcript says, too: that it has connected, or what it has
/// sent or received. Each comes behind its entry of the transcript.
pub fn told_twice(entries: &[Entry]) -> Vec<(usize, usize)> {
    let mut twice = Vec::new();
    for talk in talks(entries).iter().filter(|talk| talk.office.is_none()) {
        let mut rest = talk.entries.as_slice();
        for (logged, entry) in entries.iter().enumerate() {
            if !entry.is_logged_by(talk.program) {
                continue;
            }
            let says_it = |told: &usize| is_same(entries, talk, *told, entry);
            if let Some(found) = rest.iter().position(says_it) {
                twice.push((rest[found], logged));
                rest = &rest[found + 1..];
            }
        }
    }
    twice
}

/// Whether the servers told the same as a program has logged.
fn is_same(entries: &[Entry], talk: &Talk, told: usize, logged: &Entry) -> bool {
    let entry = &entries[told];
    match (entry.kind(), logged.kind()) {
        (Some(Kind::Accepted), Some(Kind::Connected)) => true,
        (Some(Kind::Received), Some(Kind::Sent)) | (Some(Kind::Sent), Some(Kind::Received)) => {
            // Of a whole message, the parts have been told before.
            let is_message = entry.bytes().is_empty();
            let bytes = if is_message { talk.content(entries, told) } else { entry.bytes().into() };
            let logged = logged.bytes();
            let logged = if is_message { logged } else { logged.trim_ascii_end() };
            !entry.is_detail && !bytes.is_empty() && bytes == logged
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::ordered;

    /// The entries of these lines, all of one program.
    fn entries(lines: &[&str]) -> Vec<Entry> {
        ordered(&lines.iter().map(|line| (0, *line)).collect::<Vec<_>>())
    }

    #[test]
    fn what_a_program_logs_is_found_in_the_transcript_and_put_in_order() {
        let entries = entries(&[
            "sina-pop3 +",
            "sina-pop3 > +OK 2 2006",
            "sina-pop3 < STAT",
            "sina-pop3 > +OK 2 2006",
            "0.001 received pop3://127.0.0.1:110 +OK 2 2006",
            "0.001 sent pop3://127.0.0.1:110 STAT",
            "0.001 received pop3://127.0.0.1:110 +OK 2 2006",
        ]);
        let order = entries.iter().map(|entry| (entry.voice, entry.words()));
        let log = Voice::Log;
        let practice = Voice::Practice;
        let reply = "+OK 2 2006";
        let expected = [
            (practice, ""),
            (practice, reply),
            (log, reply),
            (log, "STAT"),
            (practice, "STAT"),
            (practice, reply),
            (log, reply),
        ];
        assert!(order.eq(expected.map(|(voice, words)| (voice, words.to_string()))));
        assert_eq!(told_twice(&entries), [(1, 2), (4, 3), (5, 6)]);
        assert_eq!(entries[3].place().unwrap().line, 7);
    }

    #[test]
    fn a_message_is_sent_before_the_client_has_it() {
        let entries = entries(&[
            "0.001 received pop3://127.0.0.1:110 .two\n",
            "sina-pop3 +",
            "sina-pop3 < RETR 1",
            "sina-pop3 > +OK",
            "sina-pop3 >> ..two\n",
            "sina-pop3 >",
        ]);
        assert_eq!(entries.last().unwrap().bytes(), b".two\n");
        assert_eq!(talks(&entries)[0].content(&entries, 4), b".two\n");
    }

    #[test]
    fn an_office_is_known_by_its_address() {
        let talks = talks(&entries(&["qq-smtp:7 +", "sina-smtp:8 +", "qq-relay:8 *"]));
        let offices: Vec<_> = talks.iter().map(|talk| talk.office.as_deref()).collect();
        assert_eq!(offices, [None, Some("qq")]);
        assert_eq!(talks[1].service, "sina-smtp");
        assert_eq!(talks[1].protocol(), "smtp");
    }
}
