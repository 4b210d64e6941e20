//! Lesson 13 with exercise 2 solved: the mail is deleted when it has been fetched.
//!
//! Check it: `cargo run -- check solutions 13`.
//! Diff it: `cargo run -- diff 13 --exercise 2`.

#[path = "../../src/charsets.rs"]
mod charsets;
#[path = "../../src/files.rs"]
mod files;
#[path = "../../src/mail.rs"]
mod mail;
#[path = "../../src/mend.rs"]
mod mend;
mod pop3;
#[path = "../../src/reading.rs"]
mod reading;
#[path = "../../src/show.rs"]
mod show;
#[path = "../../src/stream.rs"]
mod stream;
#[path = "../../src/words.rs"]
mod words;

use std::path::Path;

use pop3::Mailbox;

fn main() -> shared::Result {
    let config = accounts::load!(Pop3, "LESSON_SAVE_DIR");
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
    show::list(&list)?;

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
    let mail = mail::take_apart(&message)?;
    let reading = reading::divide(&mail);
    show::mail(&mail, &reading)?;
    let folder = Path::new(config.text("LESSON_SAVE_DIR"));
    for (number, file) in (1..).zip(&reading.files) {
        let path = files::save(file, number, folder)?;
        let note = if file.is_whole { "" } else { " (not all of it could be decoded)" };
        shared::print(format!("saved {}{note}", path.display()))?;
    }
    Ok(())
}
