//! The exercises of lesson 08, checked from outside: `cargo run -- check 08`.
#![cfg(test)]

use std::fs;

use mailparse::{DispositionType, MailHeaderMap, parse_mail};
use testing::Folder;
use testing::exercise::{Attempt, Check, ensure, has_error, mta, readable, show};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson08-attachment-mail");

/// An attachment.
struct Attached {
    kind: String,
    name: String,
    /// The `name` of its type, as old programs read it, and as it stands in the mail.
    old_name: String,
    content_type: String,
    bytes: Vec<u8>,
}

impl Attached {
    fn is_of_type(&self, kind: &str, name: &str) -> Check {
        let came = format!("It is {}.", self.kind);
        ensure(self.kind == kind, format!("the type {kind} for {name}"), came)
    }
}

/// Sends a mail with this file, or with the picture if the path is empty, and returns its
/// attachments, one at least.
fn attach(path: &str, folder: &Folder) -> Check<Vec<Attached>> {
    let mta = mta(|_, _| None);
    let url = format!("smtp://{}", mta.addr);
    let mut arguments = vec!["--smtp-url", &url];
    if !path.is_empty() {
        arguments.extend(["--attachment", path]);
    }
    let done = "took what your program sent, as an MTA";
    Attempt::start_in(folder, LESSON, &arguments).ends(done, 0)?;
    let mut attached = Vec::new();
    for mail in mta.results().iter().flat_map(|session| &session.mails) {
        let mail = readable("a mail", parse_mail(mail.message.as_bytes()))?;
        for part in mail.parts() {
            let disposition = part.get_content_disposition();
            if disposition.disposition == DispositionType::Attachment {
                let text = |name: &str| part.headers.get_first_value(name).unwrap_or_default();
                let raw = part.headers.get_first_header("Content-Type");
                attached.push(Attached {
                    kind: part.ctype.mimetype.clone(),
                    name: disposition.params.get("filename").cloned().unwrap_or_default(),
                    old_name: part.ctype.params.get("name").cloned().unwrap_or_default(),
                    content_type: raw.map_or_else(
                        || text("Content-Type"),
                        |raw| String::from_utf8_lossy(raw.get_value_raw()).into_owned(),
                    ),
                    bytes: readable("an attachment", part.get_body_raw())?,
                });
            }
        }
    }
    let expected = format!("a mail with the attachment {path}");
    ensure(!attached.is_empty(), expected, "It has no attachment.")?;
    Ok(attached)
}

#[test]
#[ignore = "exercise 1"]
fn exercise_1() -> Check {
    let folder = Folder::create();
    fs::create_dir(folder.path().join("work")).unwrap();
    fs::write(folder.path().join("work/big.bin"), vec![0; 65_537]).unwrap();
    fs::write(folder.path().join("most.bin"), vec![0; 65_536]).unwrap();
    let mta = mta(|_, _| None);
    let arguments = ["--smtp-url", &format!("smtp://{}", mta.addr), "--attachment", "work/big.bin"];
    let mut lesson = Attempt::start_in(&folder, LESSON, &arguments);
    let ended = lesson.ends("waited for its end; the file has 65,537 bytes", 1)?;
    has_error(&ended, "work/big.bin is too large: 65537 bytes")?;
    let is_alone = mta.count() == 0;
    ensure(is_alone, "no connection to the MTA", "Your program has connected to it.")?;
    attach("", &folder)?;
    let length = attach("most.bin", &folder)?[0].bytes.len();
    let came = format!("Your program sent {length} bytes.");
    ensure(length == 65_536, "all 65,536 bytes of most.bin", came)
}

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
        attached.is_of_type(kind, name)?;
        ensure(
            attached.name == name && attached.bytes == content,
            format!("the file {name} with {}", show(content)),
            format!("{} with {} came.", attached.name, show(&attached.bytes)),
        )?;
    }
    attach("", &folder)?[0].is_of_type("image/png", "picture.png")
}

#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    let folder = Folder::create();
    let path = folder.path().join("work.bin");
    fs::write(&path, [0; 1_000]).unwrap();
    for (path, expected) in [
        (path.display().to_string(), "work.bin: 1000 bytes"),
        (String::new(), "picture.png: 155 bytes"),
    ] {
        let attached = attach(&path, &folder)?;
        let (name, _) = expected.split_once(':').unwrap();
        let names: Vec<_> = attached.iter().map(|file| file.name.as_str()).collect();
        ensure(
            names == [name, "about.txt"],
            format!("the attachments {name}, about.txt"),
            format!("Your program attached {}.", names.join(", ")),
        )?;
        let about = &attached[1];
        about.is_of_type("text/plain", "about.txt")?;
        let text = about.bytes.trim_ascii_end();
        ensure(
            text == expected.as_bytes(),
            format!("\"{expected}\" in about.txt"),
            format!("It says {}.", show(text)),
        )?;
    }
    Ok(())
}

#[test]
#[ignore = "exercise 4"]
fn exercise_4() -> Check {
    let folder = Folder::create();
    for name in ["work.txt", "作业.txt", "第一次作业：网络编程入门与套接字的基本使用方法.docx"]
    {
        folder.write(name, "hello");
        let file = &attach(name, &folder)?[0];
        let came = format!("`filename` is {}.", show(&file.name));
        ensure(file.name == name, format!("`filename` still to be {name}"), came)?;
        let came = format!("It holds {}.", show(&file.bytes));
        ensure(file.bytes == b"hello", "\"hello\" in the file", came)?;
        // What is ASCII, every program reads as it is.
        if name.is_ascii() && !file.content_type.contains("name=") {
            continue;
        }
        let came = format!("The Content-Type is {}.", show(&file.content_type));
        // An encoded word may hold the name, but not the parameter.
        let is_encoded = file.content_type.contains("name=") && file.content_type.is_ascii();
        ensure(is_encoded, "`name=` and the name in encoded words in the Content-Type", &came)?;
        let expected = format!("`name` of the Content-Type to be {name} when it is decoded");
        ensure(file.old_name == name, expected, &came)?;
    }
    Ok(())
}
