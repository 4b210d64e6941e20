//! The workspace as a whole: what it stands on is compiled once, whichever of its packages is built
//! or tested first, and VS Code starts each of its programs.
#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};
use testing::cargo;
use tour::lessons::{LESSONS, Server, workspace};

/// The packages that are no lessons, but for `shared`.
const ROOMS: [&str; 7] =
    ["accounts", "events", "mend", "page", "practice-servers", "testing", "tour"];

/// The crates below these packages (a flag of Cargo's, and a name), each with its version and the
/// features that it gets when they are built at once. `edges` are the ways down to them.
fn crates(packages: &[&str], edges: &str) -> BTreeSet<String> {
    let mut tree = cargo();
    tree.args(["tree", "--offline", "--edges", edges, "--prefix", "none"]);
    tree.args(["--format", "{p} {f}"]).args(packages);
    let output = tree.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let crates = lines.lines().map(|line| line.trim_end_matches(" (*)").trim_end().to_string());
    crates.filter(|name| !name.is_empty()).collect()
}

/// A crate with other features is another crate to the compiler, and so is all that stands on it.
#[test]
fn each_package_asks_for_the_features_that_all_others_ask_for() {
    let packages: Vec<_> = LESSONS.iter().map(|lesson| lesson.package).chain(ROOMS).collect();
    // These lists and `shared` are the whole workspace.
    let members = crates(&["--workspace", "--depth", "0"], "normal");
    assert_eq!(members.len(), 1 + packages.len(), "{members:?}");
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

/// CONTRIBUTING draws them with arrows, such as `lesson13 --> mend`.
#[test]
fn who_uses_whom_is_drawn() {
    let page = fs::read_to_string(workspace().join("CONTRIBUTING.md")).unwrap();
    let drawn = page.lines().filter_map(|line| line.trim().split_once(" --> "));
    let drawn: BTreeSet<_> = drawn.map(|(from, to)| (from.trim_end_matches('s'), to)).collect();
    let mut used = BTreeSet::new();
    for package in LESSONS.iter().map(|lesson| lesson.package).chain(ROOMS) {
        let below = crates(&["--package", package, "--depth", "1"], "normal");
        let uses = |room: &str| below.iter().any(|name| name.starts_with(&format!("{room} ")));
        assert_eq!(uses("shared"), package != "mend", "{package}");
        for room in ROOMS.into_iter().filter(|room| *room != package && uses(room)) {
            let arrow = drawn.iter().find(|(from, to)| package.starts_with(from) && *to == room);
            used.insert(*arrow.unwrap_or_else(|| panic!("{package} --> {room} is not drawn")));
        }
    }
    assert_eq!(used, drawn, "these arrows are drawn");
}

/// What VS Code starts in its debugger: each program, and each lesson together with its other side,
/// in their order.
#[test]
fn each_entry_starts_a_program_and_each_lesson_stops_at_its_first_step() {
    let launch = fs::read_to_string(workspace().join(".vscode/launch.json")).unwrap();
    let launch: Value = serde_json::from_str(&launch).unwrap();
    let mut lessons = Vec::new();
    for entry in launch["configurations"].as_array().unwrap() {
        let name = entry["name"].as_str().unwrap();
        // Just this package is built, and its only binary is what runs.
        let cargo = json!({
            "args": ["build", "-p", name],
            "filter": { "name": name, "kind": "bin" }
        });
        assert_eq!(entry["cargo"], cargo, "{name}");
        assert!(workspace().join(name).join("src/main.rs").is_file(), "{name}");
        if name.starts_with("lesson") {
            let steps = json!(["command source '${workspaceFolder}/debug/steps.lldb'"]);
            assert_eq!(entry["preRunCommands"], steps, "{name}");
            lessons.push(name);
        }
    }
    assert!(lessons.iter().eq(LESSONS.iter().map(|lesson| &lesson.package)), "{lessons:?}");
    assert!(workspace().join("debug/steps.lldb").is_file());

    let compounds = launch["compounds"].as_array().unwrap().iter();
    let compounds: BTreeSet<_> =
        compounds.map(|entry| entry["configurations"].to_string()).collect();
    let expected = LESSONS.iter().filter_map(|lesson| match lesson.server {
        Server::None => None,
        Server::Practice => Some(["practice-servers", lesson.package]),
        _ => Some([lesson.server.package()?, lesson.clients[0].package]),
    });
    assert_eq!(compounds, expected.map(|pair| json!(pair).to_string()).collect());
}
