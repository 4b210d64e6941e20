//! Attachments become files: under safe names, whole or not at all, replacing nothing.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process;

use mailparse::ParsedMail;
use shared::OrCannot;

use crate::reading;

/// A name has so many bytes before its extension; most systems allow 255 in all.
const MAX_STEM: usize = 200;

/// Saves an attachment into `folder` under its own name as far as that is safe, else by its
/// `number`, and returns the file's path. A file that is there is never replaced.
///
/// # Errors
/// The file cannot be written.
pub fn save(file: &ParsedMail, number: usize, folder: &Path) -> shared::Result<PathBuf> {
    let mut name = safe_name(&reading::name(file).unwrap_or_default());
    let extension = extension(reading::kind(file));
    // The name of a mail, an appointment or a card is often what it is about, and no more.
    let is_incomplete =
        matches!(extension, ".eml" | ".ics" | ".vcf") && !name.to_lowercase().ends_with(extension);
    if name.is_empty() {
        name = format!("attachment-{number}{extension}");
    } else if is_incomplete {
        name += extension;
    }
    save_as(&name, &reading::content(file), number, folder)
}

/// The extension by which programs know files of the commonest types, with its dot.
fn extension(kind: &str) -> &'static str {
    match kind {
        "message/rfc822" | "message/global" => ".eml",
        "text/calendar" => ".ics",
        "text/vcard" | "text/x-vcard" | "text/directory" => ".vcf",
        "text/plain" => ".txt",
        "text/html" => ".html",
        "image/png" => ".png",
        "image/jpeg" => ".jpeg",
        "image/gif" => ".gif",
        "application/pdf" => ".pdf",
        "application/zip" => ".zip",
        _ => "",
    }
}

/// Saves bytes into `folder` under a safe name.
///
/// # Errors
/// The file cannot be written.
pub fn save_as(
    name: &str,
    content: &[u8],
    number: usize,
    folder: &Path,
) -> shared::Result<PathBuf> {
    fs::create_dir_all(folder).or_cannot("make the folder", folder.display())?;
    // Until all of it is written, it has another name.
    let draft = folder.join(format!(".lesson13-{}-{number}.part", process::id()));
    let _left_behind = fs::remove_file(&draft);
    let saved = write(&draft, content).and_then(|()| give_name(&draft, folder, name));
    let _is_no_more = fs::remove_file(&draft);
    saved.or_cannot("save", folder.join(name).display())
}

fn write(draft: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(draft)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Gives the draft the first name that is free: `a.txt`, `a (2).txt`, and so on.
fn give_name(draft: &Path, folder: &Path, name: &str) -> io::Result<PathBuf> {
    let (stem, extension) = name.split_at(name.rfind('.').unwrap_or(name.len()));
    let mut path = folder.join(name);
    let mut number = 1;
    // An empty file keeps the name for us.
    while let Err(error) = File::create_new(&path) {
        number += 1;
        if error.kind() != ErrorKind::AlreadyExists || number == 1000 {
            return Err(error);
        }
        path = folder.join(format!("{stem} ({number}){extension}"));
    }
    fs::rename(draft, &path)?;
    Ok(path)
}

/// What is left of a name when it can lead to no other folder, no hidden file and no device;
/// perhaps nothing.
fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    // Windows takes none of these in a name.
    let is_unsafe = |character: char| {
        character.is_control() || "<>:\"|?*".contains(character) || is_unseen(character)
    };
    let kept = last.replace(is_unsafe, "");
    let kept = kept.trim_matches(|character: char| character == '.' || character.is_whitespace());
    let (stem, extension) = match kept.rfind('.') {
        Some(dot) if kept.len() - dot <= 20 => kept.split_at(dot),
        _ => (kept, ""),
    };
    let stem = reading::cut(stem, MAX_STEM);
    let mark = if is_device(stem) { "_" } else { "" };
    format!("{mark}{stem}{extension}")
}

/// Whether this is a device on Windows, whatever the extension.
fn is_device(stem: &str) -> bool {
    let name = stem.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    let port = name.strip_prefix("COM").or(name.strip_prefix("LPT")).unwrap_or_default();
    let is_port = port.chars().count() == 1 && port.contains(char::is_numeric);
    is_port || ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&name.as_str())
}

/// Some of them turn the direction of the text around: `exe.txt` can then be seen where `txt.exe`
/// stands.
fn is_unseen(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{feff}')
        || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}
