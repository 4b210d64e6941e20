//! POP3, the protocol in which mail is fetched (RFC 1939, RFC 2449): the office as MDA, the mail
//! program as MUA.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};

use crate::accounts::Office;
use crate::connection::{Connection, Line, parse_number};
use crate::mailbox::{Lock, Message};
use crate::{Practice, dots, files, limits};

/// Serves one client until it leaves.
///
/// # Errors
/// The connection's.
pub fn serve(
    connection: &mut Connection,
    practice: &Practice,
    office: &'static Office,
) -> io::Result<()> {
    connection.send(&format!("+OK {} POP3 practice server", office.domain))?;
    let mut session =
        Session { practice, office, user: None, mailbox: None, failed_logins: 0, mistakes: 0 };
    loop {
        let reply = match connection.read_line()? {
            Line::Text(line) => session.answer(&line),
            Line::Bad(why) => session.mistake(why),
            // Nothing is said, and nothing is deleted (RFC 1939 section 3).
            Line::Late | Line::End => return Ok(()),
        };
        match reply {
            Reply::Text(text) => connection.send(&text)?,
            Reply::Last(text) => return connection.send(&text),
            Reply::Message(mut message, length) => {
                connection.send(&format!("+OK {length} octets"))?;
                dots::send(&mut message, connection.stream.get_mut())?;
                let note = format!("message of {length} bytes");
                connection.transcript.note(note);
            }
        }
    }
}

/// What the client is answered.
enum Reply {
    Text(String),
    /// The same, and it was the last.
    Last(String),
    /// The whole of a message, or its first part, and how long that is.
    Message(io::Take<BufReader<File>>, u64),
}

struct Session<'a> {
    practice: &'a Practice,
    office: &'static Office,
    user: Option<String>,
    /// After the login.
    mailbox: Option<Mailbox>,
    failed_logins: usize,
    mistakes: usize,
}

/// The mailbox as it was at the login: what comes later is for the next session.
struct Mailbox {
    items: Vec<Item>,
    /// Nobody else opens the mailbox meanwhile.
    _lock: Lock,
}

struct Item {
    message: Message,
    is_deleted: bool,
}

impl Session<'_> {
    /// Does what a command asks for, and returns the reply.
    fn answer(&mut self, line: &str) -> Reply {
        if line.contains(|character: char| character.is_control()) {
            return self.mistake("a control character in a command");
        }
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        let verb = verb.to_ascii_uppercase();
        let text = match verb.as_str() {
            "QUIT" => return Reply::Last(self.quit()),
            "CAPA" => "+OK\nTOP\nUIDL\nUSER\nRESP-CODES\nPIPELINING\nEXPIRE NEVER\n\
                       IMPLEMENTATION practice-servers\n."
                .into(),
            "USER" => self.user(argument),
            "PASS" => return self.pass(argument),
            _ => {
                let Some(mailbox) = &mut self.mailbox else {
                    return self.mistake("log in first");
                };
                let result = match verb.as_str() {
                    "STAT" => Ok(mailbox.stat()),
                    "LIST" => mailbox.list(argument, |message| message.size.to_string()),
                    "UIDL" => mailbox.list(argument, |message| message.uid.clone()),
                    "DELE" => mailbox.dele(argument),
                    "RSET" => Ok(mailbox.rset()),
                    "NOOP" => Ok("+OK here I am".into()),
                    "RETR" | "TOP" => match mailbox.open(&verb, argument) {
                        Ok((message, length)) => return Reply::Message(message, length),
                        Err(why) => Err(why),
                    },
                    _ => return self.mistake("no such command"),
                };
                result.unwrap_or_else(|why| format!("-ERR {why}"))
            }
        };
        Reply::Text(text)
    }

    /// A reply to a peer that may not be speaking POP3 at all: after many of these, it has to go.
    fn mistake(&mut self, why: &str) -> Reply {
        self.mistakes += 1;
        match self.mistakes {
            0..limits::MISTAKES => Reply::Text(format!("-ERR {why}")),
            _ => Reply::Last("-ERR closing: too many mistakes".into()),
        }
    }

    fn user(&mut self, user: &str) -> String {
        if self.mailbox.is_some() {
            return "-ERR you have logged in".into();
        }
        // Whether there is such a user is told only to whoever has the password.
        self.user = Some(user.into());
        "+OK and the password?".into()
    }

    fn pass(&mut self, password: &str) -> Reply {
        let Some(user) = self.user.take() else {
            return self.mistake("say USER first");
        };
        if self.failed_logins == limits::LOGINS {
            return Reply::Last("-ERR closing: too many failed logins".into());
        }
        let Some(address) = self.office.login(&user, password) else {
            self.failed_logins += 1;
            return Reply::Text("-ERR wrong user or password".into());
        };
        let Some(lock) = self.practice.locks.take(&address) else {
            return Reply::Text("-ERR [IN-USE] another session has this mailbox open".into());
        };
        let mailbox = self.practice.queue(self.office).mailbox(&address);
        let Ok(messages) = mailbox.and_then(|mailbox| mailbox.messages()) else {
            return Reply::Text("-ERR [SYS/TEMP] cannot read the mailbox".into());
        };
        let items = messages.into_iter().map(|message| Item { message, is_deleted: false });
        let mailbox = Mailbox { items: items.collect(), _lock: lock };
        let reply = mailbox.stat();
        self.mailbox = Some(mailbox);
        Reply::Text(reply)
    }

    /// Only here the deleted messages go, and only with `QUIT` (RFC 1939 section 6). The mailbox is free
    /// for the next session before the client hears of it.
    fn quit(&mut self) -> String {
        let result = self.mailbox.take().map_or(Ok(()), |mailbox| {
            let deleted = mailbox.items.iter().filter(|item| item.is_deleted);
            let mut result = Ok(());
            for item in deleted {
                let path = &item.message.path;
                let removed = fs::remove_file(path).and_then(|()| files::sync_folder_of(path));
                result = result.and(removed);
            }
            result
        });
        match result {
            Ok(()) => format!("+OK {} says goodbye", self.office.domain),
            Err(_) => "-ERR some deleted messages not removed".into(),
        }
    }
}

impl Mailbox {
    /// The messages that are not deleted, with their numbers.
    fn left(&self) -> impl Iterator<Item = (usize, &Message)> {
        let left = (1..).zip(&self.items).filter(|(_, item)| !item.is_deleted);
        left.map(|(number, item)| (number, &item.message))
    }

    /// The message of this number.
    fn item(&mut self, number: &str) -> Result<&mut Item, &'static str> {
        let index = parse_number(number).and_then(|number| number.checked_sub(1));
        let item = index.and_then(|index| self.items.get_mut(index as usize));
        item.filter(|item| !item.is_deleted).ok_or("no such message")
    }

    fn stat(&self) -> String {
        let size: u64 = self.left().map(|(_, message)| message.size).sum();
        format!("+OK {} {size}", self.left().count())
    }

    /// `LIST` and `UIDL`: something about one message, or about all.
    fn list(
        &mut self,
        argument: &str,
        about: impl Fn(&Message) -> String,
    ) -> Result<String, &'static str> {
        if !argument.is_empty() {
            let item = self.item(argument)?;
            return Ok(format!("+OK {argument} {}", about(&item.message)));
        }
        let mut lines = String::from("+OK");
        for (number, message) in self.left() {
            lines += &format!("\n{number} {}", about(message));
        }
        Ok(lines + "\n.")
    }

    fn dele(&mut self, argument: &str) -> Result<String, &'static str> {
        self.item(argument)?.is_deleted = true;
        Ok("+OK it will go when you QUIT".into())
    }

    fn rset(&mut self) -> String {
        for item in &mut self.items {
            item.is_deleted = false;
        }
        self.stat()
    }

    /// `RETR` and `TOP`: the message, or its header and so many lines, and how long that is.
    fn open(
        &mut self,
        verb: &str,
        argument: &str,
    ) -> Result<(io::Take<BufReader<File>>, u64), &'static str> {
        let (number, lines) = match argument.split_once(' ') {
            Some((number, lines)) if verb == "TOP" => (number, parse_number(lines)),
            None if verb == "RETR" => (argument, Some(u64::MAX)),
            _ => return Err("it is RETR number, or TOP number lines"),
        };
        let lines = lines.ok_or("how many lines?")?;
        let message = &self.item(number)?.message;
        let open = || File::open(&message.path).map(BufReader::new);
        let gone = |_| "the message is no longer there";
        let mut length = message.size;
        if verb == "TOP" {
            length = open().and_then(|file| top_length(file, lines)).map_err(gone)?;
        }
        let file = open().map_err(gone)?;
        Ok((file.take(length), length))
    }
}

/// How long the header, the empty line behind it, and `lines` lines more are.
fn top_length(message: BufReader<File>, mut lines: u64) -> io::Result<u64> {
    let (mut length, mut line_start) = (0, 0);
    let mut is_header = true;
    let mut before = 0;
    for byte in message.bytes() {
        if !is_header && lines == 0 {
            break;
        }
        let byte = byte?;
        length += 1;
        if (before, byte) == (b'\r', b'\n') {
            match is_header {
                true => is_header = length - line_start > 2,
                false => lines -= 1,
            }
            line_start = length;
        }
        before = byte;
    }
    Ok(length)
}
