//! What the program takes on its command line; it plays nothing here.
#![cfg(test)]

use std::process::{Command, Output};

fn page(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_page")).args(arguments).output().unwrap()
}

#[test]
fn help_names_the_flag() {
    let output = page(&["--help"]);
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().contains("\n  --open "));
}

#[test]
fn an_unknown_flag_is_status_2_with_a_hint() {
    let output = page(&["--opne"]);
    assert_eq!(output.status.code(), Some(2));
    let expected = "Error: invalid option '--opne'\n\
                    hint: see what it takes: cargo run -p page -- --help\n";
    assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
}
