//! The rows of one conversation with a practice server: commands, replies, mails and files.

use crate::code::Place;
use crate::events::Event;
use crate::ladder::{Anchor, Row, What};
use crate::log::{self, Said};
use crate::recording::Play;
use crate::sources::Sources;
use crate::talk::{Line, Talk, line, named};

/// The lanes of a conversation.
#[derive(Clone, Copy)]
pub struct Lanes {
    /// Whoever began it.
    pub client: usize,
    /// The server.
    pub server: usize,
    /// The connection for files; the server's lane where there is none.
    pub data: usize,
}

/// Makes the rows of a conversation, in its order.
pub fn rows(
    play: &Play,
    events: &[Event],
    sources: &Sources,
    talk: &Talk,
    lanes: Lanes,
) -> Vec<Row> {
    let named = named(play, events);
    let mut teller = Teller {
        play,
        events,
        sources,
        talk,
        lanes,
        named,
        rows: Vec::new(),
        state: State::default(),
    };
    for &index in &talk.events {
        if let Some(line) = line(&events[index].text) {
            teller.tell(index, &line);
        }
    }
    teller.end();
    teller.rows
}

/// Who goes through a conversation.
struct Teller<'a> {
    play: &'a Play,
    events: &'a [Event],
    sources: &'a Sources,
    talk: &'a Talk,
    lanes: Lanes,
    named: Vec<(usize, usize)>,
    rows: Vec<Row>,
    state: State,
}

/// What has to be kept in mind on the way.
#[derive(Default)]
struct State {
    /// The last command in capitals, without what follows it.
    verb: String,
    /// A reply that has not come to its end.
    is_in_reply: bool,
    /// What has come or gone of a mail or a file, and the event in which it began.
    content: Vec<u8>,
    begun: Option<usize>,
    is_secure: bool,
    are_files_secure: bool,
    is_closed: bool,
}

impl Teller<'_> {
    fn tell(&mut self, index: usize, line: &Line) {
        let content = log::quoted(line.text).filter(|_| line.mark != '|');
        match (line.mark, content) {
            (_, Some(bytes)) => {
                self.state.begun.get_or_insert(index);
                self.state.content.extend(bytes);
            }
            ('<', None) => self.command(index, line.text),
            ('>', None) => self.reply(index, line.text),
            _ => self.note(index, line.text),
        }
    }

    fn command(&mut self, index: usize, text: &str) {
        let verb = text.split(' ').next().unwrap_or_default();
        // What goes on with a login has no verb of its own.
        if verb != "****" {
            self.state.verb = verb.to_ascii_uppercase();
        }
        self.state.are_files_secure |= text.eq_ignore_ascii_case("PROT P");
        self.state.is_in_reply = false;
        self.add((index, 1), What::Asks, text);
    }

    fn reply(&mut self, index: usize, text: &str) {
        if self.state.is_in_reply
            && let Some(row) = self.rows.last_mut()
        {
            row.text += "\n";
            row.text += text;
        } else {
            self.add((index, 1), What::Answers, text);
        }
        let first = self.rows.last().map_or("", |row| row.text.as_str());
        self.state.is_in_reply = match self.talk.protocol() {
            // Lines follow that only these commands ask for (RFC 1939 section 3).
            "pop3" => {
                matches!(self.state.verb.as_str(), "LIST" | "UIDL" | "CAPA" | "TOP")
                    && first.starts_with("+OK")
                    && text != "."
            }
            // The last line has a blank behind its number (RFC 5321 section 4.2.1, RFC 959 section
            // 4.2).
            _ => first.as_bytes().get(3) == Some(&b'-') && !is_last(text, first),
        };
        if self.talk.protocol() == "ftp" && (text.starts_with("227 ") || text.starts_with("229 ")) {
            // It gives the port for a connection that the client opens now.
            let ends = (self.lanes.client, self.lanes.data);
            self.add_between((index, 2), What::Opens, ends, text);
        }
    }

    fn note(&mut self, index: usize, text: &str) {
        self.state.is_in_reply = false;
        let words: Vec<&str> = text.split(' ').collect();
        match words[..] {
            [_addr, "has", "connected", ..] => self.add((index, 1), What::Opens, text),
            ["message", "of", size, "bytes"] => self.mail(index, size.parse().unwrap_or(0)),
            [size, "bytes", "over", "the", "data", "connection"] => {
                self.file(index, size.parse().unwrap_or(0), text);
            }
            ["in", "TLS", ..] => {
                self.state.is_secure = true;
                self.add((index, 1), What::Secures, text);
            }
            ["the", "peer", "has", "closed", ..] => {
                self.state.is_closed = true;
                self.add((index, 1), What::Closed, text);
            }
            _ => {
                let lane = self.lanes.server;
                self.add_between((index, 1), What::Logs, (lane, lane), text);
            }
        }
    }

    /// A mail went over: to an MTA in its transcript, from an MDA in the log of whoever fetched it.
    fn mail(&mut self, index: usize, size: usize) {
        let begun = self.state.begun.take().unwrap_or(index);
        let mut bytes = std::mem::take(&mut self.state.content);
        let (client, server) = (self.lanes.client, self.lanes.server);
        let mut ends = (client, server);
        if self.talk.protocol() == "pop3" {
            ends = (server, client);
            let entry = self.named.iter().find(|(told, _)| *told == index);
            let fetched = entry.and_then(|(_, entry)| match &self.events[*entry].said {
                Said::Received(_, bytes, _) => Some(bytes.clone()),
                _ => None,
            });
            bytes = fetched.unwrap_or_default();
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        self.add_between((begun, 1), What::Mail, ends, &text);
        self.set_size(size);
    }

    /// A file, or a list of files, went over a connection of its own, which is closed with its end.
    fn file(&mut self, index: usize, size: usize, text: &str) {
        let begun = self.state.begun.take().unwrap_or(index);
        let bytes = std::mem::take(&mut self.state.content);
        let up = (self.lanes.client, self.lanes.data);
        let ends = match self.state.verb.as_str() {
            "STOR" | "APPE" | "STOU" => up,
            _ => (up.1, up.0),
        };
        self.add_between((begun, 1), What::File, ends, &String::from_utf8_lossy(&bytes));
        self.set_size(size);
        self.add_between((index, 2), What::Closes, ends, text);
    }

    fn end(&mut self) {
        if let Some(&last) = self.talk.events.last()
            && !self.state.is_closed
        {
            self.add((last, 9), What::Closed, "");
        }
    }

    fn set_size(&mut self, size: usize) {
        if let Some(row) = self.rows.last_mut() {
            row.size = Some(size);
        }
    }

    /// Adds a row between the client and the server.
    fn add(&mut self, anchor: Anchor, what: What, text: &str) {
        let (client, server) = (self.lanes.client, self.lanes.server);
        let ends = match what {
            What::Answers => (server, client),
            _ => (client, server),
        };
        self.add_between(anchor, what, ends, text);
    }

    fn add_between(&mut self, anchor: Anchor, what: What, ends: (usize, usize), text: &str) {
        let mut row = Row::new(anchor, what, ends, text.into());
        row.is_secure = match what {
            What::Asks | What::Answers | What::Mail => self.state.is_secure,
            What::File => self.state.are_files_secure,
            _ => false,
        };
        if self.talk.office.is_none() && what != What::Logs {
            row.places.extend(self.place_in_step(what));
            let named = self.named.iter().find(|(told, _)| *told == anchor.0);
            row.places.extend(named.and_then(|(_, entry)| self.events[*entry].place(self.play)));
            row.places.dedup();
        }
        self.rows.push(row);
    }

    /// The line of the lesson's step that made its library say this, or hear it.
    fn place_in_step(&self, what: What) -> Option<Place> {
        let package = &self.play.programs.get(self.talk.program)?.package;
        let verb = match what {
            What::Closed => "QUIT",
            _ => self.state.verb.as_str(),
        };
        self.sources.step(package, step_of(self.talk.protocol(), verb))
    }
}

/// Whether this line of a reply is its last: the number of the first line, without a hyphen.
fn is_last(line: &str, first: &str) -> bool {
    first.get(..3).is_some_and(|number| line.starts_with(&format!("{number} ")))
}

/// What a step's comment says when the step sends this command; the first words found decide.
fn step_of(protocol: &str, verb: &str) -> &'static [&'static str] {
    match (protocol, verb) {
        (_, "" | "EHLO" | "HELO" | "STARTTLS" | "CAPA" | "STLS" | "FEAT") => {
            &["connect", "send the"]
        }
        ("ftp", "AUTH" | "PBSZ" | "PROT") => &["connect"],
        (_, "AUTH" | "USER" | "PASS") => &["log in", "password", "send the"],
        ("smtp", "MAIL" | "RCPT" | "DATA") => &["send the"],
        ("pop3", "STAT") => &["how many"],
        ("pop3", "LIST" | "UIDL") => &["list"],
        ("pop3", "RETR") => &["fetch"],
        ("ftp", "RETR" | "SIZE") => &["download", "transfer"],
        ("ftp", "STOR") => &["upload", "transfer"],
        (_, "QUIT") => &["quit", "leave", "send the"],
        ("ftp", _) => &["look around", "list", "transfer"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events;
    use crate::recording::{Source, play};
    use crate::talk::talks;

    /// The rows of the first conversation, each as `What from>to text`, with `TLS` where it is.
    fn shown(package: &str, lines: &[&str]) -> Vec<String> {
        let lines: Vec<_> = lines.iter().map(|line| (Source::Practice, *line)).collect();
        let play = play(&[package], &lines);
        let events = events::of(&play);
        let lanes = Lanes { client: 0, server: 1, data: 2 };
        let talk = &talks(&play, &events)[0];
        let rows = rows(&play, &events, &Sources::default(), talk, lanes);
        let show = |row: Row| {
            let tls = if row.is_secure { " TLS" } else { "" };
            format!("{:?}{tls} {}>{} {}", row.what, row.from, row.to, row.text.replace('\n', "|"))
        };
        rows.into_iter().map(show).collect()
    }

    #[test]
    fn a_mail_is_one_arrow_and_a_long_reply_is_one() {
        let rows = shown(
            "lesson06-text-mail",
            &[
                "qq smtp #1 | 127.0.0.1:39960 has connected",
                "qq smtp #1 > 220 qq.example",
                "qq smtp #1 < EHLO student",
                "qq smtp #1 > 250-qq.example greets student",
                "qq smtp #1 > 250 STARTTLS",
                "qq smtp #1 < STARTTLS",
                "qq smtp #1 > 220 begin TLS",
                "qq smtp #1 | in TLS from here on",
                "qq smtp #1 < DATA",
                "qq smtp #1 > 354 the mail, please",
                "qq smtp #1 < \"To: you\\r\\n\\r\\nHello\"",
                "qq smtp #1 < \"\\r\\n\"",
                "qq smtp #1 | message of 18 bytes",
                "qq smtp #1 > 250 taken",
            ],
        );
        let expected = [
            "Opens 0>1 127.0.0.1:39960 has connected",
            "Answers 1>0 220 qq.example",
            "Asks 0>1 EHLO student",
            "Answers 1>0 250-qq.example greets student|250 STARTTLS",
            "Asks 0>1 STARTTLS",
            "Answers 1>0 220 begin TLS",
            "Secures 0>1 in TLS from here on",
            "Asks TLS 0>1 DATA",
            "Answers TLS 1>0 354 the mail, please",
            "Mail TLS 0>1 To: you\r|\r|Hello\r|",
            "Answers TLS 1>0 250 taken",
            "Closed 0>1 ",
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn files_go_over_a_connection_of_their_own() {
        let rows = shown(
            "lesson10-ftp-client",
            &[
                "ftp #3 < EPSV",
                "ftp #3 > 229 Entering Extended Passive Mode (|||35723|)",
                "ftp #3 < NLST",
                "ftp #3 > 150 here we go",
                "ftp #3 | 12 bytes over the data connection",
                "ftp #3 > 226 that is all",
                "ftp #3 < STOR homework.txt",
                "ftp #3 < \"Done!\"",
                "ftp #3 | 5 bytes over the data connection",
                "ftp #3 | the peer has closed its side",
            ],
        );
        let expected = [
            "Asks 0>1 EPSV",
            "Answers 1>0 229 Entering Extended Passive Mode (|||35723|)",
            "Opens 0>2 229 Entering Extended Passive Mode (|||35723|)",
            "Asks 0>1 NLST",
            "Answers 1>0 150 here we go",
            "File 2>0 ",
            "Closes 2>0 12 bytes over the data connection",
            "Answers 1>0 226 that is all",
            "Asks 0>1 STOR homework.txt",
            "File 0>2 Done!",
            "Closes 0>2 5 bytes over the data connection",
            "Closed 0>1 the peer has closed its side",
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn lists_of_pop3_end_with_a_dot() {
        let lines = ["< LIST", "> +OK", "> 1 713", "> .", "< STAT", "> +OK 1 713", "> +OK more"];
        let lines = lines.map(|line| format!("sina pop3 #5 {line}"));
        let rows = shown("lesson13-pop3-mail", &lines.each_ref().map(String::as_str));
        let replies = ["+OK|1 713|.", "+OK 1 713", "+OK more"];
        let told: Vec<&str> =
            rows.iter().filter_map(|row| row.strip_prefix("Answers 1>0 ")).collect();
        assert_eq!(told, replies);
    }
}
