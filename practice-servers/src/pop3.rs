//! POP3, the protocol in which mail is fetched (RFC 1939, RFC 2449): the office as MDA, the mail
//! program as MUA.

use std::fs::File;
use std::io::{self, BufReader};

use crate::accounts::{Office, wants_code};
use crate::connection::{Connection, parse_number};
use crate::mail::mailbox::{Lock, Maildir, Message};
use crate::session::{self, Closing, Next, Reply, Session as _};
use crate::transcript::Transcript;
use crate::trouble::{Trouble, What, Where};
use crate::{Practice, limits};

/// The office's side of one conversation.
pub struct Session<'a> {
    practice: &'a Practice,
    office: &'static Office,
    /// The user whom USER has named, until PASS.
    user: Option<String>,
    /// The mailbox that the login has opened.
    mailbox: Option<OpenMailbox<'a>>,
    failed_logins: usize,
}

/// The mailbox as it was at the login: what comes later is for the next session.
struct OpenMailbox<'a> {
    maildir: &'a Maildir,
    items: Vec<Item>,
    /// Whether the connection ends in the middle of a message.
    is_cut: bool,
    /// As long as it is held, no other session can open the mailbox.
    _lock: Lock,
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

    fn answer(&mut self, line: &str, connection: &mut Connection) -> io::Result<Reply> {
        if line.contains(char::is_control) {
            return Ok(self.refuse("a control character in a command"));
        }
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        let reply = match verb.to_ascii_uppercase().as_str() {
            "QUIT" => Reply::close(self.quit(&connection.transcript)),
            "CAPA" => "+OK\nTOP\nUIDL\nUSER\nRESP-CODES\nPIPELINING\nEXPIRE NEVER\n\
                       IMPLEMENTATION practice-servers\n."
                .into(),
            "USER" => self.user(argument),
            "PASS" => self.pass(argument, connection),
            verb => match &mut self.mailbox {
                None => Reply::mistake("-ERR log in first"),
                Some(mailbox) => {
                    let reply = mailbox.answer(verb, argument);
                    reply.unwrap_or_else(|why| format!("-ERR {why}").into())
                }
            },
        };
        Ok(reply)
    }

    fn has_logged_in(&self) -> bool {
        self.mailbox.is_some()
    }

    fn refuse(&mut self, why: &str) -> Reply {
        Reply::mistake(format!("-ERR {why}"))
    }

    fn closing(&self, why: Closing) -> &'static str {
        match why {
            // The server says nothing, and deletes nothing (RFC 1939 section 3).
            Closing::Late => "",
            Closing::Mistakes => "-ERR closing: too many mistakes",
            Closing::Logins => "-ERR closing: too many failed logins",
        }
    }
}

impl<'a> Session<'a> {
    /// A conversation that has just begun.
    pub fn new(practice: &'a Practice, office: &'static Office) -> Self {
        Session { practice, office, user: None, mailbox: None, failed_logins: 0 }
    }

    fn user(&mut self, user: &str) -> Reply {
        if self.mailbox.is_some() {
            return "-ERR you have logged in".into();
        }
        // Without the password, nobody learns whether there is such a user.
        self.user = Some(user.into());
        "+OK and the password?".into()
    }

    fn pass(&mut self, password: &str, connection: &mut Connection) -> Reply {
        let Some(user) = self.user.take() else {
            return Reply::mistake("-ERR say USER first");
        };
        if self.failed_logins == limits::LOGINS {
            return Reply::close(self.closing(Closing::Logins));
        }
        let (user, trouble) = Trouble::of_address(Where::MailboxLogin, &user);
        let Some(address) = self.office.login(&user, password) else {
            self.failed_logins += 1;
            if wants_code(&user) {
                return "-ERR Login Fail. Please enter your authorization code to login.".into();
            }
            return "-ERR wrong user or password".into();
        };
        let trouble = trouble.map(|trouble| trouble.what);
        connection.is_slow = trouble == Some(What::Slow);
        if trouble == Some(What::InUse) {
            return IN_USE.into();
        }
        let Some(lock) = self.practice.locks.take(&address, limits::IN_USE) else {
            return IN_USE.into();
        };
        let Some(maildir) = self.practice.queue(self.office).mailbox(&address) else {
            return "-ERR you have no mailbox".into();
        };
        let messages = match maildir.messages() {
            Ok(messages) => messages,
            Err(error) => {
                let folder = maildir.folder().display();
                connection.transcript.failed(format!("cannot read {folder}: {error}"));
                return "-ERR [SYS/TEMP] cannot read the mailbox: come again later".into();
            }
        };
        let items = messages.into_iter().map(|message| Item { message, is_deleted: false });
        let is_cut = trouble == Some(What::Cut);
        let mailbox = OpenMailbox { maildir, items: items.collect(), is_cut, _lock: lock };
        let reply = mailbox.stat();
        self.mailbox = Some(mailbox);
        reply.into()
    }

    /// Removes the deleted messages: only QUIT does so (RFC 1939 section 6). The next session can
    /// open the mailbox as soon as the client has the reply.
    fn quit(&mut self, transcript: &Transcript) -> String {
        if let Some(OpenMailbox { maildir, items, .. }) = self.mailbox.take() {
            let deleted = items.iter().filter(|item| item.is_deleted);
            if let Err(error) = maildir.remove(deleted.map(|item| &item.message)) {
                let folder = maildir.folder().display();
                transcript.failed(format!("cannot remove all messages from {folder}: {error}"));
                return "-ERR some deleted messages not removed".into();
            }
        }
        format!("+OK {} says goodbye", self.office.domain)
    }
}

impl OpenMailbox<'_> {
    /// The commands for those who have logged in.
    fn answer(&mut self, verb: &str, argument: &str) -> Result<Reply, &'static str> {
        Ok(match verb {
            "STAT" => self.stat().into(),
            "LIST" => self.list(argument, |message| message.size.to_string())?.into(),
            "UIDL" => self.list(argument, |message| message.uid.clone())?.into(),
            "DELE" => self.dele(argument)?.into(),
            "RSET" => self.rset().into(),
            "NOOP" => "+OK here I am".into(),
            "RETR" => self.retr(argument)?,
            "TOP" => self.top(argument)?,
            _ => Reply::mistake("-ERR no such command"),
        })
    }

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

    fn retr(&mut self, argument: &str) -> Result<Reply, &'static str> {
        let maildir = self.maildir;
        let is_cut = self.is_cut;
        let message = &self.item(argument)?.message;
        let file = open(maildir, message)?;
        let next = if is_cut { Next::HalfMessage(file) } else { Next::Message(file, None) };
        Ok(Reply { text: format!("+OK {} octets", message.size), next })
    }

    /// The header and so many lines more.
    fn top(&mut self, argument: &str) -> Result<Reply, &'static str> {
        let (number, lines) = argument.split_once(' ').ok_or("it is TOP number lines")?;
        let lines = parse_number(lines).ok_or("how many lines?")?;
        let maildir = self.maildir;
        let message = &self.item(number)?.message;
        let next = Next::Message(open(maildir, message)?, Some(lines));
        Ok(Reply { text: "+OK".into(), next })
    }
}

fn open(maildir: &Maildir, message: &Message) -> Result<BufReader<File>, &'static str> {
    let file = maildir.open_message(message).map_err(|_| "the message is no longer there")?;
    // A short message needs no large buffer.
    let size = limits::PIECE.min(message.size as usize + 1);
    Ok(BufReader::with_capacity(size, file))
}
