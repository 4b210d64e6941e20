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
/// Windows takes none of these in a name.
const UNSAFE: [char; 7] = ['<', '>', ':', '"', '|', '?', '*'];
/// The extensions by which programs know files of types that are not called as these are.
const EXTENSIONS: [(&str, &str); 14] = [
    ("message/rfc822", "eml"),
    ("message/global", "eml"),
    ("text/calendar", "ics"),
    ("text/vcard", "vcf"),
    ("text/x-vcard", "vcf"),
    ("text/directory", "vcf"),
    ("text/plain", "txt"),
    ("audio/mpeg", "mp3"),
    ("application/msword", "doc"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.ms-powerpoint", "ppt"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
];

/// Saves an attachment into `folder` under its own name as far as that is safe, else by its
/// `number`, and returns the file's path. A file that is there is never replaced.
///
/// # Errors
/// The file cannot be written.
pub fn save(file: &ParsedMail, number: usize, folder: &Path) -> shared::Result<PathBuf> {
    let mut name = safe_name(&reading::name(file).unwrap_or_default());
    let extension = extension(reading::kind(file));
    let is_for_mail_programs = [".eml", ".ics", ".vcf"].contains(&extension.as_str());
    if name.is_empty() {
        name = format!("attachment-{number}{extension}");
    } else if is_for_mail_programs && !name.to_lowercase().ends_with(&extension) {
        // The name of such a file is often the subject alone.
        name += &extension;
    }
    save_as(&name, &reading::content(file), number, folder)
}

/// The extension of a type, with its dot, or nothing: `image/png` is `.png`.
fn extension(kind: &str) -> String {
    let known = EXTENSIONS.iter().find(|(known, _)| *known == kind).map(|(_, known)| *known);
    let subtype = kind.rsplit('/').next().unwrap_or_default().trim_start_matches("x-");
    let is_one = (3..5).contains(&subtype.len()) && subtype.chars().all(char::is_alphanumeric);
    match known.or(is_one.then_some(subtype)) {
        Some(extension) => format!(".{extension}"),
        None => String::new(),
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
    let written = write(&draft, content);
    let saved = written.and_then(|()| give_name(&draft, folder, name));
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
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let dot = if stem.len() < name.len() { "." } else { "" };
    let mut path = folder.join(name);
    for number in 2..1000 {
        let mut named = fs::hard_link(draft, &path);
        if let Err(error) = &named
            && error.kind() != ErrorKind::AlreadyExists
        {
            // Not every file system knows links.
            let claimed = File::create_new(&path).map(drop);
            named = claimed.and_then(|()| fs::rename(draft, &path));
        }
        match named {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                path = folder.join(format!("{stem} ({number}){dot}{extension}"));
            }
            named => return named.map(|()| path),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// What is left of a name when it can lead to no other folder, no hidden file and no device;
/// perhaps nothing.
fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_safe = |character: &char| {
        !character.is_control() && !UNSAFE.contains(character) && !is_unseen(*character)
    };
    let kept: String = last.chars().filter(is_safe).collect();
    let trim = |character: char| character == '.' || character.is_whitespace();
    let kept = kept.trim_matches(trim);
    let (stem, extension) = match kept.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= 20 => (stem, &kept[stem.len()..]),
        _ => (kept, ""),
    };
    let mut stem = stem.to_string();
    while stem.len() > MAX_STEM {
        stem.pop();
    }
    // On Windows these are devices, whatever the extension.
    let device = stem.split('.').next().unwrap_or_default();
    let device = device.trim_end().to_uppercase();
    let port = device.strip_prefix("COM").or(device.strip_prefix("LPT"));
    let is_port =
        port.is_some_and(|rest| rest.chars().count() == 1 && rest.contains(char::is_numeric));
    if is_port || ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&device.as_str()) {
        stem.insert(0, '_');
    }
    format!("{stem}{extension}")
}

/// Some of them turn the direction of the text around: `exe.txt` can then be seen where `txt.exe`
/// stands.
fn is_unseen(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{feff}')
        || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}
