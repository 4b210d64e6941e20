//! A program that fetches the newest mail over POP3 and takes it apart (no number in the notes).
//!
//! Run it: `cargo run -p practice-servers` in another terminal, then `cargo run -p lesson13-pop3-mail`.
//! New here: POP3, which hands a mail from the MDA to its reader, and what a mail looks like inside.
//! Diff it: it has no parent; its `pop3.rs` is the other side of `practice-servers/src/pop3.rs`.

mod charsets;
mod files;
mod mail;
mod mend;
mod pop3;
mod reading;
mod show;
mod stream;
mod words;

use std::path::Path;

use pop3::Mailbox;

fn main() -> shared::Result {
    let config = shared::load(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_DESCRIPTION"));
    let user = config.pop3_user.as_str();
    let password = config.pop3_password.as_str();

    // Step 1: connect to the MDA.
    let connected = Mailbox::connect(&config.pop3_url, config.timeout);
    let mut mailbox = connected?;

    // Step 2: log in.
    let logged_in = mailbox.log_in(user, password);
    logged_in?;

    // Step 3: ask how many messages there are, and how large they are together.
    let counted = mailbox.stat();
    let (count, size) = counted?;
    shared::print(format!("messages in the mailbox: {count} ({size} bytes)"))?;

    // Step 4: list them.
    let listed = mailbox.list();
    let mut list = listed?;
    list.sort();
    show::list(&list)?;

    // With nothing to fetch, the next step is the sixth.
    let Some((newest, _size)) = list.last() else {
        let _ = mailbox.quit().inspect_err(shared::report);
        return shared::print("the mailbox is empty; lesson 06 sends a mail");
    };

    // Step 5: fetch the newest, the one with the highest number.
    let fetched = mailbox.retrieve(*newest);
    let message = fetched?;

    // Step 6: quit. The mail is here, whatever the server says to that.
    let goodbye = mailbox.quit();
    let _ = goodbye.inspect_err(shared::report);

    // Step 7: take the message apart: headers, parts, text and attachments.
    let mail = mail::take_apart(&message)?;
    let reading = reading::divide(&mail);
    show::mail(&mail, &reading)?;
    for (number, file) in (1..).zip(&reading.files) {
        let path = files::save(file, number, Path::new(&config.save_dir))?;
        let note = if file.is_whole { "" } else { " (not all of it could be decoded)" };
        shared::print(format!("saved {}{note}", path.display()))?;
    }
    Ok(())
}
