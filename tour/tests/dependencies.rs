//! What the workspace stands on is compiled once, whichever of its packages is built or tested first.
#![cfg(test)]

use std::collections::BTreeSet;

use testing::cargo;
use tour::lessons::LESSONS;

/// The crates below these packages (a flag of Cargo's, and a name), each with its version and the
/// features that it gets when they are built at once. `edges` are the ways down to them.
fn crates(packages: &[&str], edges: &str) -> BTreeSet<String> {
    let mut tree = cargo();
    tree.args(["tree", "--offline", "--edges", edges, "--prefix", "none"]);
    tree.args(["--format", "{p} {f}"]).args(packages);
    let output = tree.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| line.trim_end_matches(" (*)").trim_end().to_string()).collect()
}

/// A crate with other features is another crate to the compiler, and so is all that stands on it.
#[test]
fn each_package_asks_for_the_features_that_all_others_ask_for() {
    let mut packages = vec!["accounts", "mend", "page", "practice-servers", "testing", "tour"];
    packages.extend(LESSONS.iter().map(|lesson| lesson.package));
    // What runs while something is compiled is compiled apart from all else.
    for kind in ["no-proc-macro", "build"] {
        let together = crates(&["--workspace"], &format!("normal,dev,{kind}"));
        assert!(together.iter().any(|name| name.starts_with("lettre ")), "{together:?}");
        for package in &packages {
            let alone = crates(&["--package", package], &format!("normal,{kind}"));
            let twice: Vec<_> = alone.difference(&together).collect();
            assert!(twice.is_empty(), "built alone, {package} compiles again: {twice:?}");
        }
    }
}
