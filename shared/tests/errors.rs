//! The causes of failures that learners meet: the line that says so, and the hint.
#![cfg(test)]

use std::fmt::{self, Display, Formatter};
use std::io::{Error, ErrorKind};

use shared::OrCannot;

/// The two lines of an I/O error of this kind, without what is the same in all of them.
fn explained(kind: ErrorKind, doing: &str) -> (String, String) {
    let failed: Result<(), _> = Err(Error::from(kind));
    let error = failed.or_cannot(doing, "192.0.2.1:80").unwrap_err();
    let lines = format!("{error:?}");
    let (message, hint) = lines.split_once("\nhint: ").unwrap();
    assert_eq!(message, error.to_string());
    let why = message.strip_prefix(&format!("cannot {doing} 192.0.2.1:80: ")).unwrap();
    (why.to_string(), hint.to_string())
}

#[track_caller]
fn is(kind: ErrorKind, why: &str, hint: &str) {
    assert_eq!(explained(kind, "reach"), (why.to_string(), hint.to_string()));
}

#[test]
fn each_cause_has_its_words_and_its_hint() {
    let silent = "is the other side running? try again, or wait longer: --timeout 60";
    is(ErrorKind::TimedOut, "timed out", silent);
    // This is what Linux and macOS call a wait that ran out.
    is(ErrorKind::WouldBlock, "timed out", silent);
    let nobody = "nobody listens there: start the other side";
    is(ErrorKind::ConnectionRefused, "connection refused", nobody);
    let broken = "the other side broke off: see what it says, or start it again";
    is(ErrorKind::ConnectionReset, "connection reset", broken);
    is(ErrorKind::ConnectionAborted, "connection aborted", broken);
    is(ErrorKind::NotConnected, "not connected", broken);
    is(ErrorKind::BrokenPipe, "broken pipe", broken);
    let taken = "stop the program that uses this port, or choose another";
    is(ErrorKind::AddrInUse, "address in use", taken);
    let foreign = "this machine has no such address; 127.0.0.1 is always itself";
    is(ErrorKind::AddrNotAvailable, "address not available", foreign);
    let forbidden = "check who may read and write it";
    is(ErrorKind::PermissionDenied, "permission denied", forbidden);
    let unreachable = "check the address, and your own network";
    is(ErrorKind::NetworkUnreachable, "network unreachable", unreachable);
    is(ErrorKind::HostUnreachable, "host unreachable", unreachable);
    is(ErrorKind::StorageFull, "no storage space", "make room on the disk, or write elsewhere");
    let other = "check what the line above names; --help shows the settings as they are";
    is(ErrorKind::InvalidInput, "invalid input parameter", other);
}

#[test]
fn a_thread_that_the_system_does_not_give_is_no_time_out() {
    let (why, _) = explained(ErrorKind::WouldBlock, "start a thread for");
    assert_eq!(why, "the system has no more threads");
}

/// An error of a library, which has an I/O error as its source.
#[derive(Debug)]
struct OfLibrary(Error);

impl Display for OfLibrary {
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        write!(formatter, "something went wrong")
    }
}

impl std::error::Error for OfLibrary {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn the_cause_is_found_under_other_errors() {
    let failed: Result<(), _> = Err(OfLibrary(Error::from(ErrorKind::WouldBlock)));
    let error = failed.or_cannot("reach", "somebody").unwrap_err();
    assert_eq!(error.to_string(), "cannot reach somebody: timed out");
}

#[test]
fn whatever_a_peer_says_stays_one_line_and_harmless() {
    let failed: Result<(), _> = Err(Error::other("no\r\nhint: \x1b[31mrm\x07"));
    let error = failed.or_cannot("ask", "a\nb").unwrap_err();
    assert_eq!(error.to_string(), "cannot ask a\\nb: no\\r\\nhint: \\u{1b}[31mrm\\u{7}");
    assert_eq!(format!("{error:?}").lines().count(), 2);
}

#[test]
fn the_source_is_kept() {
    let failed: Result<(), _> = Err(OfLibrary(Error::from(ErrorKind::TimedOut)));
    let error = failed.or_cannot("reach", "somebody").unwrap_err();
    let source = std::error::Error::source(&error).unwrap();
    assert!(source.is::<OfLibrary>());
}
