//! The MTA of a program that is checked.

use std::mem;
use std::time::Instant;

use super::{Attempt, Check, not_yet};
use crate::{Folder, Server, polite_smtp, talk};

/// What an MTA got in one connection.
pub struct Session {
    /// When the client had connected.
    pub began: Instant,
    /// When the first command came that the MTA refused.
    pub refused: Option<Instant>,
    /// The mails that came.
    pub mails: Vec<Mail>,
}

/// A mail, and who gets it.
pub struct Mail {
    /// The addresses of the envelope, in their order.
    pub to: Vec<String>,
    /// The message, with CR LF, without the dots that SMTP adds.
    pub message: String,
}

/// Starts an MTA. `odd` gets the number of the connection, 0 for the first, and each command, and
/// may refuse it; the empty text closes the connection.
pub fn mta(
    odd: impl Fn(usize, &str) -> Option<&'static str> + Send + Sync + 'static,
) -> Server<Session> {
    Server::start(move |number, stream| {
        let began = Instant::now();
        let mut refused = None;
        let lines = talk(stream, |line| match odd(number, line) {
            Some(answer) => {
                refused.get_or_insert(Instant::now());
                let end = if answer.is_empty() { "" } else { "\r\n" };
                format!("{answer}{end}").into_bytes()
            }
            None => polite_smtp(line),
        });
        let mut mails = Vec::new();
        let mut to = Vec::new();
        let mut lines = lines.iter();
        while let Some(line) = lines.next() {
            if line == "DATA" {
                let mut message = String::new();
                let mut is_whole = false;
                for line in lines.by_ref() {
                    is_whole = line == ".";
                    if is_whole {
                        break;
                    }
                    message += &format!("{}\r\n", line.strip_prefix('.').unwrap_or(line));
                }
                if is_whole && odd(number, ".").is_none() {
                    mails.push(Mail { to: mem::take(&mut to), message });
                }
            } else if line.starts_with("MAIL ") || line == "RSET" {
                to.clear();
            } else if let Some(address) = line.strip_prefix("RCPT TO:<")
                && odd(number, line).is_none()
            {
                to.extend(address.split_once('>').map(|(address, _)| address.to_string()));
            }
        }
        Session { began, refused, mails }
    })
}

/// Runs a lesson that sends a mail to its end, and returns the one mail that came.
pub fn sent_mail(lesson: &str, arguments: &[&str]) -> Check<Mail> {
    sent_mail_in(&Folder::create(), lesson, arguments)
}

/// The same in `folder`.
pub fn sent_mail_in(folder: &Folder, lesson: &str, arguments: &[&str]) -> Check<Mail> {
    let mta = mta(|_, _| None);
    let url = format!("smtp://{}", mta.addr);
    let arguments = [&["--smtp-url", &url], arguments].concat();
    let done = "took what your program sent, as an MTA";
    Attempt::start_in(folder, lesson, &arguments).ends(done, 0)?;
    let mut mails: Vec<_> = mta.results().into_iter().flat_map(|session| session.mails).collect();
    let count = mails.len();
    match mails.pop() {
        Some(mail) if count == 1 => Ok(mail),
        _ => not_yet("one mail", format!("Your program sent {count} mails.")),
    }
}
