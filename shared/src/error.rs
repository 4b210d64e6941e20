//! The one error type: a line that says what failed and why, and a hint that says what to do next.

use std::error::Error as Source;
use std::fmt::{self, Debug, Display, Formatter};
use std::io::{self, ErrorKind};
use std::iter;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use crate::print::visible;

/// What a lesson's `main` and its functions return.
pub type Result<T = ()> = std::result::Result<T, Error>;

/// A failure: `main` returns it, and the standard library prints its [`Debug`] form and ends with
/// status 1.
pub struct Error {
    message: String,
    hint: String,
}

impl Error {
    /// A failure in words of its own: what failed and why, and what to do next, a line each.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Error { message: message.into(), hint: hint.into() }
    }
}

/// The message alone, in one line: for a log.
impl Display for Error {
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        formatter.write_str(&visible(&self.message, false))
    }
}

/// The message and the hint, in two lines: for the end of a program.
impl Debug for Error {
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        write!(formatter, "{self}\nhint: {}", visible(&self.hint, false))
    }
}

/// Turns the error of a call into an [`Error`] that names what was being done, and to whom.
pub trait OrCannot<T> {
    /// `socket.send_to(datagram, peer).or_cannot("answer", peer)?` fails as
    /// `cannot answer 127.0.0.1:4321: ...`, with a hint that fits the cause.
    ///
    /// # Errors
    /// The call's own, explained.
    fn or_cannot(self, doing: &str, whom: impl Display) -> Result<T>;
}

impl<T, E: Source + 'static> OrCannot<T> for std::result::Result<T, E> {
    fn or_cannot(self, doing: &str, whom: impl Display) -> Result<T> {
        self.map_err(|error| explain(doing, &whom.to_string(), &error))
    }
}

/// Makes a call that waits for a peer with a time-out, and makes it again when a debugger that
/// stops the program, or Ctrl-Z, has ended the wait early.
///
/// # Errors
/// The call's own.
pub fn wait<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            result => return result,
        }
    }
}

/// The same for a call on a connected UDP socket. Over UDP nothing can be reset, and so an error of
/// this name, with which Windows reports a closed port, becomes what it means: `ConnectionRefused`.
///
/// # Errors
/// The call's own.
pub fn wait_udp<T>(call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    wait(call).map_err(|error| match error.kind() {
        ErrorKind::ConnectionReset => ErrorKind::ConnectionRefused.into(),
        _ => error,
    })
}

/// For an address, its setting and a way to start the other side there, as hints say them.
static KNOWN: Mutex<Vec<(String, String, String)>> = Mutex::new(Vec::new());

/// Keeps in mind that an address comes from `setting`, and how to `start` the other side there.
pub(crate) fn remember(addr: SocketAddr, setting: String, start: String) {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.push((addr.to_string(), setting, start));
}

const OTHER: &str = "check what the line above names; --help shows the settings as they are";

/// Says in plain words why it failed, and what to do next.
fn explain(doing: &str, whom: &str, error: &(dyn Source + 'static)) -> Error {
    use ErrorKind::*;

    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let newest = known.iter().rev().find(|(addr, ..)| addr == whom);
    let (_, setting, start) = newest.cloned().unwrap_or_default();
    let mut sources = iter::successors(Some(error), |&error| error.source());
    let kind = sources.find_map(|error| error.downcast_ref().map(io::Error::kind));
    let kind = match kind.unwrap_or(Other) {
        // The system says so of a wait that ran out, and also when it has no more threads.
        WouldBlock if !doing.starts_with("start") => TimedOut,
        kind => kind,
    };
    let hint = match kind {
        TimedOut => "is the other side running? try again, or wait longer: --timeout 60",
        WouldBlock => "the system has no more threads: wait until some clients have left",
        ConnectionRefused => &format!("nobody listens at {whom}: start the other side{start}"),
        ConnectionReset | ConnectionAborted | NotConnected | BrokenPipe | UnexpectedEof => {
            &format!("the other side broke off: see what it says, or start it again{start}")
        }
        AddrInUse => &format!("stop the program that uses this port, or choose another: {setting}"),
        AddrNotAvailable => "this machine has no such address; 127.0.0.1 is always itself",
        PermissionDenied if setting.is_empty() => "check who may read and write it",
        PermissionDenied => &format!("not everybody may use this port, choose another: {setting}"),
        NetworkUnreachable | HostUnreachable => "check the address, and your own network",
        StorageFull | QuotaExceeded => "make room on the disk, or write elsewhere",
        NotFound => "check the path",
        // The system says more in its own words.
        _ => return Error::new(format!("cannot {doing} {whom}: {error}"), OTHER),
    };
    Error::new(format!("cannot {doing} {whom}: {kind}"), hint)
}
