//! What VS Code starts in its debugger: `.vscode/launch.json`.
#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tour::lessons::{LESSONS, Server};

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The list of this name, each element with its name.
fn named(name: &str) -> Vec<(String, Value)> {
    let text = fs::read_to_string(format!("{WORKSPACE}/.vscode/launch.json")).unwrap();
    let launch: Value = serde_json::from_str(&text).unwrap();
    let list = launch[name].as_array().unwrap().clone();
    let name = |entry: &Value| entry["name"].as_str().unwrap().to_string();
    list.into_iter().map(|entry| (name(&entry), entry)).collect()
}

#[test]
fn each_entry_starts_a_program_and_each_lesson_stops_at_its_first_step() {
    let mut lessons = Vec::new();
    for (name, entry) in named("configurations") {
        // Just this package is built, and its only binary is what runs.
        let cargo = json!({
            "args": ["build", "-p", name],
            "filter": { "name": name, "kind": "bin" }
        });
        assert_eq!(entry["cargo"], cargo, "{name}");
        assert!(Path::new(WORKSPACE).join(&name).join("src/main.rs").is_file(), "{name}");
        if name.starts_with("lesson") {
            let steps = json!(["command source '${workspaceFolder}/debug/steps.lldb'"]);
            assert_eq!(entry["preRunCommands"], steps, "{name}");
            lessons.push(name);
        }
    }
    assert!(lessons.iter().eq(LESSONS.iter().map(|lesson| lesson.package)), "{lessons:?}");
    assert!(Path::new(WORKSPACE).join("debug/steps.lldb").is_file());
}

/// A lesson is started together with its other side, in their order.
#[test]
fn each_lesson_with_another_side_has_a_compound() {
    let compounds = named("compounds").into_iter();
    let compounds: BTreeSet<_> =
        compounds.map(|(_, entry)| entry["configurations"].to_string()).collect();
    let expected = LESSONS.iter().filter_map(|lesson| match lesson.server {
        Server::None => None,
        Server::Practice => Some(["practice-servers", lesson.package]),
        _ => Some([lesson.server.package()?, lesson.clients[0].package]),
    });
    let expected = expected.map(|pair| json!(pair).to_string());
    assert_eq!(compounds, expected.collect());
}
