//! The rows of one conversation with a practice server: commands, replies, mails and files.

use std::collections::HashMap;

use events::Kind;
use tour::recording::{Place, Play};
use tour::talk::{Talk, told_twice};

use crate::calls;
use crate::ladder::{Anchor, Row, What};
use crate::sources::Sources;

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
pub fn rows(play: &Play, sources: &Sources, talk: &Talk, lanes: Lanes) -> Vec<Row> {
    let mut teller = Teller {
        play,
        sources,
        talk,
        up: (lanes.client, lanes.server),
        down: (lanes.server, lanes.client),
        data: lanes.data,
        twice: told_twice(&play.entries).into_iter().collect(),
        rows: Vec::new(),
        verb: String::new(),
        begun: None,
        call: None,
        offer: "",
        are_files_secure: false,
    };
    for &index in &talk.entries {
        teller.tell(index);
    }
    if let Some(&last) = talk.entries.last() {
        teller.close((last, 9), "");
    }
    teller.rows
}

/// Who goes through a conversation, and what has to be kept in mind on the way.
struct Teller<'a> {
    play: &'a Play,
    sources: &'a Sources,
    talk: &'a Talk,
    /// From the client to the server.
    up: (usize, usize),
    /// From the server to the client.
    down: (usize, usize),
    /// The lane of the connection for files.
    data: usize,
    /// What a program has logged, too, and where.
    twice: HashMap<usize, usize>,
    rows: Vec<Row>,
    /// The last command in capitals, without what follows it.
    verb: String,
    /// The entry in which a mail or a file began.
    begun: Option<usize>,
    /// The last call that led to something.
    call: Option<Place>,
    /// The command for TLS that the server has offered.
    offer: &'static str,
    are_files_secure: bool,
}

impl Teller<'_> {
    fn tell(&mut self, index: usize) {
        let entry = &self.play.entries[index];
        let is_data = entry.service() == Some("ftp-data");
        match entry.kind() {
            _ if entry.is_content() => {
                self.begun.get_or_insert(index);
            }
            Some(Kind::Closed) if is_data => self.file(index),
            _ if is_data => {}
            Some(kind @ (Kind::Sent | Kind::Received)) if entry.bytes().is_empty() => {
                let ends = if kind == Kind::Sent { self.down } else { self.up };
                self.content(index, What::Mail, ends);
            }
            Some(Kind::Received) => self.command(index, &entry.words()),
            Some(Kind::Sent) => self.reply(index, &entry.words()),
            Some(Kind::Accepted) => self.add((index, 1), What::Opens, self.up, &entry.text),
            Some(Kind::Closed) => self.close((index, 1), &entry.text),
            _ => self.note(index, &entry.text),
        }
    }

    fn command(&mut self, index: usize, text: &str) {
        let verb = verb_of(text);
        let has_password = matches!(verb.as_deref(), Some("AUTH" | "PASS"))
            && !text.eq_ignore_ascii_case("AUTH TLS");
        self.verb = verb.unwrap_or_else(|| self.verb.clone());
        self.are_files_secure |= text.eq_ignore_ascii_case("PROT P");
        let mut row = self.row((index, 1), What::Asks, self.up, text);
        row.in_clear = Some(self.offer).filter(|_| has_password && !row.is_secure);
        self.rows.push(row);
    }

    fn reply(&mut self, index: usize, text: &str) {
        let offers = ["STARTTLS", "STLS", "AUTH TLS"];
        let offer = offers.into_iter().find(|offer| text.trim_end().ends_with(offer));
        self.offer = offer.unwrap_or(self.offer);
        let begun = self.rows.last_mut().filter(|row| row.what == What::Answers);
        match begun.filter(|row| goes_on(&row.text, self.talk.protocol(), &self.verb)) {
            Some(row) => {
                row.text += "\n";
                row.text += text;
            }
            None => self.add((index, 1), What::Answers, self.down, text),
        }
        if self.talk.protocol() == "ftp" && (text.starts_with("227 ") || text.starts_with("229 ")) {
            // It gives the port for a connection that the client opens now.
            self.add((index, 2), What::Opens, (self.up.0, self.data), text);
        }
    }

    fn note(&mut self, index: usize, text: &str) {
        // TLS begins with the connection, or when the server has agreed to it.
        let is_agreed = match self.verb.as_str() {
            "" => self.talk.starts_in_tls(),
            "STARTTLS" | "STLS" => true,
            "AUTH" => self.talk.protocol() == "ftp",
            _ => false,
        };
        if is_agreed && !self.has(What::Secures) {
            self.add((index, 1), What::Secures, self.up, text);
        } else {
            let lane = self.up.1;
            self.add((index, 1), What::Logs, (lane, lane), text);
        }
    }

    /// A file, or a list of files, went over a connection of its own, which is closed with its end.
    fn file(&mut self, index: usize) {
        let ends = match self.verb.as_str() {
            "STOR" | "APPE" | "STOU" => (self.up.0, self.data),
            _ => (self.data, self.up.0),
        };
        self.content(index, What::File, ends);
        self.add((index, 2), What::Closes, ends, &self.play.entries[index].text);
    }

    /// Adds a row for all that came or went until this entry told so.
    fn content(&mut self, index: usize, what: What, ends: (usize, usize)) {
        let begun = self.begun.take().unwrap_or(index);
        let bytes = self.talk.content(&self.play.entries, index);
        let mut row = self.row((begun, 1), what, ends, &String::from_utf8_lossy(&bytes));
        row.size = Some(bytes.len());
        // The program logs it as a whole.
        row.places.extend(self.logged(index));
        self.rows.push(row);
    }

    fn close(&mut self, anchor: Anchor, text: &str) {
        if !self.has(What::Closed) {
            self.add(anchor, What::Closed, self.up, text);
        }
    }

    fn has(&self, what: What) -> bool {
        self.rows.iter().any(|row| row.what == what)
    }

    fn add(&mut self, anchor: Anchor, what: What, ends: (usize, usize), text: &str) {
        let row = self.row(anchor, what, ends, text);
        self.rows.push(row);
    }

    fn row(&mut self, anchor: Anchor, what: What, ends: (usize, usize), text: &str) -> Row {
        let mut row = Row::new(anchor, what, ends, text);
        row.is_secure = match what {
            What::Asks | What::Answers | What::Mail => self.has(What::Secures),
            What::File => self.are_files_secure,
            _ => false,
        };
        if self.talk.office.is_none() && what != What::Logs {
            let call = self.call(anchor.0, what);
            self.call = call.clone().or(self.call.take());
            row.places = call.into_iter().chain(self.logged(anchor.0)).collect();
            row.places.dedup();
        }
        row
    }

    /// Where the program has logged what this entry tells.
    fn logged(&self, told: usize) -> Vec<Place> {
        let logged = self.twice.get(&told).map(|logged| &self.play.entries[*logged]);
        logged.map(|entry| self.sources.places(entry)).unwrap_or_default()
    }

    /// The call in the lesson's source that made its library say this, or hear it.
    fn call(&self, index: usize, what: What) -> Option<Place> {
        let is_port = |verb: &str| ["EPSV", "PASV"].contains(&verb);
        let verb = if what == What::Closed {
            "QUIT".into()
        } else if is_port(&self.verb) {
            // A port is asked for by whatever needs it next.
            let later = self.talk.entries.iter().filter(|later| **later > index);
            let later = later.map(|later| &self.play.entries[*later]);
            let mut commands = later.filter(|entry| entry.kind() == Some(Kind::Received));
            commands.find_map(|entry| verb_of(&entry.words()).filter(|verb| !is_port(verb)))?
        } else {
            self.verb.clone()
        };
        let package = &self.play.programs[self.talk.program].package;
        let places = self.sources.calls(package, calls::of(self.talk.protocol(), &verb));
        let is_next = |place: &&Place| {
            let last = self.call.as_ref().filter(|last| last.file == place.file);
            last.is_none_or(|last| last.line <= place.line)
        };
        places.iter().find(is_next).or(places.first()).cloned()
    }
}

/// The first word of a command in capitals; what goes on with a login has none of its own.
fn verb_of(command: &str) -> Option<String> {
    let verb = command.split(' ').next().filter(|verb| *verb != "****")?;
    Some(verb.to_ascii_uppercase())
}

/// Whether more lines of this reply follow.
fn goes_on(reply: &str, protocol: &str, verb: &str) -> bool {
    let last = reply.lines().next_back().unwrap_or_default();
    match (protocol, reply.split_once('-')) {
        // Lines follow that only these commands ask for (RFC 1939 section 3).
        ("pop3", _) => {
            let is_asked = ["LIST", "UIDL", "CAPA", "TOP"].contains(&verb);
            is_asked && reply.starts_with("+OK") && last != "."
        }
        // Only the last line has a blank behind its number (RFC 5321 section 4.2.1, RFC 959 section
        // 4.2).
        (_, Some((number, _))) if number.len() == 3 => !last.starts_with(&format!("{number} ")),
        _ => false,
    }
}

#[cfg(test)]
pub mod tests {
    use std::time::Duration;

    use testing::told;
    use tour::lessons::Lesson;
    use tour::recording::{Entry, Program};
    use tour::talk::talks;

    use super::*;

    /// A play in which one lesson heard this from its practice servers.
    pub fn play(lines: &[&str]) -> Play {
        let lesson = Lesson::find("13").unwrap();
        let program = Program {
            label: String::new(),
            package: lesson.package.into(),
            command: String::new(),
            started: Duration::ZERO,
        };
        let entries = lines.iter().map(|line| Entry::read(Duration::ZERO, 0, &told(line)));
        Play::new(lesson, vec![program], entries.collect())
    }

    /// Checks which rows each line of a conversation becomes, each as `What from>to text`, with
    /// `TLS` where it is.
    fn check(told: &[(&str, &[&str])]) {
        let lines: Vec<&str> = told.iter().map(|(line, _)| *line).collect();
        let play = play(&lines);
        let lanes = Lanes { client: 0, server: 1, data: 2 };
        let rows = rows(&play, &Sources::default(), &talks(&play.entries)[0], lanes);
        let show = |row: &Row| {
            let tls = if row.is_secure { " TLS" } else { "" };
            let text = row.text.replace('\n', "|");
            format!("{:?}{tls} {}>{} {text}", row.what, row.from, row.to)
        };
        for (index, (line, expected)) in told.iter().enumerate() {
            let here = rows.iter().filter(|row| row.anchor.0 == index);
            assert_eq!(here.map(show).collect::<Vec<_>>(), *expected, "{line}");
        }
    }

    #[test]
    fn a_mail_is_one_arrow_and_a_long_reply_is_one() {
        check(&[
            ("qq-smtp + it has connected", &["Opens 0>1 it has connected"]),
            ("qq-smtp > 220 qq.example", &["Answers 1>0 220 qq.example"]),
            ("qq-smtp < EHLO student", &["Asks 0>1 EHLO student"]),
            ("qq-smtp > 250-qq.example", &["Answers 1>0 250-qq.example|250 STARTTLS"]),
            ("qq-smtp > 250 STARTTLS", &[]),
            ("qq-smtp < STARTTLS", &["Asks 0>1 STARTTLS"]),
            ("qq-smtp > 220 begin TLS", &["Answers 1>0 220 begin TLS"]),
            ("qq-smtp | in TLS from here on", &["Secures 0>1 in TLS from here on"]),
            ("qq-smtp < DATA", &["Asks TLS 0>1 DATA"]),
            ("qq-smtp > 354 the mail, please", &["Answers TLS 1>0 354 the mail, please"]),
            ("qq-smtp << To: you\r\n\r\nHello", &["Mail TLS 0>1 To: you\r|\r|Hello\r|"]),
            ("qq-smtp << \r\n", &[]),
            ("qq-smtp <", &[]),
            ("qq-smtp > 250 taken", &["Answers TLS 1>0 250 taken", "Closed 0>1 "]),
        ]);
    }

    #[test]
    fn files_go_over_a_connection_of_their_own() {
        check(&[
            ("ftp +", &["Opens 0>1 "]),
            ("ftp < EPSV", &["Asks 0>1 EPSV"]),
            (
                "ftp > 229 (|||35723|)",
                &["Answers 1>0 229 (|||35723|)", "Opens 0>2 229 (|||35723|)"],
            ),
            ("ftp < NLST", &["Asks 0>1 NLST"]),
            ("ftp > 150 here we go", &["Answers 1>0 150 here we go"]),
            ("ftp-data x 12 bytes", &["File 2>0 ", "Closes 2>0 12 bytes"]),
            ("ftp > 226 that is all", &["Answers 1>0 226 that is all"]),
            ("ftp < STOR homework.txt", &["Asks 0>1 STOR homework.txt"]),
            ("ftp-data << Done!", &["File 0>2 Done!"]),
            ("ftp-data x 5 bytes", &["Closes 0>2 5 bytes"]),
            ("ftp x the peer has closed", &["Closed 0>1 the peer has closed"]),
        ]);
    }

    #[test]
    fn lists_of_pop3_end_with_a_dot() {
        check(&[
            ("sina-pop3 +", &["Opens 0>1 "]),
            ("sina-pop3 < LIST", &["Asks 0>1 LIST"]),
            ("sina-pop3 > +OK", &["Answers 1>0 +OK|1 713|."]),
            ("sina-pop3 > 1 713", &[]),
            ("sina-pop3 > .", &[]),
            ("sina-pop3 < STAT", &["Asks 0>1 STAT"]),
            ("sina-pop3 > +OK 1 713", &["Answers 1>0 +OK 1 713"]),
            ("sina-pop3 > +OK more", &["Answers 1>0 +OK more", "Closed 0>1 "]),
        ]);
    }
}
