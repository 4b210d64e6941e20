//! What the program takes on its command line; it plays nothing here.
#![cfg(test)]

use testing::{refuses, run};

#[test]
fn an_unknown_flag_is_status_2_with_a_hint() {
    let hint = "see what it takes: cargo run -p page -- --help";
    refuses(&run(env!("CARGO_BIN_EXE_page"), &["--opne"]), "invalid option '--opne'", hint);
}
