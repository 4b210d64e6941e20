//! Builds the lessons.

use std::collections::HashMap;
use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use shared::{Error, OrCannot, Result};

/// `cargo build` in the profile of this program, of all that can be built.
pub fn cargo_build(workspace: &Path) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--keep-going"]).current_dir(workspace);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    // What `cargo run` says of this program would make other ones that look at it be compiled anew.
    keep_out(&["CARGO_PKG_", "CARGO_MANIFEST_"], &mut cargo);
    cargo
}

/// Does not pass on the variables that begin so.
pub fn keep_out(starts: &[&str], command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if starts.iter().any(|start| text.starts_with(start)) {
            command.env_remove(name);
        }
    }
}

/// Builds what `cargo` is told to, and returns whether all of it was built, and cargo's messages:
/// each is about one thing that was built, or what the compiler says of it, which goes to standard
/// error, too.
///
/// # Errors
/// Cargo cannot be run.
pub fn messages(cargo: &mut Command) -> Result<(bool, Vec<Value>)> {
    let mut child = cargo.stdout(Stdio::piped()).spawn().or_cannot("run", "cargo build")?;
    let mut messages = Vec::new();
    for line in child.stdout.take().into_iter().flat_map(|lines| BufReader::new(lines).lines()) {
        let line = line.or_cannot("hear from", "cargo build")?;
        let message: Value = serde_json::from_str(&line).unwrap_or_default();
        let _ = io::stderr().write_all(rendered(&message).as_bytes());
        messages.push(message);
    }
    let status = child.wait().or_cannot("wait for", "cargo build")?;
    Ok((status.success(), messages))
}

/// What the compiler says, as people read it.
fn rendered(message: &Value) -> &str {
    message["message"]["rendered"].as_str().unwrap_or_default()
}

/// The program that was built from this target of a package: a binary, a test or an example.
pub fn program(messages: &[Value], package: &str, target: &str) -> Option<PathBuf> {
    let is_program = |message: &&Value| {
        let id = message["package_id"].as_str().unwrap_or_default();
        let is_target = message["target"]["name"] == target && message["executable"].is_string();
        is_target && id.contains(&format!("/{package}#"))
    };
    messages.iter().find(is_program)?["executable"].as_str().map(PathBuf::from)
}

/// Builds the programs of these packages, each as far as it goes: one that cannot be compiled keeps
/// no other from being built.
///
/// Returns, for each package without a program, what the compiler said.
///
/// # Errors
/// Cargo cannot be run, or nothing can be built.
pub fn build(workspace: &Path, packages: &[&'static str]) -> Result<HashMap<&'static str, String>> {
    let mut cargo = cargo_build(workspace);
    cargo.args(["--message-format", "json"]);
    for package in packages {
        cargo.args(["-p", package]);
    }
    let (is_built, messages) = messages(&mut cargo)?;
    if is_built {
        return Ok(HashMap::new());
    }
    let errors = |is_of: &dyn Fn(&Value) -> bool| -> String {
        let errors = messages.iter().filter(|message| message["message"]["level"] == "error");
        errors.filter(|error| is_of(&error["target"]["name"])).map(rendered).collect()
    };
    let mut broken = HashMap::new();
    for package in packages.iter().filter(|name| program(&messages, name, name).is_none()) {
        // If a lesson has no error of its own, what it stands on has one.
        let own = errors(&|target| target == package);
        broken.insert(*package, if own.is_empty() { errors(&|_| true) } else { own });
    }
    if broken.len() == packages.len() {
        return Err(Error::new("the lessons cannot be built", "see what cargo says above"));
    }
    Ok(broken)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use testing::Folder;

    use super::*;

    /// Cargo says this name where the tests run, and nobody shall wonder.
    const BROKEN: &str = "broken-on-purpose";

    #[test]
    fn a_package_that_cannot_be_compiled_keeps_no_other_from_being_built() {
        let folder = Folder::create();
        folder.write(
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"broken-on-purpose\", \"whole\"]\n",
        );
        for (package, main) in [("whole", "fn main() {}"), (BROKEN, "fn main() { let x: }")] {
            fs::create_dir_all(folder.path().join(package).join("src")).unwrap();
            let manifest = format!("[package]\nname = \"{package}\"\nedition = \"2024\"\n");
            folder.write(&format!("{package}/Cargo.toml"), &manifest);
            folder.write(&format!("{package}/src/main.rs"), main);
        }
        let broken = build(folder.path(), &[BROKEN, "whole"]).unwrap();
        assert_eq!(broken.keys().collect::<Vec<_>>(), [&BROKEN]);
        assert!(broken[BROKEN].starts_with("error: expected type"), "{broken:?}");
        assert!(broken[BROKEN].contains("main.rs:1:20"), "{broken:?}");
    }
}
