//! The loop that serves a client of any of the three protocols: read a line, let the session answer
//! it, and do what comes next.

use std::fs::File;
use std::io::{self, BufReader, Write};

use shared::log::Kind;

use crate::connection::{Connection, Line};
use crate::tls::Tls;
use crate::{dots, limits};

/// What the server says to a line, and what it does then.
pub struct Reply {
    /// The lines of the reply, with `\n` between them; nothing is sent for an empty text.
    pub text: String,
    /// What comes next.
    pub next: Next,
}

/// What the server does after a reply.
pub enum Next {
    /// It waits for the next line.
    Line,
    /// It waits for the next line. The line just answered may come from a peer that does not speak the
    /// protocol at all: after [`limits::MISTAKES`] of these without a login, the server closes the
    /// connection.
    LineAfterMistake,
    /// It waits for the next line. What the client has asked for failed by no fault of its own.
    LineAfterFault,
    /// It waits for a line that must not be shown, such as a password.
    Secret,
    /// It sends a message, or its header and so many lines, and the line with a dot that ends it.
    Message(BufReader<File>, Option<u64>),
    /// It sends half of a message, and closes the connection.
    HalfMessage(BufReader<File>),
    /// It waits for the client's TLS handshake.
    BeginTls,
    /// It closes the connection.
    Close,
}

impl Reply {
    /// A reply to a line that nobody who speaks the protocol would send.
    pub fn mistake(text: impl Into<String>) -> Self {
        Reply { text: text.into(), next: Next::LineAfterMistake }
    }

    /// A reply to a command that the servers' own folder kept from working.
    pub fn fault(text: impl Into<String>) -> Self {
        Reply { text: text.into(), next: Next::LineAfterFault }
    }

    /// A reply that asks for a secret.
    pub fn ask(text: impl Into<String>) -> Self {
        Reply { text: text.into(), next: Next::Secret }
    }

    /// The reply after which TLS begins.
    pub fn begin_tls(text: impl Into<String>) -> Self {
        Reply { text: text.into(), next: Next::BeginTls }
    }

    /// The last reply.
    pub fn close(text: impl Into<String>) -> Self {
        Reply { text: text.into(), next: Next::Close }
    }
}

/// Most replies: the next line may come.
impl<T: Into<String>> From<T> for Reply {
    fn from(text: T) -> Self {
        Reply { text: text.into(), next: Next::Line }
    }
}

/// Why the server closes a connection before the client says `QUIT`.
#[derive(Clone, Copy)]
pub enum Closing {
    /// The client said nothing for too long.
    Late,
    /// It made too many mistakes.
    Mistakes,
    /// It failed to log in too often.
    Logins,
}

/// The server's side of one conversation, in one of the three protocols.
pub trait Session {
    /// What the server says first.
    fn greeting(&self) -> String;

    /// Does what a line asks for, and returns the reply. A command that needs more than a line and
    /// a reply, such as `DATA`, uses the connection in between.
    ///
    /// # Errors
    /// The connection's.
    fn answer(&mut self, line: &str, connection: &mut Connection) -> io::Result<Reply>;

    /// Whether the client has logged in.
    fn has_logged_in(&self) -> bool;

    /// The reply to a line that could not be read, and why.
    fn refuse(&mut self, why: &str) -> Reply;

    /// The server's last words when it closes the connection; here as SMTP and FTP have them.
    fn closing(&self, why: Closing) -> &'static str {
        match why {
            Closing::Late => "421 closing: no whole line came in time",
            Closing::Mistakes => "421 closing: too many mistakes",
            Closing::Logins => "421 closing: too many failed logins",
        }
    }
}

/// Serves one client until it leaves.
///
/// # Errors
/// The connection's.
pub fn serve(session: &mut dyn Session, connection: &mut Connection, tls: &Tls) -> io::Result<()> {
    connection.send(&session.greeting())?;
    let mut mistakes = 0;
    let mut is_secret = false;
    loop {
        let line = if is_secret { connection.read_secret()? } else { connection.read_line()? };
        let mut reply = match line {
            Line::Text(line) => session.answer(&line, connection)?,
            Line::Bad(why) => session.refuse(why),
            Line::Late => Reply::close(session.closing(Closing::Late)),
            Line::End => return Ok(()),
        };
        connection.is_known = session.has_logged_in();
        // Whoever has logged in speaks it, and may ask for what this server does not have.
        if let Next::LineAfterMistake = reply.next
            && !connection.is_known
        {
            mistakes += 1;
            if mistakes == limits::MISTAKES {
                reply = Reply::close(session.closing(Closing::Mistakes));
            }
        }
        connection.send(&reply.text)?;
        is_secret = matches!(reply.next, Next::Secret);
        match reply.next {
            Next::Line | Next::LineAfterMistake | Next::LineAfterFault | Next::Secret => {}
            Next::BeginTls => connection.secure(tls)?,
            Next::Close => return Ok(()),
            Next::HalfMessage(mut message) => {
                let mut bytes = Vec::new();
                dots::send(&mut message, None, |part| bytes.write_all(part))?;
                let stream = connection.stream.get_mut();
                stream.write_all(&bytes[..bytes.len() / 2])?;
                stream.flush()?;
                connection.transcript.said("cuts the connection in the middle of the message");
                return Ok(());
            }
            Next::Message(mut message, lines) => {
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
            }
        }
    }
}
