//! Troubles for whoever asks for one, and for nobody else: what one types, and what happens then,
//! the same at every time.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::limits;
use crate::session::Reply;

/// Where one types it.
#[derive(Clone, Copy, PartialEq)]
pub enum Where {
    /// Behind the user in an address, as sender or recipient of a mail.
    MailAddress,
    /// As the user who logs in to SMTP, or behind it.
    MailLogin,
    /// Behind the user who logs in to POP3.
    MailboxLogin,
    /// As the file to download.
    Download,
    /// As the folder to upload into.
    Upload,
}

/// What happens.
#[derive(Clone, Copy, PartialEq)]
pub enum What {
    /// The command is refused with the code.
    Refuse,
    /// A mail is refused with the code after its final dot.
    RefuseMail,
    /// A mail is [`GREYLISTED`], and taken when it is tried again a second later.
    Greylist,
    /// Each reply takes [`limits::SLOW`].
    Slow,
    /// The connection ends: for a login instead of the reply, for a mail instead of the reply to
    /// the final dot, for a mail or a file that comes in the middle of it.
    Cut,
    /// The mailbox is in use.
    InUse,
    /// Only the [`CODE`] logs in, and the password of the web site does not.
    WantCode,
    /// When the whole file has come, there is no room for it.
    Full,
}

/// Where one types it, what one types, and what happens. `NNN` stands for a code from 400 to 599.
const TROUBLES: [(Where, &str, What); 13] = [
    (Where::MailAddress, "+NNN", What::Refuse),
    (Where::MailAddress, "+greylist", What::Greylist),
    (Where::MailAddress, "+data-NNN", What::RefuseMail),
    (Where::MailAddress, "+slow", What::Slow),
    (Where::MailAddress, "+cut", What::Cut),
    (Where::MailLogin, "+cut", What::Cut),
    (Where::MailLogin, "xinsheng@qq.example", What::WantCode),
    (Where::MailboxLogin, "+in-use", What::InUse),
    (Where::MailboxLogin, "+slow", What::Slow),
    (Where::MailboxLogin, "+cut", What::Cut),
    (Where::Download, "/trouble/cut.bin", What::Cut),
    (Where::Download, "/trouble/NNN.txt", What::Refuse),
    (Where::Upload, "/trouble/full/", What::Full),
];

/// The reply to a pair of addresses that has to wait.
pub const GREYLISTED: &str = "451 4.7.1 greylisted: try again in a second";

/// The authorization code of the user who cannot log in with the password.
pub const CODE: &str = "practice-code";

/// The FTP folder with the files of the table.
pub const FOLDER: &str = "/trouble";

/// A trouble that somebody has asked for.
#[derive(PartialEq)]
pub struct Trouble {
    /// What happens.
    pub what: What,
    /// The code that stands for `NNN`, else 0.
    pub code: u16,
    typed: String,
}

impl Trouble {
    /// The trouble that `typed` asks for.
    pub fn find(place: Where, typed: &str) -> Option<Self> {
        let mut rows = TROUBLES.into_iter().filter(|(other, ..)| *other == place);
        rows.find_map(|(_, pattern, what)| {
            let code = code(pattern, typed)?;
            Some(Trouble { what, code, typed: typed.into() })
        })
    }

    /// The trouble that a tag behind the user asks for, such as `+451` in
    /// `xuesheng+451@sina.example`, and the address without the tag.
    pub fn of_address(place: Where, address: &str) -> (String, Option<Self>) {
        if let Some((user, domain)) = address.rsplit_once('@')
            && let Some(start) = user.rfind('+')
            && let Some(trouble) = Self::find(place, &user[start..].to_ascii_lowercase())
        {
            return (format!("{}@{domain}", &user[..start]), Some(trouble));
        }
        (address.into(), None)
    }

    /// The refusal with the code; for mail with its enhanced code (RFC 3463), too.
    pub fn refusal(&self) -> Reply {
        let Trouble { code, typed, .. } = self;
        let enhanced = match code {
            _ if typed.starts_with('/') => String::new(),
            421 => "4.3.2 ".into(),
            450 => "4.2.1 ".into(),
            451 => "4.3.0 ".into(),
            452 => "4.2.2 ".into(),
            550 => "5.1.1 ".into(),
            551 => "5.1.6 ".into(),
            552 => "5.2.2 ".into(),
            553 => "5.1.3 ".into(),
            554 => "5.7.1 ".into(),
            code => format!("{}.0.0 ", code / 100),
        };
        let text = format!("{code} {enhanced}as {typed} asks for");
        // Whoever says 421 closes the connection (RFC 5321 section 3.8, RFC 959 section 4.2).
        if *code == 421 { Reply::close(text) } else { text.into() }
    }
}

/// The code that stands in `typed` for the `NNN` of `pattern`, or 0 if there is none. Nothing when
/// the two do not match.
fn code(pattern: &str, typed: &str) -> Option<u16> {
    let Some((before, behind)) = pattern.split_once("NNN") else {
        return (pattern == typed).then_some(0);
    };
    let digits = typed.strip_prefix(before)?.strip_suffix(behind)?;
    digits.parse().ok().filter(|code| digits.len() == 3 && (400..600).contains(code))
}

/// The pairs of sender and recipient that have been told to come again, and when.
#[derive(Default)]
pub struct GreyList(Mutex<HashMap<(String, String), Instant>>);

impl GreyList {
    /// Whether the pair has to come again. Once let through, it has to wait again the next time.
    pub fn has_to_wait(&self, sender: &str, recipient: &str) -> bool {
        let mut pairs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = (sender.to_string(), recipient.to_string());
        if pairs.get(&pair).is_some_and(|first| first.elapsed() >= limits::GREY) {
            pairs.remove(&pair);
            return false;
        }
        if pairs.len() >= limits::REMEMBERED {
            pairs.clear();
        }
        pairs.entry(pair).or_insert_with(Instant::now);
        true
    }
}

/// Makes the FTP files of the table in `folder`.
pub fn make_files(folder: &Path) -> io::Result<()> {
    if folder.exists() {
        return Ok(());
    }
    fs::create_dir_all(folder.join("full"))?;
    fs::write(folder.join("full").join("readme.txt"), "There is no room for more.\n")?;
    for name in ["425.txt", "450.txt", "550.txt"] {
        fs::write(folder.join(name), "Nobody ever gets this file.\n")?;
    }
    let line = "Half of this file is all that anybody gets.\n";
    fs::write(folder.join("cut.bin"), line.repeat(500))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_who_ask_for_trouble_get_it() {
        for (address, rest, code) in [
            ("a+451@b.example", "a@b.example", Some(451)),
            ("a+b+599@c.example", "a+b@c.example", Some(599)),
            ("a+Data-552@b.example", "a@b.example", Some(552)),
            ("a+SLOW@b.example", "a@b.example", Some(0)),
            ("a+399@b.example", "a+399@b.example", None),
            ("a+600@b.example", "a+600@b.example", None),
            ("a+4511@b.example", "a+4511@b.example", None),
            ("a++51@b.example", "a++51@b.example", None),
            ("a+homework@b.example", "a+homework@b.example", None),
            ("a+in-use@b.example", "a+in-use@b.example", None),
            ("a@b+451.example", "a@b+451.example", None),
            ("+45老@b.example", "+45老@b.example", None),
        ] {
            let (is, trouble) = Trouble::of_address(Where::MailAddress, address);
            assert_eq!((is.as_str(), trouble.map(|trouble| trouble.code)), (rest, code));
        }
    }
}
