//! The log: a line an event on standard error.

use std::fmt::{self, Arguments};
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

/// When the program started, what it is called, and how much it says.
static LOG: OnceLock<(Instant, &str, Level)> = OnceLock::new();

/// The password that the program uses, unless it is the well-known one of the practice servers.
static SECRET: OnceLock<String> = OnceLock::new();

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
    let mut shown = String::new();
    if enabled(Level::Debug) {
        shown = format!(": \"{}\"", bytes.escape_ascii());
    }
    info!("{verb} {} bytes {direction} {peer}{shown}", bytes.len());
}

/// Starts the clock of the log and names the program that writes it; only the first call counts.
pub(crate) fn start(program: &'static str, level: Level) {
    let _ = LOG.set((Instant::now(), program, level));
}

/// The name of the running program, or nothing before the log was started.
pub(crate) fn program() -> &'static str {
    LOG.get().map_or("", |(_, program, _)| program)
}

/// Keeps a password in mind that must not be shown.
pub(crate) fn hide(secret: &str) {
    let _ = SECRET.set(secret.into());
}

/// The text of somebody who may have said the password aloud, without it.
pub(crate) fn without_secret(text: String) -> String {
    match SECRET.get() {
        Some(secret) => text.replace(secret.as_str(), "****"),
        None => text,
    }
}

fn enabled(level: Level) -> bool {
    LOG.get().is_some_and(|(_, _, most)| level as u8 <= *most as u8)
}

/// Writes one line in one piece, so that the lines of two threads never mix. A log that nobody can
/// read any more is no reason to stop: a failing write is passed over.
pub fn write(level: Level, text: Arguments) {
    let Some((start, program, most)) = LOG.get() else {
        return;
    };
    if level as u8 <= *most as u8 {
        let seconds = start.elapsed().as_secs_f64();
        let text = visible(&fmt::format(text), false);
        let line = format!("{seconds:.3} {program}: {text}\n");
        let _ = io::stderr().write_all(line.as_bytes());
    }
}
