//! Plays the lessons and draws what went over the wire, as one HTML page.
//!
//! Run it: `cargo run -p page`, or `cargo run -p page -- --open` to see the page at once.

mod channel;
mod code;
mod conversation;
mod diff;
mod events;
mod exchange;
mod html;
mod ladder;
mod log;
mod mail;
mod offices;
mod order;
mod readme;
mod record;
mod recording;
mod sources;
mod talk;
mod way;

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use shared::{Error, OrCannot, Result};
use sources::Sources;

const HELP: &str = "Plays the lessons and draws what went over the wire, as one HTML page.

Usage: cargo run -p page -- [--open]

  --open   show the page in the browser";

fn main() -> Result {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let is_to_open = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--open"] => true,
        ["--help" | "-h"] => return shared::print(HELP),
        _ => {
            let problem = format!("page does not take {}", arguments.join(" "));
            let error = Error::new(problem, "see what it takes: cargo run -p page -- --help");
            let _ = writeln!(io::stderr(), "Error: {error:?}");
            process::exit(2);
        }
    };
    let workspace = workspace();
    let recording = record::record()?;
    let sources = Sources::read(&workspace, &recording).or_cannot("read", "the lessons' source")?;
    let page = html::page(&workspace, &recording, &sources).or_cannot("draw", "the page")?;
    let file = write(&workspace, &page)?;
    shared::print(format!("{} ({} KB)", file.display(), page.len() / 1000))?;
    if is_to_open { open(&file) } else { Ok(()) }
}

/// The folder of the workspace, whose lessons are played.
fn workspace() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_path_buf()
}

/// Writes the page to where it belongs; there is a whole page at any time.
fn write(workspace: &Path, page: &str) -> Result<PathBuf> {
    let folder = workspace.join("target").join("page");
    fs::create_dir_all(&folder).or_cannot("make the folder", folder.display())?;
    let file = folder.join("index.html");
    let part = folder.join(format!("index-{}.part", process::id()));
    fs::write(&part, page).or_cannot("write", part.display())?;
    fs::rename(&part, &file).or_cannot("write", file.display())?;
    Ok(file)
}

/// Shows a file in the system's browser.
fn open(file: &Path) -> Result {
    let mut command = match env::consts::OS {
        "windows" => Command::new("cmd"),
        "macos" => Command::new("open"),
        _ => Command::new("xdg-open"),
    };
    if cfg!(windows) {
        command.args(["/C", "start", ""]);
    }
    let status = command.arg(file).status();
    if status.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    let hint = format!("open it yourself: {}", file.display());
    Err(Error::new("cannot open the browser", hint))
}
