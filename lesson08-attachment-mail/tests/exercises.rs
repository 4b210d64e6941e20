//! The exercises of lesson 08, checked from outside: `cargo run -- check 08`.
#![cfg(test)]

use std::fs;

use mailparse::{DispositionType, parse_mail};
use testing::Folder;
use testing::exercise::{Attempt, Check, has_error, mta, not_yet, show};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson08-attachment-mail");

/// An attachment.
struct Attached {
    kind: String,
    name: String,
    bytes: Vec<u8>,
}

/// Sends a mail with this file, and returns its attachments.
fn attach(path: &str, folder: &Folder) -> Check<Vec<Attached>> {
    let mta = mta(|_, _| None);
    let arguments = ["--smtp-url", &format!("smtp://{}", mta.addr), "--attachment", path];
    Attempt::start_in(folder, LESSON, &arguments).ends(&format!("attached {path}"), 0)?;
    let mut attached = Vec::new();
    for mail in mta.results().iter().flat_map(|session| &session.mails) {
        for part in parse_mail(mail.message.as_bytes()).unwrap().parts() {
            let disposition = part.get_content_disposition();
            if disposition.disposition == DispositionType::Attachment {
                let name = disposition.params.get("filename").cloned().unwrap_or_default();
                let bytes = part.get_body_raw().unwrap();
                attached.push(Attached { kind: part.ctype.mimetype.clone(), name, bytes });
            }
        }
    }
    match attached.is_empty() {
        false => Ok(attached),
        true => {
            not_yet(format!("attached {path}, expected a mail with an attachment: there is none"))
        }
    }
}

/// Not too large.
#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let folder = Folder::create();
    fs::write(folder.path().join("big.bin"), vec![0; 65_537]).unwrap();
    fs::write(folder.path().join("most.bin"), vec![0; 65_536]).unwrap();
    let mta = mta(|_, _| None);
    let done = "attached a file of 65,537 bytes";
    let arguments = ["--smtp-url", &format!("smtp://{}", mta.addr), "--attachment", "big.bin"];
    let mut lesson = Attempt::start_in(&folder, LESSON, &arguments);
    let ended = lesson.ends(done, 1)?;
    has_error(&ended, done, "big.bin is too large: 65537 bytes")?;
    if mta.count() > 0 {
        return not_yet(format!("{done}, expected no connection: it has connected to the MTA"));
    }
    let attached = attach("most.bin", &folder)?;
    match attached[0].bytes.len() {
        65_536 => Ok(()),
        length => {
            not_yet(format!("attached a file of 65,536 bytes, expected it whole: {length} came"))
        }
    }
}

/// The file's type.
#[test]
#[ignore = "exercise 2"]
fn exercise_2() -> Check {
    let folder = Folder::create();
    for (name, kind) in [
        ("a.png", "image/png"),
        ("b.JPG", "image/jpeg"),
        ("c.jpeg", "image/jpeg"),
        ("d.tar.pdf", "application/pdf"),
        ("e.html", "text/html"),
        ("png", "application/octet-stream"),
        ("f.png.zip", "application/octet-stream"),
    ] {
        let content = b"\x00\xff<b>\r\n";
        fs::write(folder.path().join(name), content).unwrap();
        let attached = &attach(name, &folder)?[0];
        if attached.kind != kind {
            return not_yet(format!("{name}: expected {kind}: it is {}", attached.kind));
        }
        if attached.name != name || attached.bytes != content {
            let (content, bytes) = (show(content), show(&attached.bytes));
            return not_yet(format!(
                "{name}: expected {content}: {} with {bytes} came",
                attached.name
            ));
        }
    }
    Ok(())
}

/// A second file.
#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    let folder = Folder::create();
    let path = folder.path().join("work.bin");
    fs::write(&path, [0; 1_000]).unwrap();
    let attached = attach(path.to_str().unwrap(), &folder)?;
    let names: Vec<_> = attached.iter().map(|file| file.name.as_str()).collect();
    if names != ["work.bin", "about.txt"] {
        let names = names.join(", ");
        return not_yet(format!("expected the attachments work.bin, about.txt: they are {names}"));
    }
    let about = &attached[1];
    if about.kind != "text/plain" {
        return not_yet(format!("about.txt: expected text/plain: it is {}", about.kind));
    }
    match String::from_utf8_lossy(&about.bytes).replace("\r\n", "\n").as_str() {
        "work.bin: 1000 bytes\n" => Ok(()),
        text => not_yet(format!(
            "about.txt: expected \"work.bin: 1000 bytes\\n\": it is {}",
            show(text.as_bytes())
        )),
    }
}
