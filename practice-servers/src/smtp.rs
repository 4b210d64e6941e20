//! SMTP, the protocol in which mail is handed on (RFC 5321): from a mail program (MUA) to its
//! office (RFC 6409), and from there to the office of the recipient (MTA).

mod auth;
mod data;
mod header;
pub(crate) mod path;

use crate::accounts::{OFFICES, Office};
use crate::connection::{Connection, parse_number};
use crate::mail::envelope::{Envelope, Recipient};
use crate::session::{self, Answer, Next, Reply};
use crate::trouble::{GREYLISTED, Trouble, What, Where};
use crate::{Practice, limits};

/// The office's side of one conversation.
pub struct Session<'a> {
    practice: &'a Practice,
    office: &'static Office,
    /// The client's name, and whether it said EHLO.
    client: Option<(String, bool)>,
    /// The account that has logged in.
    login: Option<String>,
    /// The envelope of the mail that MAIL has begun.
    envelope: Option<Envelope>,
    /// What the sender and the recipients of the envelope ask for, each once.
    troubles: Vec<Trouble>,
    /// Whether the sender asks for the grey list, for each recipient.
    is_grey: bool,
}

const COMMANDS: &str = "AUTH DATA EHLO HELO HELP MAIL NOOP QUIT RCPT RSET STARTTLS VRFY";
const TOO_LARGE: &str = "552 the mail is too large";
const NO_PARAMETER: &str = "501 a parameter is NAME or NAME=value";
const BEYOND_ASCII: &str = "553 an address beyond ASCII needs SMTPUTF8";

impl session::Session for Session<'_> {
    fn greeting(&self) -> String {
        format!("220 {} ESMTP practice server", self.office.domain)
    }

    fn commands(&self) -> &'static str {
        COMMANDS
    }

    fn answer(&mut self, verb: &str, argument: &str, connection: &mut Connection) -> Answer {
        let argument = argument.trim();
        match verb {
            "DATA" | "STARTTLS" | "RSET" | "QUIT" if !argument.is_empty() => {
                Err(format!("501 {verb} takes no argument").into())
            }
            "EHLO" => self.hello(argument, true, connection.is_secure),
            "HELO" => self.hello(argument, false, connection.is_secure),
            "MAIL" => self.mail(argument, connection),
            "RCPT" => self.rcpt(argument, connection),
            "DATA" => self.data(connection),
            "AUTH" => self.auth(argument, connection),
            "STARTTLS" => self.starttls(connection.is_secure),
            "RSET" => {
                self.envelope = None;
                Ok("250 forgotten".into())
            }
            "NOOP" => Ok("250 here I am".into()),
            "HELP" => Ok(format!("214 {COMMANDS}").into()),
            "VRFY" if argument.is_empty() => Err("501 VRFY whom?".into()),
            "VRFY" => Ok("252 send the mail, and you will see".into()),
            "EXPN" => Err("502 there are no lists here".into()),
            "QUIT" => Ok(Reply::close(format!("221 {} says goodbye", self.office.domain))),
            _ => Err(Reply::mistake("500 no such command")),
        }
    }

    fn has_logged_in(&self) -> bool {
        self.login.is_some()
    }
}

impl<'a> Session<'a> {
    /// A conversation that has just begun.
    pub fn new(practice: &'a Practice, office: &'static Office) -> Self {
        Session {
            practice,
            office,
            client: None,
            login: None,
            envelope: None,
            troubles: Vec::new(),
            is_grey: false,
        }
    }

    fn hello(&mut self, name: &str, is_extended: bool, is_secure: bool) -> Answer {
        let is_special = |one: char| one.is_whitespace() || "()<>;,".contains(one);
        if name.is_empty() || name.len() > 255 || name.contains(is_special) {
            return Err("501 say your name, or your address in brackets".into());
        }
        let domain = self.office.domain;
        self.client = Some((name.into(), is_extended));
        self.envelope = None;
        if !is_extended {
            return Ok(format!("250 {domain}").into());
        }
        let size = limits::MESSAGE;
        let starttls = if is_secure { "" } else { "250-STARTTLS\n" };
        Ok(format!(
            "250-{domain} greets {name}\n250-SIZE {size}\n250-PIPELINING\n250-8BITMIME\n\
             250-SMTPUTF8\n{starttls}250 AUTH PLAIN LOGIN"
        )
        .into())
    }

    /// RFC 3207.
    fn starttls(&mut self, is_secure: bool) -> Answer {
        if is_secure {
            return Err("503 this is TLS already".into());
        }
        if self.login.is_some() {
            return Err("503 too late: you have logged in".into());
        }
        // What the client has said in clear no longer counts (RFC 3207 section 4.2).
        self.client = None;
        self.envelope = None;
        Ok(Reply::new("220 begin TLS", Next::BeginTls))
    }

    /// Begins the trouble that an address asks for, unless that refuses the command. Returns the
    /// address without it, and whether it asks for the grey list.
    fn begin(&mut self, address: &str, connection: &mut Connection) -> Answer<(String, bool)> {
        let (address, trouble) = Trouble::of_address(Where::MailAddress, address);
        let mut is_grey = false;
        if let Some(trouble) = trouble {
            match trouble.what {
                What::Refuse => return Err(trouble.refusal()),
                What::Slow => connection.is_slow = true,
                What::Greylist => is_grey = true,
                _ if self.troubles.contains(&trouble) => {}
                _ => self.troubles.push(trouble),
            }
        }
        Ok((address, is_grey))
    }

    fn mail(&mut self, argument: &str, connection: &mut Connection) -> Answer {
        let (_, is_extended) = self.client.clone().ok_or("503 say EHLO first")?;
        if self.envelope.is_some() {
            return Err("503 one mail after the other: RSET forgets this one".into());
        }
        let (sender, words) =
            path::parse(argument, "FROM:").ok_or("501 it is MAIL FROM:<address>")?;
        // The trouble that the mail before asked for is over.
        self.troubles.clear();
        connection.is_slow = false;
        let (sender, is_grey) = self.begin(&sender, connection)?;
        self.is_grey = is_grey;
        if !is_extended && !words.is_empty() {
            return Err("555 parameters are for those who say EHLO".into());
        }
        let mut parameters = String::new();
        for word in words.to_ascii_uppercase().split_whitespace() {
            if !is_parameter(word) {
                return Err(NO_PARAMETER.into());
            }
            match word.split_once('=').unwrap_or((word, "")) {
                ("SIZE", size) => {
                    if parse_number(size).ok_or("501 SIZE takes a number")? > limits::MESSAGE {
                        return Err(TOO_LARGE.into());
                    }
                }
                ("BODY", "7BIT" | "8BITMIME") | ("SMTPUTF8", "") => {
                    parameters = format!("{parameters} {word}");
                }
                // Who has logged in at another server (RFC 4954 section 5) does not matter here.
                ("AUTH", _) => {}
                _ => return Err("555 no such parameter".into()),
            }
        }
        if !sender.is_ascii() && !parameters.contains("SMTPUTF8") {
            return Err(BEYOND_ASCII.into());
        }
        if let Some(account) = &self.login
            // Nobody is the sender of a receipt, so that no receipt for it comes back.
            && !sender.is_empty()
            && !account.eq_ignore_ascii_case(&sender)
        {
            return Err(format!("553 the sender must be {account}, who has logged in").into());
        }
        self.envelope = Some(Envelope { sender, recipients: Vec::new(), parameters });
        Ok("250 and to whom?".into())
    }

    fn rcpt(&mut self, argument: &str, connection: &mut Connection) -> Answer {
        let envelope = self.envelope.as_ref().ok_or("503 say MAIL first")?;
        let sender = envelope.sender.clone();
        let takes_utf8 = envelope.parameters.contains("SMTPUTF8");
        let path = path::parse(argument, "TO:").filter(|(recipient, _)| !recipient.is_empty());
        let (recipient, words) = path.ok_or("501 it is RCPT TO:<address>")?;
        if !words.split_whitespace().all(is_parameter) {
            return Err(NO_PARAMETER.into());
        }
        if !words.is_empty() {
            return Err("555 no such parameter".into());
        }
        let (recipient, is_grey) = self.begin(&recipient, connection)?;
        let grey_list = &self.practice.grey_list;
        if (is_grey || self.is_grey) && grey_list.has_to_wait(&sender, &recipient) {
            return Err(GREYLISTED.into());
        }
        let office = self.office;
        let domain = office.domain;
        if office.mailbox(&recipient).is_some() {
            // It is for one of the office's own users.
        } else if office.serves(&recipient) {
            return Err(format!("550 {domain} has no such user").into());
        } else if self.login.is_none() {
            let why = format!("550 log in first: else {domain} takes mail for its own users only");
            return Err(why.into());
        } else if !OFFICES.iter().any(|office| office.serves(&recipient)) {
            return Err("550 no way there: this network has qq.example and sina.example".into());
        } else if !recipient.is_ascii() && !takes_utf8 {
            return Err(BEYOND_ASCII.into());
        }
        let envelope = self.envelope.get_or_insert_default();
        if !envelope.recipients.iter().any(|other| other.address == recipient) {
            if envelope.recipients.len() == limits::RECIPIENTS {
                let why = "452 too many recipients: send this mail to them, then to the others";
                return Err(why.into());
            }
            envelope.recipients.push(Recipient::new(recipient));
        }
        Ok("250 and to whom else?".into())
    }
}

/// Whether this is a parameter of `MAIL` or `RCPT` (RFC 5321 section 4.1.2).
fn is_parameter(word: &str) -> bool {
    let (name, value) = word.split_once('=').unwrap_or((word, "-"));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    name.bytes().all(is_plain) && !name.starts_with('-') && !name.is_empty() && !value.is_empty()
}
