//! The parser of `.env` against lines of all sorts.
#![cfg(test)]

use shared::{Error, Result};

#[path = "../src/env_file.rs"]
mod env_file;

use env_file::{decode, meant, parse_line};

/// What such lines are made of.
const PIECES: [&str; 16] = [
    "LESSON_A", "=", "\"", "'", "#", " ", "\t", "export", "a", "你", "\u{feff}", "\\", "\r", "==",
    "-", "\u{a0}",
];

/// Numbers that look random and are the same in each run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 as usize
    }

    fn line(&mut self) -> String {
        let length = self.next() % 12;
        (0..length).map(|_| PIECES[self.next() % PIECES.len()]).collect()
    }
}

#[test]
fn no_line_is_too_odd() {
    let mut numbers = Numbers(7007);
    for _ in 0..50_000 {
        let line = numbers.line();
        if let Some((name, value)) = parse_line(&line) {
            assert!(line.contains(name) && line.contains(value), "{line:?}");
            assert!(!name.starts_with(' ') && !name.ends_with(' '), "{line:?}");
        } else {
            assert!(!line.contains('=') || line.contains(['"', '\'']), "{line:?}");
        }
        if let Some((name, rest)) = meant(&line) {
            assert!(name.starts_with("LESSON_A") && line.ends_with(rest), "{line:?}");
        }
    }
}

#[test]
fn what_stands_in_quotes_stays_as_it_is() {
    let mut numbers = Numbers(62);
    for _ in 0..50_000 {
        let value = numbers.line();
        for quote in ['"', '\''].into_iter().filter(|quote| !value.contains(*quote)) {
            let line = format!(" export LESSON_A = {quote}{value}{quote} # comment");
            assert_eq!(parse_line(&line), Some(("LESSON_A", value.as_str())), "{line:?}");
        }
    }
}

#[test]
fn no_bytes_are_too_odd() {
    let mut numbers = Numbers(862);
    for _ in 0..10_000 {
        let bytes: Vec<u8> = (0..numbers.next() % 20).map(|_| numbers.next() as u8).collect();
        let text = decode(bytes.clone(), "x".as_ref());
        assert_eq!(text.is_ok(), String::from_utf8(bytes.clone()).is_ok() && !bytes.contains(&0));
    }
}
