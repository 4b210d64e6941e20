//! What a learner watches: each line of each conversation, as it happens.

use std::fmt::{Arguments, Display};
use std::iter;

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

/// The line without its secrets: without what follows `PASS`, and without what follows the mechanism
/// of `AUTH`. A client that does not end its lines as it should sends several commands in what is
/// one line here, and any character may stand before a command and within it.
pub(crate) fn masked(line: &str) -> String {
    let Some((start, verb)) = find_secret(line) else {
        return line.into();
    };
    let (before, command) = line.split_at(start);
    let is_blank = |character: char| character.is_whitespace() || character.is_control();
    let words: Vec<_> = command.split(is_blank).filter(|word| !word.is_empty()).collect();
    let mechanism = words.get(1).unwrap_or(&"").to_ascii_uppercase();
    let is_mechanism = matches!(&*mechanism, "PLAIN" | "LOGIN" | "TLS" | "TLS-C" | "SSL");
    let is_plain = verb == "AUTH" && words[0].eq_ignore_ascii_case("AUTH");
    match words.len() {
        1 if is_plain => line.into(),
        2 if is_plain && is_mechanism => line.into(),
        _ if is_plain && is_mechanism => format!("{before}AUTH {mechanism} ****"),
        _ => format!("{before}{verb} ****"),
    }
}

/// Whether a secret may follow in the next line.
pub fn has_secret(line: &str) -> bool {
    find_secret(line).is_some()
}

/// Where in the line the first command begins that a secret follows, and which one it is.
fn find_secret(line: &str) -> Option<(usize, &'static str)> {
    let ends = line.char_indices().filter(|(_, character)| character.is_control());
    let mut starts = iter::once(0).chain(ends.map(|(index, end)| index + end.len_utf8()));
    starts.find_map(|start| {
        let letters = line[start..].chars().filter(|character| character.is_alphanumeric());
        let verb: String = letters.take(4).collect();
        let verbs = ["PASS", "AUTH"];
        let found = verbs.into_iter().find(|secret| verb.eq_ignore_ascii_case(secret));
        found.map(|verb| (start, verb))
    })
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn no_secret_is_shown() {
        for (line, shown) in [
            ("PASS practice", "PASS ****"),
            ("pass\tpractice", "PASS ****"),
            ("\u{1}PA\0SS\u{7f}prac\rtice", "PASS ****"),
            ("\u{feff} PASS", "PASS ****"),
            ("NOOP\rPASS practice\rNOOP", "NOOP\rPASS ****"),
            ("AUTH PLAIN AGE=", "AUTH PLAIN ****"),
            ("auth\tlogin\tAGE=", "AUTH LOGIN ****"),
            ("A\u{8}UTH PLAIN AGE=", "AUTH ****"),
            ("AUTH AGE=", "AUTH ****"),
            ("AUTH PLAIN\rPASS x", "AUTH PLAIN ****"),
            ("AUTH TLS", "AUTH TLS"),
            ("AUTH LOGIN", "AUTH LOGIN"),
            ("PASV", "PASV"),
            ("RCPT TO:<pass@qq.example>", "RCPT TO:<pass@qq.example>"),
        ] {
            assert_eq!(masked(line), shown);
        }
    }
}
