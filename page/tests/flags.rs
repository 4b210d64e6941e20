//! What the program takes on its command line; it plays nothing here.
#![cfg(test)]

use testing::{refuses, run};

const PAGE: &str = env!("CARGO_BIN_EXE_page");

#[test]
fn help_names_the_flag() {
    let ended = run(PAGE, &["--help"]);
    assert_eq!(ended.status, Some(0));
    assert!(ended.stdout.contains("\n  --open "), "{ended:?}");
}

#[test]
fn an_unknown_flag_is_status_2_with_a_hint() {
    let hint = "see what it takes: cargo run -p page -- --help";
    refuses(&run(PAGE, &["--opne"]), "invalid option '--opne'", hint);
}
