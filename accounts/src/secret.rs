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
        let mut text = hide(text, "", &plain);
        text = hide(&text, "", &login);
        text = hide(&text, "PASS ", password);
        let has_digits = password.contains(|character: char| character.is_ascii_digit());
        let has_letters = password.contains(char::is_alphabetic);
        if has_digits && has_letters {
            text = hide(&text, "", password);
        }
        text
    }
}

/// Hides the secret where it stands behind `before`, and is no part of a longer word.
fn hide(text: &str, before: &str, secret: &str) -> String {
    let whole = format!("{before}{secret}");
    let mut shown = String::new();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once(&whole) {
        shown += head;
        let is_part =
            shown.ends_with(char::is_alphanumeric) || tail.starts_with(char::is_alphanumeric);
        shown += before;
        shown += if is_part { secret } else { HIDDEN };
        rest = tail;
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use crate::tests::account;

    #[test]
    fn a_password_that_a_server_repeats_is_hidden() {
        let mut account = account("pop3://localhost");
        for (password, said, shown) in [
            ("top secret", "PASS top secret is wrong", "PASS **** is wrong"),
            // you@y.example and the password, and the password alone, in base64.
            ("top secret", "AUTH PLAIN AHlvdUB5LmV4YW1wbGUAdG9wIHNlY3JldA==.", "AUTH PLAIN ****."),
            ("top secret", "(dG9wIHNlY3JldA==)", "(****)"),
            ("s3cret", "s3cret is wrong, s3cret!", "**** is wrong, ****!"),
            // These are words of the server's own.
            ("wrong", "wrong user or password", "wrong user or password"),
            ("2", "AUTH: 2 tries of 25 left", "AUTH: 2 tries of 25 left"),
            ("a1", "a12 ba1 a1", "a12 ba1 ****"),
            ("", "as it is", "as it is"),
        ] {
            account.password = password.into();
            assert_eq!(account.masked(said), shown);
        }
    }
}
