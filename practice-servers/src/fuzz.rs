//! Inputs that nobody would write, made from a seed, so that each run tries the same. A run for
//! longer: `FUZZ_INPUTS=200000 cargo test --release -p practice-servers --lib fuzz`.

use std::env;
use std::path::{Component, Path};

use crate::dots::tests::{received, sent};
use crate::ftp::list::matches;
use crate::ftp::tree::{Tree, join};
use crate::mail::envelope::{Envelope, Recipient};
use crate::smtp::auth::{Auth, Step};
use crate::smtp::header::Header;
use crate::smtp::path;
use crate::transcript::masked;

/// Numbers that look random: xorshift64* (Vigna 2016).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }

    /// Up to `limit` of the words, one behind the other.
    fn words(&mut self, words: &[&str], limit: usize) -> String {
        (0..self.below(limit + 1)).map(|_| words[self.below(words.len())]).collect()
    }
}

/// Tries many inputs.
fn fuzz(mut attempt: impl FnMut(&mut Random)) {
    let inputs = env::var("FUZZ_INPUTS").ok().and_then(|inputs| inputs.parse().ok());
    let mut random = Random(0x5eed_0000_0000_0001);
    for _ in 0..inputs.unwrap_or(5_000) {
        attempt(&mut random);
    }
}

#[test]
fn an_address_stays_what_it_is() {
    let words = "a|b.example|@|<|>|\"|\\| |.|-|[|]|IPv6:|::1|192.0.2.1|:|,|(|)|老|\t|\r|\n|\0|\u{a0}|\
                 SIZE=1|postmaster|a@b.example";
    let words: Vec<_> = words.split('|').collect();
    fuzz(|random| {
        let argument = format!("FROM:{}", random.words(&words, 12));
        if let Some((address, parameters)) = path::parse(&argument, "FROM:") {
            assert!(parameters.is_empty() || parameters.starts_with(' '), "{argument:?}");
            assert!(!address.contains(char::is_control), "{argument:?}");
            // What goes to the next office means the same there.
            let again = format!("FROM:<{address}>");
            assert_eq!(path::parse(&again, "FROM:"), Some((address, "")), "{argument:?}");
        }
    });
}

#[test]
fn only_cr_lf_dot_cr_lf_ends_a_message() {
    let words = ["\r", "\n", "\r\n", ".", "\r\n.", ".\r\n", "a", "\0"];
    fuzz(|random| {
        let text = random.words(&words, 16);
        let piece = 1 + random.below(5);
        let (kept, taken) = received(text.as_bytes(), piece);
        let end = format!("\r\n{text}").find("\r\n.\r\n");
        assert_eq!(taken, end.map(|end| end + 3), "{text:?}");
        if taken.is_none() {
            return;
        }
        // Every line of what is kept ends with CR LF, and goes on as it is.
        let lines = String::from_utf8(kept.clone()).unwrap().replace("\r\n", "");
        assert!(!lines.contains(['\r', '\n']), "{text:?}");
        let on = sent(&kept, piece, None);
        assert_eq!(received(&on, piece), (kept, Some(on.len())), "{text:?}");
    });
}

#[test]
fn what_lies_in_a_file_never_ends_too_early() {
    let words = ["\r", "\n", "\r\n", ".", "\r\n.\r\n", "a", "\0"];
    fuzz(|random| {
        let file = random.words(&words, 16);
        let lines = (random.below(2) == 0).then(|| random.below(5) as u64);
        let on = String::from_utf8(sent(file.as_bytes(), 1 + random.below(5), lines)).unwrap();
        let end = format!("\r\n{on}").find("\r\n.\r\n").unwrap();
        assert_eq!(end + 3, on.len(), "{file:?}");
    });
}

#[test]
fn no_path_leads_out_of_the_tree() {
    let words = ["..", ".", "/", "//", "a", "b c", "\\", ":", "*", "~", "课", "\0", "con", "..."];
    let tree = Tree::new(Path::new("no-such-folder"), "laoshi");
    let root = Path::new("no-such-folder").join("ftp").join("laoshi");
    fuzz(|random| {
        let folder = join("/", &random.words(&words, 8));
        let path = join(&folder, &random.words(&words, 12));
        assert_eq!(join("/", &path), path);
        if let Ok(place) = tree.place(&path) {
            let inside = place.strip_prefix(&root).unwrap();
            let mut parts = inside.components();
            assert!(parts.all(|part| matches!(part, Component::Normal(_))), "{path:?}");
        }
    });
}

#[test]
fn a_pattern_matches_what_it_should() {
    /// The same, as one would define it.
    fn should(pattern: &[char], name: &[char]) -> bool {
        match (pattern, name) {
            ([], name) => name.is_empty(),
            (['*', rest @ ..], name) => (0..=name.len()).any(|from| should(rest, &name[from..])),
            ([one, rest @ ..], [other, others @ ..]) => {
                (*one == '?' || one == other) && should(rest, others)
            }
            _ => false,
        }
    }
    fuzz(|random| {
        let pattern = random.words(&["*", "?", "a", "b"], 6);
        let name = random.words(&["a", "b", "*"], 8);
        let [one, other] = [&pattern, &name].map(|text| text.chars().collect::<Vec<_>>());
        assert_eq!(matches(&pattern, &name), should(&one, &other), "{pattern} {name}");
    });
}

#[test]
fn no_secret_is_shown() {
    let noise =
        ["\0", "\u{1b}[A", "\t", "\r", "\u{8}", "\u{7f}", " ", "\u{85}", "\u{feff}", "\u{200b}"];
    fuzz(|random| {
        let verb = ["PASS", "pass", "AUTH PLAIN", "Auth Login", "AUTH"][random.below(5)];
        let mut line = random.words(&noise, 3);
        for letter in verb.chars() {
            line += &random.words(&noise, 1);
            line.push(letter);
        }
        line += noise[random.below(noise.len())];
        line += &random.words(&noise, 2);
        line += "s3cr3t";
        line += &random.words(&noise, 2);
        assert!(!masked(&line).contains("s3cr3t"), "{line:?}");
    });
}

#[test]
fn a_header_is_read_the_same_in_any_pieces() {
    let words = "Return-Path:|return-path :|Received:| |\t|x|Subject: y|\r\n|\r\n\r\n|:|\
                 a very long name of a field that nobody knows:";
    let words: Vec<_> = words.split('|').collect();
    let read = |text: &str, piece| {
        let mut header = Header::default();
        let mut kept = Vec::new();
        for part in text.as_bytes().chunks(piece) {
            header.take(part, &mut kept);
        }
        (kept, header.hops, header.traces)
    };
    fuzz(|random| {
        let text = random.words(&words, 16) + "\r\n";
        let all @ (_, hops, traces) = &read(&text, text.len());
        assert_eq!(all, &read(&text, 1 + random.below(9)), "{text:?}");
        assert!(*traces <= all.0.len() as u64 && *hops <= text.len(), "{text:?}");
    });
}

#[test]
fn a_login_asks_no_more_than_twice() {
    let words = ["PLAIN", "LOGIN", " ", "=", "*", "AGE=", "AGEAYg==", "////", "YQ==", "x", "老"];
    fuzz(|random| {
        let mut step = Auth::begin(&random.words(&words, 4));
        for _ in 0..2 {
            if let Step::Ask(_, auth) = step {
                step = auth.go_on(&random.words(&words, 2));
            }
        }
        assert!(!matches!(step, Step::Ask(..)));
    });
}

#[test]
fn an_envelope_comes_back() {
    let words = ["a", "@", "b.example", "-", "+", " ", "\"", "老"];
    fuzz(|random| {
        let recipients = (0..random.below(4)).map(|_| {
            let is_done = random.below(2) == 0;
            Recipient { is_done, ..Recipient::new(random.words(&words, 6)) }
        });
        let recipients = recipients.collect();
        let sender = random.words(&words, 6);
        let parameters = random.words(&[" BODY=8BITMIME"], 1);
        let text = Envelope { sender, parameters, recipients }.write();
        assert_eq!(Envelope::parse(&text).unwrap().write(), text);
        // Part of an envelope does no harm.
        let part: String = text.chars().take(random.below(text.len() + 1)).collect();
        let _ = Envelope::parse(&part);
    });
}
