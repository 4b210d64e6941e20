//! POP3, the protocol in which mail is fetched (RFC 1939, RFC 2449): the office as MDA, the mail
//! program as MUA.

use std::fs::File;
use std::io::{BufReader, Write};

use shared::log::Kind;

use crate::accounts::Office;
use crate::connection::{Connection, parse_number};
use crate::mail::mailbox::{Lock, Maildir, Message};
use crate::session::{self, Answer, Next, Reply};
use crate::transcript::Transcript;
use crate::trouble::{Trouble, What, Where};
use crate::{Practice, dots, limits};

/// The office's side of one conversation.
pub struct Session<'a> {
    practice: &'a Practice,
    office: &'static Office,
    /// The user whom USER has named, until PASS.
    user: Option<String>,
    /// The mailbox that the login has opened.
    mailbox: Option<OpenMailbox<'a>>,
}

/// The mailbox as it was at the login: what comes later is for the next session.
struct OpenMailbox<'a> {
    maildir: &'a Maildir,
    items: Vec<Item>,
    /// Whether the connection ends in the middle of a message.
    is_cut: bool,
    /// As long as it is held, no other session can open the mailbox.
    _lock: Lock<'a>,
}

struct Item {
    message: Message,
    is_deleted: bool,
}

const IN_USE: &str = "-ERR [IN-USE] another session has this mailbox open";

impl session::Session for Session<'_> {
    fn greeting(&self) -> String {
        format!("+OK {} POP3 practice server", self.office.domain)
    }

    fn commands(&self) -> &'static str {
        "CAPA DELE LIST NOOP PASS QUIT RETR RSET STAT TOP UIDL USER"
    }

    fn answer(&mut self, verb: &str, argument: &str, connection: &mut Connection) -> Answer {
        match verb {
            "QUIT" => Ok(Reply::close(self.quit(&connection.transcript))),
            "CAPA" => Ok("+OK\nTOP\nUIDL\nUSER\nRESP-CODES\nPIPELINING\nEXPIRE NEVER\n\
                          IMPLEMENTATION practice-servers\n."
                .into()),
            "USER" => self.user(argument),
            "PASS" => self.pass(argument, connection),
            verb => match &mut self.mailbox {
                None => Err(Reply::mistake("-ERR log in first")),
                Some(mailbox) => mailbox.answer(verb, argument, connection),
            },
        }
    }

    fn has_logged_in(&self) -> bool {
        self.mailbox.is_some()
    }

    fn refusal(&self) -> &'static str {
        "-ERR"
    }

    fn farewell(&self) -> &'static str {
        "-ERR"
    }
}

impl<'a> Session<'a> {
    /// A conversation that has just begun.
    pub fn new(practice: &'a Practice, office: &'static Office) -> Self {
        Session { practice, office, user: None, mailbox: None }
    }

    fn user(&mut self, user: &str) -> Answer {
        if self.mailbox.is_some() {
            return Err("-ERR you have logged in".into());
        }
        // Without the password, nobody learns whether there is such a user.
        self.user = Some(user.into());
        Ok("+OK and the password?".into())
    }

    fn pass(&mut self, password: &str, connection: &mut Connection) -> Answer {
        let user = self.user.take().ok_or(Reply::mistake("-ERR say USER first"))?;
        let (user, trouble) = Trouble::of_address(Where::MailboxLogin, &user);
        let refusal = |why| Reply::new(format!("-ERR {why}"), Next::LineAfterFailedLogin);
        let address = self.office.login(&user, password).map_err(refusal)?;
        let trouble = trouble.map(|trouble| trouble.what);
        connection.is_slow = trouble == Some(What::Slow);
        if trouble == Some(What::InUse) {
            return Err(IN_USE.into());
        }
        let maildir = self.practice.queue(self.office).mailbox(&address);
        let maildir = maildir.ok_or("-ERR you have no mailbox")?;
        let lock = maildir.lock(limits::IN_USE).ok_or(IN_USE)?;
        let messages = maildir.messages().map_err(|error| {
            let folder = maildir.folder.display();
            connection.transcript.failed(format!("cannot read {folder}: {error}"));
            "-ERR [SYS/TEMP] cannot read the mailbox: come again later"
        })?;
        let items = messages.into_iter().map(|message| Item { message, is_deleted: false });
        let is_cut = trouble == Some(What::Cut);
        let mailbox = OpenMailbox { maildir, items: items.collect(), is_cut, _lock: lock };
        Ok(self.mailbox.insert(mailbox).stat())
    }

    /// Removes the deleted messages: only QUIT does so (RFC 1939 section 6). The next session can
    /// open the mailbox as soon as the client has the reply.
    fn quit(&mut self, transcript: &Transcript) -> String {
        if let Some(OpenMailbox { maildir, items, .. }) = self.mailbox.take() {
            let deleted = items.iter().filter(|item| item.is_deleted);
            if let Err(error) = maildir.remove(deleted.map(|item| &item.message)) {
                let folder = maildir.folder.display();
                transcript.failed(format!("cannot remove all messages from {folder}: {error}"));
                return "-ERR some deleted messages not removed".into();
            }
        }
        format!("+OK {} says goodbye", self.office.domain)
    }
}

impl OpenMailbox<'_> {
    /// The commands for those who have logged in.
    fn answer(&mut self, verb: &str, argument: &str, connection: &mut Connection) -> Answer {
        match verb {
            "STAT" => Ok(self.stat()),
            "LIST" => self.list(argument, |message| message.size.to_string()),
            "UIDL" => self.list(argument, |message| message.uid.clone()),
            "DELE" => {
                self.item(argument)?.is_deleted = true;
                Ok("+OK it will go when you QUIT".into())
            }
            "RSET" => {
                self.items.iter_mut().for_each(|item| item.is_deleted = false);
                Ok(self.stat())
            }
            "NOOP" => Ok("+OK here I am".into()),
            "RETR" => {
                let is_cut = self.is_cut;
                let (message, file) = self.open(argument)?;
                connection.send(&format!("+OK {} octets", message.size))?;
                if is_cut { send_half(file, connection) } else { send(file, None, connection) }
            }
            // The header, and as many lines more as the client asks for.
            "TOP" => {
                let (number, lines) = argument.split_once(' ').unwrap_or((argument, ""));
                let lines = parse_number(lines).ok_or("-ERR it is TOP number lines")?;
                let (_, file) = self.open(number)?;
                connection.send("+OK")?;
                send(file, Some(lines), connection)
            }
            _ => Err(Reply::mistake("-ERR no such command")),
        }
    }

    /// The messages that are not deleted, with their numbers.
    fn left(&self) -> impl Iterator<Item = (usize, &Message)> {
        let left = (1..).zip(&self.items).filter(|(_, item)| !item.is_deleted);
        left.map(|(number, item)| (number, &item.message))
    }

    /// The message of this number.
    fn item(&mut self, number: &str) -> Answer<&mut Item> {
        let index = parse_number(number).and_then(|number| number.checked_sub(1));
        let item = index.and_then(|index| self.items.get_mut(index as usize));
        Ok(item.filter(|item| !item.is_deleted).ok_or("-ERR no such message")?)
    }

    fn stat(&self) -> Reply {
        let size: u64 = self.left().map(|(_, message)| message.size).sum();
        format!("+OK {} {size}", self.left().count()).into()
    }

    /// `LIST` and `UIDL`: something about one message, or about all.
    fn list(&mut self, argument: &str, about: impl Fn(&Message) -> String) -> Answer {
        if !argument.is_empty() {
            let about = about(&self.item(argument)?.message);
            return Ok(format!("+OK {argument} {about}").into());
        }
        let lines = self.left().map(|(number, message)| format!("{number} {}\n", about(message)));
        let lines: String = lines.collect();
        Ok(format!("+OK\n{lines}.").into())
    }

    /// The message of this number, to be read.
    fn open(&mut self, number: &str) -> Answer<(&Message, BufReader<File>)> {
        let maildir = self.maildir;
        let message = &self.item(number)?.message;
        let file = maildir.open_message(message);
        let file = file.map_err(|_| "-ERR the message is no longer there")?;
        // A short message needs no large buffer.
        let size = limits::PIECE.min(message.size as usize + 1);
        Ok((message, BufReader::with_capacity(size, file)))
    }
}

/// Sends a message, or its header and at most this many lines, and the line with a dot that ends
/// it. After that, the reply has nothing left to say.
fn send(mut message: BufReader<File>, lines: Option<u64>, connection: &mut Connection) -> Answer {
    let stream = connection.stream.get_mut();
    let transcript = &connection.transcript;
    let mut sent = 0;
    let length = dots::send(&mut message, lines, |part| {
        transcript.part(Kind::Sent, sent, part);
        sent += part.len() as u64;
        stream.write_all(part)
    })?;
    stream.flush()?;
    transcript.told(Kind::Sent, format!("message of {length} bytes"));
    Ok("".into())
}

/// Sends half of a message, and closes the connection.
fn send_half(mut message: BufReader<File>, connection: &mut Connection) -> Answer {
    let mut bytes = Vec::new();
    dots::send(&mut message, None, |part| bytes.write_all(part))?;
    connection.write(&bytes[..bytes.len() / 2])?;
    connection.transcript.said("cuts the connection in the middle of the message");
    Ok(Reply::close(""))
}
