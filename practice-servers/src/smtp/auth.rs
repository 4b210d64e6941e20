//! How a client logs in to SMTP: `AUTH` (RFC 4954), with the mechanisms PLAIN (RFC 4616) and LOGIN,
//! which has no RFC.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// A login that waits for the client's next line.
pub enum Auth {
    /// PLAIN: an identity, the user and the password come in one line.
    Plain,
    /// LOGIN: the user comes first.
    User,
    /// LOGIN: the password comes next. Here is the user, unless it was not base64: somebody who
    /// does not know base64 types the password all the same, and it must not be taken for a
    /// command.
    Password(Option<String>),
}

/// What comes next in a login.
pub enum Step {
    /// The server sends this reply, and waits for the next line.
    Ask(&'static str, Auth),
    /// The client has said everything.
    Said {
        /// The account in whose name the client wants to act; empty for the user's own.
        identity: String,
        /// The account's address.
        user: String,
        /// Its password.
        password: String,
    },
    /// The login is over, with this reply.
    Over(&'static str),
}

const NOT_BASE64: &str = "501 that is not base64";

impl Auth {
    /// Begins a login. `argument` is what follows `AUTH`: the mechanism, and perhaps the client's
    /// first line with it.
    pub fn begin(argument: &str) -> Step {
        let (mechanism, first) = match argument.split_once(' ') {
            Some((mechanism, first)) => (mechanism, Some(first)),
            None => (argument, None),
        };
        let (auth, prompt) = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => (Auth::Plain, "334 "),
            // `Username:` in base64.
            "LOGIN" => (Auth::User, "334 VXNlcm5hbWU6"),
            _ => return Step::Over("504 PLAIN or LOGIN, please"),
        };
        match first {
            Some(first) => auth.go_on(first),
            None => Step::Ask(prompt, auth),
        }
    }

    /// Goes on with the next line.
    pub fn go_on(self, line: &str) -> Step {
        if line == "*" {
            return Step::Over("501 given up");
        }
        match (self, decode(line)) {
            // `Password:` in base64.
            (Auth::User, user) => Step::Ask("334 UGFzc3dvcmQ6", Auth::Password(user)),
            (Auth::Password(Some(user)), Some(password)) => {
                Step::Said { identity: String::new(), user, password }
            }
            (Auth::Plain, Some(secrets)) => match secrets.split('\0').collect::<Vec<_>>()[..] {
                [identity, user, password] => Step::Said {
                    identity: identity.into(),
                    user: user.into(),
                    password: password.into(),
                },
                _ => Step::Over("501 not an identity, a user and a password"),
            },
            _ => Step::Over(NOT_BASE64),
        }
    }
}

/// The text that the client has sent in base64.
fn decode(line: &str) -> Option<String> {
    // An empty first line is written so (RFC 4954 section 4).
    let coded = if line == "=" { "" } else { line };
    String::from_utf8(BASE64_STANDARD.decode(coded).ok()?).ok()
}
