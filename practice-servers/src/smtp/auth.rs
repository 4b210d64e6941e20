//! How a client logs in to SMTP: `AUTH` (RFC 4954), with the mechanisms PLAIN (RFC 4616) and LOGIN,
//! which has no RFC.

use std::io::{self, ErrorKind};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::connection::{Connection, Line};
use crate::session::{Answer, Next, Reply};
use crate::smtp::Session;
use crate::trouble::{Trouble, What, Where};

/// What a client says to give up its login.
const GIVEN_UP: &str = "*";

const NOT_BASE64: &str = "501 given up, or that is not base64";

impl Session<'_> {
    /// `argument` is the mechanism, and perhaps the client's first line with it.
    pub(super) fn auth(&mut self, argument: &str, connection: &mut Connection) -> Answer {
        if !matches!(self.client, Some((_, true))) {
            return Err("503 say EHLO first".into());
        }
        if self.login.is_some() || self.envelope.is_some() {
            return Err("503 not now: you have logged in or begun a mail".into());
        }
        let (mechanism, first) = match argument.split_once(' ') {
            Some((mechanism, first)) => (mechanism, Some(first)),
            None => (argument, None),
        };
        let secrets = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => decode(&ask("334 ", first, connection)?)?,
            "LOGIN" => {
                // `Username:` and `Password:` in base64.
                let user = ask("334 VXNlcm5hbWU6", first, connection)?;
                if user == GIVEN_UP {
                    return Err(NOT_BASE64.into());
                }
                // Somebody who does not know base64 types the password all the same, and it must
                // not be taken for a command.
                let password = ask("334 UGFzc3dvcmQ6", None, connection)?;
                format!("\0{}\0{}", decode(&user)?, decode(&password)?)
            }
            _ => return Err("504 PLAIN or LOGIN, please".into()),
        };
        match secrets.split('\0').collect::<Vec<_>>()[..] {
            [identity, user, password] => self.log_in(identity, user, password),
            _ => Err("501 not an identity, a user and a password".into()),
        }
    }

    /// `identity` is the account in whose name the client wants to act; empty for the user's own.
    fn log_in(&mut self, identity: &str, user: &str, password: &str) -> Answer {
        let (_, trouble) = Trouble::of_address(Where::MailLogin, user);
        if trouble.is_some_and(|trouble| trouble.what == What::Cut) {
            return Err(Reply::close(""));
        }
        let refusal = |why| Reply::new(format!("535 {why}"), Next::LineAfterFailedLogin);
        // Nobody acts in another one's name.
        if !identity.is_empty() && !identity.eq_ignore_ascii_case(user) {
            return Err(refusal("wrong user or password"));
        }
        let account = self.office.login(user, password).map_err(refusal)?;
        let welcome = format!("235 welcome, {account}");
        self.login = Some(account);
        Ok(welcome.into())
    }
}

/// Asks for the next line of a login, unless it has come with the one before.
fn ask(prompt: &str, first: Option<&str>, connection: &mut Connection) -> io::Result<String> {
    if let Some(first) = first {
        return Ok(first.into());
    }
    connection.send(prompt)?;
    match connection.read_secret()? {
        Line::Text(line) => Ok(line),
        Line::Bad(_) => Ok(GIVEN_UP.into()),
        Line::Late => Err(ErrorKind::TimedOut.into()),
        Line::End => Err(ErrorKind::UnexpectedEof.into()),
    }
}

/// The text that the client has sent in base64.
fn decode(line: &str) -> Answer<String> {
    // An empty first line is written so (RFC 4954 section 4).
    let coded = if line == "=" { "" } else { line };
    let bytes = BASE64_STANDARD.decode(coded).map_err(|_| NOT_BASE64)?;
    Ok(String::from_utf8(bytes).map_err(|_| NOT_BASE64)?)
}
