//! What VS Code starts in its debugger: `.vscode/launch.json`.
#![cfg(test)]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use testing::built;

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
fn each_entry_names_a_package_a_binary_and_a_file_that_exist() {
    for (name, entry) in named("configurations") {
        // Just this package is built, and its only binary is what runs.
        let cargo = json!({
            "args": ["build", "-p", name],
            "filter": { "name": name, "kind": "bin" }
        });
        assert_eq!(entry["cargo"], cargo, "{name}");
        let program = built(&name);
        assert!(Path::new(&program).is_file(), "{program}");

        let commands = match name.starts_with("lesson") {
            true => json!(["command source '${workspaceFolder}/debug/steps.lldb'"]),
            false => Value::Null,
        };
        assert_eq!(entry["preRunCommands"], commands, "{name}");
    }
    assert!(Path::new(WORKSPACE).join("debug/steps.lldb").is_file());
}

#[test]
fn each_lesson_has_an_entry_that_stops_at_its_first_step() {
    let mut lessons: Vec<_> = fs::read_dir(WORKSPACE)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("lesson"))
        .collect();
    lessons.sort();
    let stops = |(_, entry): &(String, Value)| entry.get("preRunCommands").is_some();
    let entries = named("configurations").into_iter().filter(stops);
    assert_eq!(entries.map(|(name, _)| name).collect::<Vec<_>>(), lessons);
}

#[test]
fn each_compound_starts_entries_that_exist() {
    let entries: Vec<_> = named("configurations").into_iter().map(|(name, _)| name).collect();
    let compounds = named("compounds");
    assert_eq!(compounds.len(), 11);
    for (name, compound) in compounds {
        let members = compound["configurations"].as_array().unwrap();
        assert_eq!(members.len(), 2, "{name}");
        for member in members {
            let member = member.as_str().unwrap().to_string();
            assert!(entries.contains(&member), "{name}: {member}");
        }
    }
}
