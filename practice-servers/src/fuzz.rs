//! Inputs that nobody would write, made from a seed, so that each run tries the same. A run for
//! longer: `FUZZ_INPUTS=200000 cargo test --release -p practice-servers --lib fuzz`.

use std::env;
use std::path::{Component, Path};

use fastrand::Rng;

use crate::accounts::Rights;
use crate::dots::tests::{received, sent};
use crate::ftp::tree::{Tree, join};
use crate::smtp::path;

/// Tries many inputs.
fn fuzz(mut attempt: impl FnMut(&mut Rng)) {
    let inputs = env::var("FUZZ_INPUTS").ok().and_then(|inputs| inputs.parse().ok());
    let mut random = Rng::with_seed(0x5eed);
    for _ in 0..inputs.unwrap_or(5_000) {
        attempt(&mut random);
    }
}

/// Up to `limit` of the words, one behind the other.
fn text(words: &[&str], limit: usize, random: &mut Rng) -> String {
    (0..random.usize(..=limit)).map(|_| words[random.usize(..words.len())]).collect()
}

#[test]
fn an_address_stays_what_it_is() {
    let words = "a|b.example|@|<|>|\"|\\| |.|-|[|]|IPv6:|::1|192.0.2.1|:|,|(|)|老|\u{a0}|SIZE=1|\
                 postmaster|a@b.example";
    let words: Vec<_> = words.split('|').collect();
    fuzz(|random| {
        let argument = format!("FROM:{}", text(&words, 12, random));
        if let Some((address, parameters)) = path::parse(&argument, "FROM:") {
            assert!(parameters.is_empty() || parameters.starts_with(' '), "{argument:?}");
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
        let text = text(&words, 16, random);
        let piece = random.usize(1..6);
        let (kept, taken) = received(text.as_bytes(), piece);
        let end = format!("\r\n{text}").find("\r\n.\r\n");
        assert_eq!(taken, end.map(|end| end + 3), "{text:?}");
        // Every line of what is kept ends with CR LF, and goes on as it is.
        if taken.is_some() {
            let lines = String::from_utf8(kept.clone()).unwrap().replace("\r\n", "");
            assert!(!lines.contains(['\r', '\n']), "{text:?}");
            let on = sent(&kept, piece, None);
            assert_eq!(received(&on, piece), (kept, Some(on.len())), "{text:?}");
        }
        // Were the text a file in a mailbox, it would end no earlier.
        let lines = random.bool().then(|| random.u64(..5));
        let on = String::from_utf8(sent(text.as_bytes(), piece, lines)).unwrap();
        let end = format!("\r\n{on}").find("\r\n.\r\n");
        assert_eq!(end.map(|end| end + 3), Some(on.len()), "{text:?}");
    });
}

#[test]
fn no_path_leads_out_of_the_tree() {
    let words = ["..", ".", "/", "//", "a", "b c", "\\", ":", "*", "~", "课", "\0", "con", "..."];
    let tree = Tree::new(Path::new("no-such-folder"), "laoshi", Rights::Read);
    let root = Path::new("no-such-folder").join("ftp").join("laoshi");
    fuzz(|random| {
        let folder = join("/", &text(&words, 8, random));
        let path = join(&folder, &text(&words, 12, random));
        assert_eq!(join("/", &path), path);
        if let Ok(place) = tree.place(&path) {
            let inside = place.strip_prefix(&root).unwrap();
            let mut parts = inside.components();
            assert!(parts.all(|part| matches!(part, Component::Normal(_))), "{path:?}");
        }
    });
}
