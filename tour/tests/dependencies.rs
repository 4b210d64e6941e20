//! What the lessons and the tour stand on is compiled once, whichever of them is built first.
#![cfg(test)]

use std::collections::BTreeSet;

use testing::cargo;
use tour::lessons::LESSONS;

/// The crates below these packages, each with its version and the features that it gets when these
/// packages are built at once. `edges` are the ways down to them.
fn crates(packages: &[&str], edges: &str) -> BTreeSet<String> {
    let mut tree = cargo();
    tree.args(["tree", "--offline", "--edges", edges, "--prefix", "none"]);
    tree.args(["--format", "{p} {f}"]);
    for package in packages {
        tree.args(["--package", package]);
    }
    let output = tree.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| line.trim_end_matches(" (*)").trim_end().to_string()).collect()
}

/// A crate with other features is another crate to the compiler, and so is all that stands on it.
#[test]
fn each_package_asks_for_the_features_that_all_others_ask_for() {
    let mut packages: Vec<_> = LESSONS.iter().map(|lesson| lesson.package).collect();
    packages.extend(["practice-servers", "tour"]);
    // What runs while something is compiled is compiled apart from all else.
    for edges in ["normal,no-proc-macro", "normal,build"] {
        let together = crates(&packages, edges);
        assert!(together.iter().any(|name| name.starts_with("lettre ")), "{together:?}");
        for package in &packages {
            let alone = crates(&[package], edges);
            let twice: Vec<_> = alone.difference(&together).collect();
            assert!(twice.is_empty(), "built alone, {package} compiles again: {twice:?}");
        }
    }
}
