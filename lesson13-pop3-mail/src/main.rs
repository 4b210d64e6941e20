//! A program that fetches the newest mail over POP3 and takes it apart (beyond the cases).
//!
//! Run it: `cargo run -p lesson13-pop3-mail`, with the practice servers in another terminal.
//! New here: POP3, which hands out mail, and what a mail looks like inside.
//! Diff it: it is the first of its kind; its other side is `practice-servers/src/pop3.rs`.

mod files;
mod pop3;
mod reading;
mod show;

use std::path::Path;

use pop3::Mailbox;
use shared::OrCannot;

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
    // Of a full mailbox, the ten newest are enough.
    let older = list.len().saturating_sub(10);
    if older > 0 {
        shared::print(format!("  ({older} older ones)"))?;
    }
    for (number, size) in &list[older..] {
        shared::print(format!("  number {number}: {size} bytes"))?;
    }

    let Some((newest, _size)) = list.last() else {
        // There is nothing to fetch, so the program goes on with step 6.
        if let Err(error) = mailbox.quit() {
            shared::report(&error);
        }
        return shared::print("the mailbox is empty; lesson 06 sends a mail");
    };

    // Step 5: fetch the newest, the one with the highest number.
    let message = mailbox.retrieve(*newest)?;

    // Step 6: quit. The mail is here, whatever the server says to that.
    if let Err(error) = mailbox.quit() {
        shared::report(&error);
    }

    // Step 7: take the message apart: headers, parts, text and attachments.
    let mended = mend::mail(&message);
    let mail = mailparse::parse_mail(&mended).or_cannot("take apart", "the mail")?;
    show::mail(&mail, 0)?;
    files::save_all(&mail, Path::new(config.text("LESSON_SAVE_DIR")))
}
