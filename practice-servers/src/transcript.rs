//! What a learner watches: each line of each conversation, as it happens.

use std::fmt::{Arguments, Display};

use shared::Level;

/// Where the lines go: to the log, or wherever a program wants to show them.
pub type Sink = fn(Level, Arguments);

/// The transcript of one conversation.
#[derive(Clone)]
pub struct Transcript {
    label: String,
    sink: Sink,
    /// The level at which the lines of the conversation are shown.
    level: Level,
}

impl Transcript {
    /// Every line begins with `label`, such as `qq smtp #3`.
    pub fn new(label: String, sink: Sink) -> Self {
        let level = Level::Info;
        Transcript { label, sink, level }
    }

    /// The same for a conversation whose other side is also in this program and shown: these lines
    /// appear only with `LESSON_LOG=debug`.
    pub fn of_other_side(label: String, sink: Sink) -> Self {
        let level = Level::Debug;
        Transcript { label, sink, level }
    }

    /// Shows a line that came from the peer, with `****` in place of passwords.
    pub fn received(&self, line: &str) {
        self.show(self.level, format_args!("< {}", masked(line)));
    }

    /// Shows that a secret came.
    pub fn received_secret(&self) {
        self.show(self.level, format_args!("< ****"));
    }

    /// Shows a line that went to the peer.
    pub fn sent(&self, line: &str) {
        self.show(self.level, format_args!("> {line}"));
    }

    /// Shows something else that happened, such as a message that came.
    pub fn note(&self, text: impl Display) {
        self.show(Level::Info, format_args!("| {text}"));
    }

    /// Shows a part of a message or a file, with `LESSON_LOG=debug`.
    pub fn bytes(&self, direction: char, bytes: &[u8]) {
        let text = bytes.escape_ascii();
        self.show(Level::Debug, format_args!("{direction} \"{text}\""));
    }

    /// Shows what went wrong, even with `LESSON_LOG=off`.
    pub fn failed(&self, why: impl Display) {
        self.show(Level::Error, format_args!("| {why}"));
    }

    fn show(&self, level: Level, text: Arguments) {
        (self.sink)(level, format_args!("{} {text}", self.label));
    }
}

/// The line without its secrets. A client that ends its lines otherwise than with CR LF sends
/// several commands in what is one line here, and each may hold a secret.
fn masked(line: &str) -> String {
    let lines = line.split_inclusive(|character: char| character.is_control());
    lines.map(masked_command).collect()
}

/// The command without what follows `PASS`, and without what follows the mechanism of `AUTH`.
fn masked_command(line: &str) -> String {
    let command = line.trim_start_matches(|character: char| !character.is_alphanumeric());
    let start = command.get(..4).unwrap_or_default().to_ascii_uppercase();
    let known = ["AUTH", "AUTH PLAIN", "AUTH LOGIN", "AUTH TLS"];
    let is_known = known.iter().any(|known| known.eq_ignore_ascii_case(command.trim_end()));
    match start.as_str() {
        "PASS" => "PASS ****".into(),
        "AUTH" if !is_known => {
            let mechanism = command.get(5..10).unwrap_or_default().to_ascii_uppercase();
            match mechanism.as_str() {
                "PLAIN" | "LOGIN" => format!("AUTH {mechanism} ****"),
                _ => "AUTH ****".into(),
            }
        }
        _ => line.into(),
    }
}
