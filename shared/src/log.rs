//! The log: a line an event on standard error.

use std::fmt::Arguments;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Instant;

use crate::Error;
use crate::print::visible;

/// How much the log says (`LESSON_LOG`); each level includes the ones before it.
#[derive(Clone, Copy, Default)]
pub enum Level {
    /// Nothing but errors: `off`.
    Error,
    /// Each event: `info`.
    #[default]
    Info,
    /// Also the bytes sent and received: `debug`.
    Debug,
}

struct Log {
    start: Instant,
    program: &'static str,
    level: Level,
}

static LOG: OnceLock<Log> = OnceLock::new();

/// Logs an event: `shared::info!("listening on {local}")`.
#[macro_export]
macro_rules! info {
    ($($text:tt)+) => { $crate::log::write($crate::log::Level::Info, format_args!($($text)+)) };
}

/// Logs an error that the program survives; even with `LESSON_LOG=off` it is said.
pub fn report(error: &Error) {
    write(Level::Error, format_args!("{error}"));
}

/// Logs that `bytes` came from `peer`; at the level `debug` with the bytes themselves.
pub fn received(bytes: &[u8], peer: SocketAddr) {
    exchanged("received", bytes, "from", peer);
}

/// Logs that `bytes` went to `peer`; at the level `debug` with the bytes themselves.
pub fn sent(bytes: &[u8], peer: SocketAddr) {
    exchanged("sent", bytes, "to", peer);
}

fn exchanged(verb: &str, bytes: &[u8], direction: &str, peer: SocketAddr) {
    let count = bytes.len();
    if enabled(Level::Debug) {
        let text = bytes.escape_ascii();
        info!("{verb} {count} bytes {direction} {peer}: \"{text}\"");
    } else {
        info!("{verb} {count} bytes {direction} {peer}");
    }
}

/// Starts the clock of the log and names the program that writes it; only the first call counts.
pub(crate) fn start(program: &'static str, level: Level) {
    let start = Instant::now();
    LOG.get_or_init(|| Log {
        start,
        program,
        level,
    });
}

/// The name of the running program, or nothing before the log was started.
pub(crate) fn program() -> &'static str {
    LOG.get().map_or("", |log| log.program)
}

fn enabled(level: Level) -> bool {
    LOG.get().is_some_and(|log| level as u8 <= log.level as u8)
}

/// Writes one line in one piece, so that the lines of two threads never mix. A log that nobody can
/// read any more is no reason to stop: a failing write is passed over.
pub fn write(level: Level, text: Arguments) {
    let Some(log) = LOG.get() else { return };
    if level as u8 <= log.level as u8 {
        let seconds = log.start.elapsed().as_secs_f64();
        let text = visible(&text.to_string(), &['\t']);
        let line = format!("{seconds:.3} {}: {text}\n", log.program);
        let _ = io::stderr().write_all(line.as_bytes());
    }
}
