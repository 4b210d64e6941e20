//! Lesson 13 with exercise 2 solved: the mail is deleted when it has been fetched.
//!
//! Check it: `cargo run -- check solutions 13`.
//! Diff it: `cargo run -- diff 13 --exercise 2`.

#[path = "../../src/files.rs"]
mod files;
#[path = "../../src/mail.rs"]
mod mail;
mod pop3;
#[path = "../../src/stream.rs"]
mod stream;

use std::path::Path;

use mail::Part;
use pop3::Mailbox;

/// So many messages of the list are shown, the newest ones.
const MAX_SHOWN: usize = 10;

fn main() -> shared::Result {
    let config = shared::load!(
        "LESSON_POP3_URL",
        "LESSON_POP3_USER",
        "LESSON_POP3_PASSWORD",
        "LESSON_ALLOW_PLAINTEXT",
        "LESSON_TIMEOUT",
        "LESSON_SAVE_DIR",
    );
    let account = accounts::pop3(&config);

    // Step 1: connect to the MDA.
    let mut mailbox = Mailbox::connect(&account)?;

    // Step 2: log in.
    mailbox.log_in()?;

    // Step 3: ask how many messages there are, and how large they are together.
    let (count, size) = mailbox.stat()?;
    shared::print(format!("messages in the mailbox: {count} ({size} bytes)"))?;

    // Step 4: list them.
    let mut list = mailbox.list()?;
    list.sort();
    show_list(&list)?;

    // With nothing to fetch, the next step is the sixth.
    let Some((newest, _size)) = list.last() else {
        let _ = mailbox.quit().inspect_err(shared::report);
        return shared::print("the mailbox is empty; lesson 06 sends a mail");
    };

    // Step 5: fetch the newest, the one with the highest number.
    let message = mailbox.retrieve(*newest)?;

    // Step 6: mark it as deleted, and quit: only then the server deletes it.
    mailbox.delete(*newest)?;
    mailbox.quit()?;
    shared::print(format!("deleted number {newest}"))?;

    // Step 7: take the message apart: headers, parts, text and attachments.
    let parts = mail::take_apart(&message)?;
    show_mail(&parts)?;
    let attachments = parts.iter().filter(|part| part.is_attachment());
    for (number, part) in (1..).zip(attachments) {
        let name = part.name().unwrap_or_default();
        let folder = Path::new(config.text("LESSON_SAVE_DIR"));
        let path = files::save(&name, &part.content, number, folder)?;
        shared::print(format!("saved {}", path.display()))?;
    }
    Ok(())
}

/// Shows the number and the size of each message, or of the newest ones.
fn show_list(list: &[(u64, u64)]) -> shared::Result {
    let older = list.len().saturating_sub(MAX_SHOWN);
    if older > 0 {
        shared::print(format!("  ({older} older ones)"))?;
    }
    for (number, size) in &list[older..] {
        shared::print(format!("  number {number}: {size} bytes"))?;
    }
    Ok(())
}

/// Shows what a reader wants to know of a mail: its headers, the tree of its parts, and its text.
fn show_mail(parts: &[Part]) -> shared::Result {
    shared::print("")?;
    for name in ["From", "To", "Cc", "Subject", "Date"] {
        if let Some(text) = parts[0].field(name) {
            shared::print(format!("{name}: {text}"))?;
        }
    }
    shared::print("")?;
    for part in parts {
        shared::print(part.summary())?;
    }
    shared::print("")?;
    let text = mail::text(parts).unwrap_or("(no text)".into());
    shared::print(format!("{}\n", text.trim_end()))
}
