//! No password is shown that a server repeats.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::Account;

/// What stands in place of a password.
const HIDDEN: &str = "****";

impl Account {
    /// What a server has said, without the password, where the server repeats what it was told: the
    /// commands PASS and AUTH, and the base64 in which AUTH carries it.
    ///
    /// A password may be a word that the server uses itself, such as `wrong`: so in plain text it
    /// is hidden behind PASS alone, unless no word has its letters and digits.
    pub fn masked(&self, text: &str) -> String {
        let password = self.password.as_str();
        if password.is_empty() {
            return text.into();
        }
        let plain = BASE64_STANDARD.encode(format!("\0{}\0{password}", self.user));
        let login = BASE64_STANDARD.encode(password);
        let mut text = hide(text, &plain, "");
        text = hide(&text, &login, "");
        text = hide(&text, password, "PASS ");
        let has_digits = password.contains(|character: char| character.is_ascii_digit());
        let has_letters = password.contains(|character: char| character.is_alphabetic());
        if has_digits && has_letters {
            text = hide(&text, password, "");
        }
        text
    }
}

/// Hides the secret where it stands behind `before`, in whatever case that is written, and is no
/// part of a longer word.
fn hide(text: &str, secret: &str, before: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(secret) {
        let tail = &rest[start + secret.len()..];
        shown += &rest[..start];
        let place = shown.len().checked_sub(before.len());
        let end = place.and_then(|place| shown.get(place..)).unwrap_or("?");
        let joins_before = before.is_empty() && shown.ends_with(char::is_alphanumeric);
        let joins_after = tail.starts_with(char::is_alphanumeric);
        if end.eq_ignore_ascii_case(before) && !joins_before && !joins_after {
            shown += HIDDEN;
        } else {
            shown += secret;
        }
        rest = tail;
    }
    shown + rest
}
