//! The exercises of lesson 08, checked from outside: `cargo run -- check 08`.
#![cfg(test)]

use std::fs;

use mailparse::{DispositionType, MailHeaderMap, parse_mail};
use testing::Folder;
use testing::exercise::{
    Attempt, Check, ensure, has_error, is, mta, not_yet, readable, sent_mail_in, show,
};

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

/// Sends a mail with this file, or with the picture if the path is empty, and returns its
/// attachments, one at least.
fn attach(path: &str, folder: &Folder) -> Check<Vec<Attached>> {
    let mail = sent_mail_in(folder, LESSON, &["--attachment", path])?;
    let mail = readable("a mail", parse_mail(mail.message.as_bytes()))?;
    let mut attached = Vec::new();
    for part in mail.parts() {
        let disposition = part.get_content_disposition();
        if disposition.disposition == DispositionType::Attachment {
            let raw = part.headers.get_first_header("Content-Type");
            let raw = raw.map(|header| String::from_utf8_lossy(header.get_value_raw()));
            attached.push(Attached {
                kind: part.ctype.mimetype.clone(),
                name: disposition.params.get("filename").cloned().unwrap_or_default(),
                old_name: part.ctype.params.get("name").cloned().unwrap_or_default(),
                content_type: raw.unwrap_or_default().into_owned(),
                bytes: readable("an attachment", part.get_body_raw())?,
            });
        }
    }
    if attached.is_empty() {
        return not_yet(format!("a mail with the attachment {path}"), "It has no attachment.");
    }
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
        is(&format!("the type of {name}"), &attached.kind, kind)?;
        is(&format!("the name of {name}"), &attached.name, name)?;
        is(&format!("the content of {name}"), &attached.bytes, content)?;
    }
    is("the type of picture.png", &attach("", &folder)?[0].kind, "image/png")
}

#[test]
#[ignore = "exercise 3"]
fn exercise_3() -> Check {
    let folder = Folder::create();
    let path = folder.path().join("work.bin");
    fs::write(&path, [0; 1_000]).unwrap();
    let path = path.display().to_string();
    for (path, names, expected) in [
        (path.as_str(), "work.bin, about.txt", "work.bin: 1000 bytes"),
        ("", "picture.png, about.txt", "picture.png: 155 bytes"),
    ] {
        let attached = attach(path, &folder)?;
        let came: Vec<_> = attached.iter().map(|file| file.name.as_str()).collect();
        is("the names of the attachments", came.join(", "), names)?;
        let about = &attached[1];
        is("the type of about.txt", &about.kind, "text/plain")?;
        is("the text in about.txt", about.bytes.trim_ascii_end(), expected)?;
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
        is("`filename`", &file.name, name)?;
        is("the content of the file", &file.bytes, "hello")?;
        // What is ASCII, every program reads as it is.
        if name.is_ascii() && !file.content_type.contains("name=") {
            continue;
        }
        let came = format!("The Content-Type is {}.", show(&file.content_type));
        // An encoded word may hold the name, but not the parameter.
        let is_encoded = file.content_type.contains("name=") && file.content_type.is_ascii();
        ensure(is_encoded, "`name=` and the name in encoded words in the Content-Type", came)?;
        is("`name` of the Content-Type, decoded,", &file.old_name, name)?;
    }
    Ok(())
}
