//! What VS Code starts in its debugger: `.vscode/launch.json`.
#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use testing::built;
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

        let steps = json!(["command source '${workspaceFolder}/debug/steps.lldb'"]);
        let commands = if name.starts_with("lesson") { steps } else { Value::Null };
        assert_eq!(entry["preRunCommands"], commands, "{name}");
    }
    assert!(Path::new(WORKSPACE).join("debug/steps.lldb").is_file());
}

#[test]
fn each_lesson_has_an_entry_that_stops_at_its_first_step() {
    let lessons: Vec<_> = LESSONS.iter().map(|lesson| lesson.package).collect();
    let stops = |(_, entry): &(String, Value)| entry.get("preRunCommands").is_some();
    let entries = named("configurations").into_iter().filter(stops);
    assert_eq!(entries.map(|(name, _)| name).collect::<Vec<_>>(), lessons);
}

/// A lesson is started together with its other side, in their order.
#[test]
fn each_lesson_with_another_side_has_a_compound() {
    let mut compounds = named("compounds").into_iter().map(|(_, compound)| {
        let members = compound["configurations"].as_array().unwrap().iter();
        members.map(|member| member.as_str().unwrap().to_string()).collect::<Vec<_>>()
    });
    let compounds: BTreeSet<_> = compounds.by_ref().collect();
    let expected = LESSONS.iter().filter_map(|lesson| match lesson.server {
        Server::None => None,
        Server::Practice => Some(["practice-servers", lesson.package]),
        Server::Once(server) | Server::Forever { package: server, .. } => {
            Some([server, lesson.clients[0].package])
        }
    });
    let expected: BTreeSet<_> = expected.map(|pair| pair.map(String::from).to_vec()).collect();
    assert_eq!(compounds, expected);
}
