//! The rows of one conversation with a practice server: commands, replies, mails and files.

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
    let twice = told_twice(&play.entries);
    let rows = Vec::new();
    let state = State::default();
    let mut teller = Teller { play, sources, talk, lanes, twice, rows, state };
    for &index in &talk.entries {
        teller.tell(index);
    }
    teller.end();
    teller.rows
}

/// Who goes through a conversation.
struct Teller<'a> {
    play: &'a Play,
    sources: &'a Sources,
    talk: &'a Talk,
    lanes: Lanes,
    /// What a program has logged, too, and where.
    twice: Vec<(usize, usize)>,
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
    /// The entry in which a mail or a file began.
    begun: Option<usize>,
    /// The last call that led to something.
    call: Option<Place>,
    is_secure: bool,
    /// The command for TLS that the server has offered.
    offer: &'static str,
    are_files_secure: bool,
    is_closed: bool,
}

impl Teller<'_> {
    fn tell(&mut self, index: usize) {
        let entry = &self.play.entries[index];
        let is_data = entry.service() == Some("ftp-data");
        match entry.kind() {
            _ if entry.is_content() => {
                self.state.begun.get_or_insert(index);
            }
            Some(Kind::Closed) if is_data => self.file(index),
            _ if is_data => {}
            Some(Kind::Sent | Kind::Received) if entry.bytes().is_empty() => self.mail(index),
            Some(Kind::Received) => self.command(index, &entry.words()),
            Some(Kind::Sent) => self.reply(index, &entry.words()),
            Some(Kind::Accepted) => self.add((index, 1), What::Opens, &entry.text),
            Some(Kind::Closed) if self.state.is_closed => {}
            Some(Kind::Closed) => {
                self.state.is_closed = true;
                self.add((index, 1), What::Closed, &entry.text);
            }
            _ => self.note(index, &entry.text),
        }
    }

    fn command(&mut self, index: usize, text: &str) {
        if let Some(verb) = verb_of(text) {
            self.state.verb = verb;
        }
        self.state.are_files_secure |= text.eq_ignore_ascii_case("PROT P");
        self.state.is_in_reply = false;
        self.add((index, 1), What::Asks, text);
        let has_password =
            verb_of(text).is_some_and(|verb| ["AUTH", "PASS"].contains(&verb.as_str()));
        let is_clear = !self.state.is_secure && !text.eq_ignore_ascii_case("AUTH TLS");
        if has_password
            && is_clear
            && let Some(row) = self.rows.last_mut()
        {
            row.in_clear = Some(self.state.offer);
        }
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
        let offers = ["STARTTLS", "STLS", "AUTH TLS"];
        let offer = offers.into_iter().find(|offer| text.trim_end().ends_with(offer));
        self.state.offer = offer.unwrap_or(self.state.offer);
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
            if let Some(row) = self.rows.last_mut() {
                row.port = port_in(text);
            }
        }
    }

    fn note(&mut self, index: usize, text: &str) {
        self.state.is_in_reply = false;
        // TLS begins with the connection, or when the server has agreed to it.
        let is_agreed = match self.state.verb.as_str() {
            "" => self.talk.starts_in_tls(),
            "STARTTLS" | "STLS" => true,
            "AUTH" => self.talk.protocol() == "ftp",
            _ => false,
        };
        if is_agreed && !self.state.is_secure {
            self.state.is_secure = true;
            self.add((index, 1), What::Secures, text);
        } else {
            let lane = self.lanes.server;
            self.add_between((index, 1), What::Logs, (lane, lane), text);
        }
    }

    /// A mail went over.
    fn mail(&mut self, index: usize) {
        let client = self.lanes.client;
        let server = self.lanes.server;
        let ends = match self.play.entries[index].kind() {
            Some(Kind::Sent) => (server, client),
            _ => (client, server),
        };
        self.content(index, What::Mail, ends);
    }

    /// A file, or a list of files, went over a connection of its own, which is closed with its end.
    fn file(&mut self, index: usize) {
        let up = (self.lanes.client, self.lanes.data);
        let ends = match self.state.verb.as_str() {
            "STOR" | "APPE" | "STOU" => up,
            _ => (up.1, up.0),
        };
        self.content(index, What::File, ends);
        let text = self.play.entries[index].text.as_str();
        self.add_between((index, 2), What::Closes, ends, text);
    }

    /// Adds a row for all that came or went until this entry told so.
    fn content(&mut self, index: usize, what: What, ends: (usize, usize)) {
        let begun = self.state.begun.take().unwrap_or(index);
        let bytes = self.talk.content(&self.play.entries, index);
        self.add_between((begun, 1), what, ends, &String::from_utf8_lossy(&bytes));
        if let Some(row) = self.rows.last_mut() {
            row.size = Some(bytes.len());
            // The program logs it as a whole.
            let told = self.twice.iter().find(|(told, _)| *told == index);
            let places = told.map(|(_, entry)| self.sources.places(&self.play.entries[*entry]));
            row.places.extend(places.unwrap_or_default());
        }
    }

    fn end(&mut self) {
        if let Some(&last) = self.talk.entries.last()
            && !self.state.is_closed
        {
            self.add((last, 9), What::Closed, "");
        }
    }

    /// Adds a row between the client and the server.
    fn add(&mut self, anchor: Anchor, what: What, text: &str) {
        let client = self.lanes.client;
        let server = self.lanes.server;
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
            let call = self.call(anchor.0, what);
            self.state.call = call.clone().or(self.state.call.take());
            row.places.extend(call);
            if let Some((_, entry)) = self.twice.iter().find(|(told, _)| *told == anchor.0) {
                row.places.extend(self.sources.places(&self.play.entries[*entry]));
            }
            row.places.dedup();
        }
        self.rows.push(row);
    }

    /// The call in the lesson's source that made its library say this, or hear it.
    fn call(&self, index: usize, what: What) -> Option<Place> {
        let package = &self.play.programs[self.talk.program].package;
        let verb = match what {
            What::Closed => "QUIT",
            _ => self.state.verb.as_str(),
        };
        // A port is asked for by whatever needs it next.
        let next = self.talk.entries.iter().filter(|later| **later > index).map(|later| {
            let entry = &self.play.entries[*later];
            verb_of(&entry.words()).filter(|_| entry.kind() == Some(Kind::Received))
        });
        let verb = match verb {
            "EPSV" | "PASV" => {
                next.flatten().find(|verb| !["EPSV", "PASV"].contains(&verb.as_str()))?
            }
            verb => verb.to_string(),
        };
        let places = self.sources.calls(package, calls::of(self.talk.protocol(), &verb));
        let is_next = |place: &&Place| {
            let last = self.state.call.as_ref().filter(|last| last.file == place.file);
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

/// The port that a reply to EPSV (RFC 2428 section 3) or PASV (RFC 959 section 4.1.2) names.
fn port_in(reply: &str) -> Option<u16> {
    let (_, inner) = reply.split_once('(')?;
    let (inner, _) = inner.split_once(')')?;
    if let Some(port) = inner.strip_prefix("|||") {
        return port.trim_end_matches('|').parse().ok();
    }
    let mut numbers = inner.split(',').skip(4).map(str::parse::<u8>);
    let high = numbers.next()?.ok()?;
    let low = numbers.next()?.ok()?;
    Some(u16::from_be_bytes([high, low]))
}

/// Whether this line of a reply is its last: the number of the first line, without a hyphen.
fn is_last(line: &str, first: &str) -> bool {
    first.get(..3).is_some_and(|number| line.starts_with(&format!("{number} ")))
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
    pub fn play(package: &str, lines: &[&str]) -> Play {
        let lesson = Lesson::find(package).unwrap();
        let label = package.to_string();
        let package = package.to_string();
        let program = Program { label, package, command: String::new(), started: Duration::ZERO };
        let entries = lines.iter().map(|line| Entry::read(Duration::ZERO, 0, &told(line)));
        Play::new(lesson, vec![program], entries.collect())
    }

    /// The rows of the first conversation, each as `What from>to text`, with `TLS` where it is.
    fn shown(package: &str, lines: &[&str]) -> Vec<String> {
        let play = play(package, lines);
        let lanes = Lanes { client: 0, server: 1, data: 2 };
        let talk = &talks(&play.entries)[0];
        let rows = rows(&play, &Sources::default(), talk, lanes);
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
                "qq-smtp + 127.0.0.1:39960 has connected",
                "qq-smtp > 220 qq.example",
                "qq-smtp < EHLO student",
                "qq-smtp > 250-qq.example greets student",
                "qq-smtp > 250 STARTTLS",
                "qq-smtp < STARTTLS",
                "qq-smtp > 220 begin TLS",
                "qq-smtp | in TLS from here on",
                "qq-smtp < DATA",
                "qq-smtp > 354 the mail, please",
                "qq-smtp << To: you\r\n\r\nHello",
                "qq-smtp << \r\n",
                "qq-smtp <",
                "qq-smtp > 250 taken",
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
                "ftp +",
                "ftp < EPSV",
                "ftp > 229 Entering Extended Passive Mode (|||35723|)",
                "ftp < NLST",
                "ftp > 150 here we go",
                "ftp-data x 12 bytes",
                "ftp > 226 that is all",
                "ftp < STOR homework.txt",
                "ftp-data << Done!",
                "ftp-data x 5 bytes",
                "ftp x the peer has closed",
            ],
        );
        let expected = [
            "Opens 0>1 ",
            "Asks 0>1 EPSV",
            "Answers 1>0 229 Entering Extended Passive Mode (|||35723|)",
            "Opens 0>2 229 Entering Extended Passive Mode (|||35723|)",
            "Asks 0>1 NLST",
            "Answers 1>0 150 here we go",
            "File 2>0 ",
            "Closes 2>0 12 bytes",
            "Answers 1>0 226 that is all",
            "Asks 0>1 STOR homework.txt",
            "File 0>2 Done!",
            "Closes 0>2 5 bytes",
            "Closed 0>1 the peer has closed",
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_reply_names_a_port_in_either_way() {
        assert_eq!(port_in("229 Entering Extended Passive Mode (|||35723|)"), Some(35_723));
        assert_eq!(port_in("227 Entering Passive Mode (127,0,0,1,139,139)."), Some(35_723));
        assert_eq!(port_in("227 (127,0,0,1,139)"), None);
        assert_eq!(port_in("229 no port"), None);
    }

    #[test]
    fn lists_of_pop3_end_with_a_dot() {
        let lines =
            ["+", "< LIST", "> +OK", "> 1 713", "> .", "< STAT", "> +OK 1 713", "> +OK more"];
        let lines = lines.map(|line| format!("sina-pop3 {line}"));
        let rows = shown("lesson13-pop3-mail", &lines.each_ref().map(String::as_str));
        let replies = ["+OK|1 713|.", "+OK 1 713", "+OK more"];
        let told: Vec<&str> =
            rows.iter().filter_map(|row| row.strip_prefix("Answers 1>0 ")).collect();
        assert_eq!(told, replies);
    }
}
