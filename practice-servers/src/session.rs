//! The loop that serves a client of any of the three protocols: read a line, let the session answer
//! it, and do what comes next.

use std::io;

use crate::connection::{Connection, Line};
use crate::limits;
use crate::tls::Tls;

/// What the server says to a command, and what it does then.
pub struct Reply {
    /// The lines of the reply, with `\n` between them; nothing is sent for an empty text.
    pub text: String,
    /// What comes next.
    pub next: Next,
}

/// A reply, whether the command was done (`Ok`) or refused (`Err`). So `?` returns a refusal early.
pub type Answer<T = Reply> = Result<T, Reply>;

/// What the server does after a reply.
pub enum Next {
    /// It waits for the next line.
    Line,
    /// It waits for the next line. The command may come from a peer that does not speak the
    /// protocol at all: after [`limits::MISTAKES`] of these without a login, the server closes the
    /// connection.
    LineAfterMistake,
    /// It waits for the next line. The client has failed to log in: after [`limits::LOGINS`] of
    /// these, the next one closes the connection.
    LineAfterFailedLogin,
    /// It waits for the next line. What the client has asked for failed by no fault of its own.
    LineAfterFault,
    /// It waits for the client's TLS handshake.
    BeginTls,
    /// It closes the connection.
    Close,
    /// There is no connection any more.
    Broken(io::Error),
}

impl Reply {
    /// A reply, and what comes next.
    pub fn new(text: impl Into<String>, next: Next) -> Self {
        Reply { text: text.into(), next }
    }

    /// A reply to a command that nobody who speaks the protocol would send.
    pub fn mistake(text: impl Into<String>) -> Self {
        Reply::new(text, Next::LineAfterMistake)
    }

    /// The last reply.
    pub fn close(text: impl Into<String>) -> Self {
        Reply::new(text, Next::Close)
    }
}

/// Most replies: the next line may come.
impl From<&str> for Reply {
    fn from(text: &str) -> Self {
        Reply::new(text, Next::Line)
    }
}

impl From<String> for Reply {
    fn from(text: String) -> Self {
        Reply::new(text, Next::Line)
    }
}

/// What to do when the connection breaks off in the midst of a command.
impl From<io::Error> for Reply {
    fn from(error: io::Error) -> Self {
        Reply::new("", Next::Broken(error))
    }
}

/// The server's side of one conversation, in one of the three protocols.
pub trait Session {
    /// What the server says first.
    fn greeting(&self) -> String;

    /// Its commands, with a blank between them.
    fn commands(&self) -> &'static str;

    /// Does what a command asks for, and returns the reply. `verb` is in capitals. A command that
    /// needs more than a line and a reply, such as `DATA`, uses the connection in between.
    fn answer(&mut self, verb: &str, argument: &str, connection: &mut Connection) -> Answer;

    /// Whether the client has logged in.
    fn has_logged_in(&self) -> bool;

    /// How the reply begins to a line that cannot be read; here as SMTP and FTP have it.
    fn refusal(&self) -> &'static str {
        "500"
    }

    /// How the last reply begins when the server closes before the client says `QUIT`.
    fn farewell(&self) -> &'static str {
        "421"
    }
}

/// Serves one client until it leaves.
pub fn serve(session: &mut dyn Session, connection: &mut Connection, tls: &Tls) -> io::Result<()> {
    connection.send(&session.greeting())?;
    let farewell = session.farewell();
    let mut mistakes = 0;
    let mut failed_logins = 0;
    loop {
        let mut reply = match connection.read_line(session.commands())? {
            Line::Text(line) => {
                let (verb, argument) = line.split_once(' ').unwrap_or((&line, ""));
                let answer = session.answer(&verb.to_ascii_uppercase(), argument, connection);
                answer.unwrap_or_else(|refusal| refusal)
            }
            Line::Bad(why) => Reply::mistake(format!("{} {why}", session.refusal())),
            Line::Late => Reply::close(format!("{farewell} closing: no whole line came in time")),
            Line::End => return Ok(()),
        };
        connection.is_known = session.has_logged_in();
        match reply.next {
            // Whoever has logged in speaks it, and may ask for what this server does not have.
            Next::LineAfterMistake if !connection.is_known => mistakes += 1,
            Next::LineAfterFailedLogin => failed_logins += 1,
            _ => {}
        }
        if mistakes == limits::MISTAKES {
            reply = Reply::close(format!("{farewell} closing: too many mistakes"));
        } else if failed_logins > limits::LOGINS {
            reply = Reply::close(format!("{farewell} closing: too many failed logins"));
        }
        connection.send(&reply.text)?;
        match reply.next {
            Next::BeginTls => connection.secure(tls)?,
            Next::Close => return Ok(()),
            Next::Broken(error) => return Err(error),
            _ => {}
        }
    }
}
