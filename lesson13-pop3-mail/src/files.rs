//! Attachments become files: under safe names, whole or not at all, replacing nothing.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process;

use mailparse::ParsedMail;
use sanitise_file_name::{Options, sanitise_with_options};
use shared::OrCannot;

use crate::reading;

/// What is not safe in a name on some system is left out of it, and there may be nothing left. Most
/// systems allow 255 bytes; a number and an extension can follow.
const SAFE: Options<Option<char>> = Options {
    length_limit: 200,
    normalise_whitespace: false,
    trim_more_punctuation: false,
    replace_with: None,
    // The library's word for what it gives where nothing of a name is left.
    six_measures_of_barley: "",
    ..Options::DEFAULT
};

/// Saves the attachments of a mail into `folder`, and says where.
///
/// # Errors
/// A file cannot be written.
pub fn save_all(mail: &ParsedMail, folder: &Path) -> shared::Result {
    for (number, file) in (1..).zip(reading::files(mail)) {
        let content = file.get_body_raw().unwrap_or_default();
        let path = save_as(&safe_name(file, number), &content, folder)?;
        shared::print(format!("saved {}{}", path.display(), reading::note(file)))?;
    }
    Ok(())
}

/// The attachment's own name as far as that is safe, else one with its `number`.
fn safe_name(file: &ParsedMail, number: usize) -> String {
    let name = reading::name(file).unwrap_or_default();
    // Whatever folders the sender has written before the name, they are not used; and on Windows no
    // name ends with a blank or a dot.
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut name = sanitise_with_options(last.trim_end_matches([' ', '.']), &SAFE);
    let extension = extension(&file.ctype.mimetype);
    if name.is_empty() {
        name = format!("attachment-{number}{extension}");
    }
    // What begins with a dot is hidden on many systems.
    if name.starts_with('.') {
        name = format!("attachment-{number}{name}");
    }
    // The name of a mail, an appointment or a card is often what it is about, and no more.
    if [".eml", ".ics", ".vcf"].contains(&extension) && !name.to_lowercase().ends_with(extension) {
        name += extension;
    }
    name
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

/// Saves bytes into `folder` under a safe name, or under the first like it that is free: `a.txt`,
/// `a (2).txt`, and so on. A file that is there is never replaced.
///
/// # Errors
/// The file cannot be written.
pub fn save_as(name: &str, content: &[u8], folder: &Path) -> shared::Result<PathBuf> {
    fs::create_dir_all(folder).or_cannot("make the folder", folder.display())?;
    // Until all of it is written, it has another name, which is that of no attachment.
    let part = folder.join(format!(".lesson13-{}.part", process::id()));
    // A killed program may have left its part behind, under the same process number.
    let _ = fs::remove_file(&part);
    let saved = write(&part, content).and_then(|()| give_name(&part, name, folder));
    // Once it has its name, there is nothing to remove.
    let _ = fs::remove_file(&part);
    saved.or_cannot("save", folder.join(name).display())
}

fn write(part: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(part)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Gives the file the first of these names that is free. An empty file keeps it meanwhile.
fn give_name(part: &Path, name: &str, folder: &Path) -> io::Result<PathBuf> {
    let (stem, extension) = name.split_at(name.rfind('.').unwrap_or(name.len()));
    let mut path = folder.join(name);
    let mut number = 1;
    while let Err(error) = File::create_new(&path) {
        if error.kind() != ErrorKind::AlreadyExists {
            return Err(error);
        }
        number += 1;
        path = folder.join(format!("{stem} ({number}){extension}"));
    }
    fs::rename(part, &path)?;
    Ok(path)
}
