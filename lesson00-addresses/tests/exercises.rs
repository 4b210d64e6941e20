//! The exercise of lesson 00, checked from outside: `cargo run -- check 00`.
#![cfg(test)]

use testing::exercise::{Attempt, Check, is};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson00-addresses");

/// A kind of its own.
#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let addresses = [
        ("100.64.0.0", "shared"),
        ("100.127.255.255", "shared"),
        ("100.63.255.255", "public"),
        ("100.128.0.0", "public"),
        ("100.192.0.0", "public"),
        ("100.64.0.1:80", "shared"),
        ("::ffff:100.100.1.1", "shared"),
        ("0.0.0.1", "reserved"),
        ("192.0.0.8", "reserved"),
        ("240.0.0.1", "reserved"),
    ];
    let arguments = addresses.map(|(address, _)| address);
    let ended = Attempt::start(LESSON, &arguments).ends("waited for its table", 0)?;
    for (address, kind) in addresses {
        let row = ended.stdout.lines().find(|row| row.split(' ').next() == Some(address));
        let said = row.and_then(|row| row.split_whitespace().nth(3)).unwrap_or_default();
        is(&format!("the kind of {address}"), said, kind)?;
    }
    Ok(())
}
