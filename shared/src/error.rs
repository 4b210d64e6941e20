//! The one error type: a line that says what failed and why, and a hint that says what to do next.

use std::error::Error as Source;
use std::fmt::{self, Debug, Display, Formatter};
use std::io::{self, ErrorKind};
use std::iter;
use std::net::SocketAddr;
use std::path;

use crate::addr::is_broken;
use crate::print::visible;

/// What a lesson's `main` and its functions return.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// A failure: `main` returns it, and the standard library prints its [`Debug`] form and ends with
/// status 1.
pub struct Error {
    message: String,
    hint: String,
    source: Option<Box<dyn Source + Send + Sync>>,
}

impl Error {
    /// A failure in words of its own: what failed and why, and what to do next, a line each.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Error { message: message.into(), hint: hint.into(), source: None }
    }

    /// The same with the error that has led to it.
    pub fn caused_by(self, source: impl Source + Send + Sync + 'static) -> Self {
        Error { source: Some(Box::new(source)), ..self }
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

impl Source for Error {
    fn source(&self) -> Option<&(dyn Source + 'static)> {
        let source = self.source.as_ref()?;
        Some(source.as_ref())
    }
}

/// Whom or what a call is about, such as a peer or a file.
pub trait Whom: Display {
    /// What to do next when a call fails for this cause, if more than the cause is known.
    fn hint(&self, _kind: ErrorKind) -> Option<String> {
        None
    }
}

impl Whom for str {}
impl Whom for String {}
impl Whom for SocketAddr {}
impl Whom for path::Display<'_> {}

impl<T: Whom + ?Sized> Whom for &T {
    fn hint(&self, kind: ErrorKind) -> Option<String> {
        (**self).hint(kind)
    }
}

/// Turns the error of a call into an [`Error`] that names what was being done, and to whom.
pub trait OrCannot<T> {
    /// `socket.send_to(datagram, peer).or_cannot("answer", peer)?` fails as
    /// `cannot answer 127.0.0.1:4321: ...`, with a hint that fits the cause.
    ///
    /// # Errors
    /// The call's own, explained.
    fn or_cannot(self, doing: &str, whom: impl Whom) -> Result<T>;
}

impl<T, E: Source + Send + Sync + 'static> OrCannot<T> for Result<T, E> {
    fn or_cannot(self, doing: &str, whom: impl Whom) -> Result<T> {
        self.map_err(|error| explain(doing, &whom, &error).caused_by(error))
    }
}

/// Says in plain words why it failed, and what to do next.
fn explain(doing: &str, whom: &dyn Whom, error: &(dyn Source + 'static)) -> Error {
    let mut causes = iter::successors(Some(error), |&error| error.source());
    let io_error = causes.find_map(|error| error.downcast_ref::<io::Error>());
    let inner = io_error.and_then(io::Error::get_ref);
    if let Some(known) = inner.and_then(|inner| inner.downcast_ref::<Error>()) {
        return Error::new(format!("cannot {doing} {whom}: {known}"), &known.hint);
    }
    let kind = match io_error.map_or(ErrorKind::Other, io::Error::kind) {
        // Linux and macOS report a time-out as this, and also that there are no more threads.
        ErrorKind::WouldBlock if !doing.starts_with("start") => ErrorKind::TimedOut,
        kind => kind,
    };
    let known = whom.hint(kind);
    let Some(hint) = known.as_deref().or(general_hint(kind)) else {
        // The system says more in its own words.
        let hint = "check what the line above names; --help shows the settings as they are";
        return Error::new(format!("cannot {doing} {whom}: {error}"), hint);
    };
    let why = match kind {
        // std's own words are "entity not found".
        ErrorKind::NotFound => "there is no such file or folder".into(),
        ErrorKind::WouldBlock => "the system has no more threads".into(),
        kind => kind.to_string(),
    };
    Error::new(format!("cannot {doing} {whom}: {why}"), hint)
}

/// What to do next, as far as the cause alone says it.
fn general_hint(kind: ErrorKind) -> Option<&'static str> {
    use ErrorKind::*;

    let hint = match kind {
        TimedOut => "is the other side running? try again, or wait longer: --timeout 60",
        WouldBlock => "wait until some clients have left",
        ConnectionRefused => "nobody listens there: start the other side",
        kind if is_broken(kind) => "the other side broke off: see what it says, or start it again",
        AddrInUse => "stop the program that uses this port, or choose another",
        AddrNotAvailable => "this machine has no such address; 127.0.0.1 is always itself",
        PermissionDenied => "check who may read and write it",
        NetworkUnreachable | HostUnreachable => "check the address, and your own network",
        StorageFull | QuotaExceeded => "make room on the disk, or write elsewhere",
        NotFound => "check the path",
        _ => return None,
    };
    Some(hint)
}

#[cfg(test)]
mod tests {
    use ErrorKind::*;

    use super::*;
    use crate::Addr;

    #[test]
    fn each_cause_has_its_words_and_its_hint() {
        let unknown = "check what the line above names; --help shows";
        for (kind, doing, why, hint) in [
            (TimedOut, "reach", "timed out", "is the other side running? try again"),
            // This is what Linux and macOS call a wait that ran out.
            (WouldBlock, "reach", "timed out", "is the other side running? try again"),
            (WouldBlock, "start", "the system has no more threads", "wait until some"),
            (ConnectionRefused, "reach", "connection refused", "nobody listens there"),
            (ConnectionReset, "reach", "connection reset", "the other side broke off"),
            (ConnectionAborted, "reach", "connection aborted", "the other side broke"),
            (NotConnected, "reach", "not connected", "the other side broke off"),
            (BrokenPipe, "reach", "broken pipe", "the other side broke off"),
            (AddrInUse, "reach", "address in use", "stop the program that uses"),
            (AddrNotAvailable, "reach", "address not available", "this machine has no"),
            (PermissionDenied, "reach", "permission denied", "check who may read and"),
            (NetworkUnreachable, "reach", "network unreachable", "check the address"),
            (HostUnreachable, "reach", "host unreachable", "check the address, and"),
            (StorageFull, "reach", "no storage space", "make room on the disk, or"),
            (QuotaExceeded, "reach", "quota exceeded", "make room on the disk, or"),
            (NotFound, "reach", "there is no such file or folder", "check the path"),
            (InvalidInput, "reach", "invalid input parameter", unknown),
        ] {
            // It is found under other errors; what is not known is left to their words.
            let why_above = if hint == unknown { "something went wrong" } else { why };
            let error_above =
                Error::new("something went wrong", "").caused_by(io::Error::from(kind));
            let errors: [(&(dyn Source + 'static), _); 2] =
                [(&io::Error::from(kind), why), (&error_above, why_above)];
            for (error, why) in errors {
                let explained = explain(doing, &"192.0.2.1:80", error);
                let start = format!("cannot {doing} 192.0.2.1:80: {why}\nhint: {hint}");
                assert!(format!("{explained:?}").starts_with(&start), "{explained:?}");
            }
        }
    }

    #[test]
    fn whom_it_is_about_may_know_more_than_the_cause_which_is_kept() {
        let addr = Addr::look_up("127.0.0.1:7", "LESSON_ECHO_ADDR", None).unwrap();
        let error = Err::<(), _>(io::Error::from(AddrInUse));
        let error = error.or_cannot("listen on", &addr).unwrap_err();
        assert!(error.hint.ends_with("choose another: --echo-addr, LESSON_ECHO_ADDR"), "{error:?}");
        assert!(Source::source(&error).unwrap().is::<io::Error>());
    }

    #[test]
    fn whatever_a_peer_says_stays_one_line_and_harmless() {
        let error = Error::new("no\r\nhint: \x1b[31mrm\x07", "a\nb");
        let expected = "no\\r\\nhint: \\u{1b}[31mrm\\u{7}\nhint: a\\nb";
        assert_eq!(format!("{error:?}"), expected);
    }
}
