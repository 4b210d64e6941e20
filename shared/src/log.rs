//! The log: a line an event on standard error.

use std::fmt::{self, Arguments, Display};
use std::io::{self, Write};
use std::panic::Location;
use std::sync::OnceLock;
use std::time::Instant;

use crate::{Error, print::visible};

/// How much the log says (`LESSON_LOG`); each level includes the ones before it.
#[derive(Clone, Copy)]
pub enum Level {
    /// Nothing but errors: `off`.
    Error,
    /// Each event: `info`.
    Info,
    /// Also the bytes sent and received: `debug`.
    Debug,
}

/// When the program started, what it is called, and how much it says.
static LOG: OnceLock<(Instant, &str, Level)> = OnceLock::new();

/// Logs an event: `shared::info!("listening on {local}")`.
#[macro_export]
macro_rules! info {
    ($($text:tt)+) => { $crate::log::info(format_args!($($text)+)) };
}

/// What [`info!`](crate::info!) calls: it adds the line of the source at the level `debug`.
#[track_caller]
pub fn info(text: Arguments) {
    let location = Location::caller();
    match enabled(Level::Debug) {
        true => {
            write(Level::Info, format_args!("{text} ({}:{})", location.file(), location.line()))
        }
        false => write(Level::Info, text),
    }
}

/// Logs an error that the program survives; even with `LESSON_LOG=off` it is said.
pub fn report(error: &Error) {
    write(Level::Error, format_args!("{error}"));
}

/// Logs that `bytes` came from `peer`; at the level `debug` with the bytes themselves.
#[track_caller]
pub fn received(bytes: &[u8], peer: impl Display) {
    info!("received {} bytes from {peer}{}", bytes.len(), shown(bytes));
}

/// Logs that `bytes` went to `peer`; at the level `debug` with the bytes themselves.
#[track_caller]
pub fn sent(bytes: &[u8], peer: impl Display) {
    info!("sent {} bytes to {peer}{}", bytes.len(), shown(bytes));
}

fn shown(bytes: &[u8]) -> String {
    match str::from_utf8(bytes) {
        _ if !enabled(Level::Debug) => String::new(),
        Ok(text) => format!(": {text:?}"),
        Err(_) => format!(": \"{}\"", bytes.escape_ascii()),
    }
}

/// Starts the clock of the log and names the program that writes it; only the first call counts.
pub(crate) fn start(program: &'static str, level: Level) {
    let _ = LOG.set((Instant::now(), program, level));
}

/// Whether lines of this level are written.
pub fn enabled(level: Level) -> bool {
    LOG.get().is_some_and(|(_, _, most)| level as u8 <= *most as u8)
}

/// Writes one line in one piece, so that the lines of two threads never mix. A log that nobody can
/// read any more is no reason to stop: a failing write is passed over.
pub fn write(level: Level, text: Arguments) {
    if let Some((start, program, _)) = LOG.get().filter(|_| enabled(level)) {
        let (seconds, text) = (start.elapsed().as_secs_f64(), visible(&fmt::format(text), false));
        let line = format!("{seconds:.3} {program}: {text}\n");
        let _ = io::stderr().write_all(line.as_bytes());
    }
}
