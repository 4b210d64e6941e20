//! SMTP, the protocol in which mail is handed on (RFC 5321): from a mail program (MUA) to its
//! office (RFC 6409), and from there to the office of the recipient (MTA).

pub mod auth;
mod data;
pub(crate) mod header;
pub mod path;

use std::io;

use crate::accounts::{OFFICES, Office, wants_code};
use crate::connection::{Connection, parse_number};
use crate::mail::envelope::{Envelope, Recipient};
use crate::session::{self, Closing, Reply, Session as _};
use crate::trouble::{GREYLISTED, Trouble, What, Where};
use crate::{Practice, limits};
use auth::{Auth, Step};

/// The office's side of one conversation.
pub struct Session<'a> {
    practice: &'a Practice,
    office: &'static Office,
    /// The client's name, and whether it said EHLO.
    client: Option<(String, bool)>,
    /// The login that waits for the client's next line.
    auth: Option<Auth>,
    /// The account that has logged in.
    login: Option<String>,
    /// The envelope of the mail that MAIL has begun.
    envelope: Option<Envelope>,
    /// What the sender and the recipients of the envelope ask for, each once.
    troubles: Vec<Trouble>,
    /// Whether the sender asks for the grey list, for each recipient.
    is_grey: bool,
    failed_logins: usize,
}

const TOO_LARGE: &str = "552 the mail is too large";
const BEYOND_ASCII: &str = "553 an address beyond ASCII needs SMTPUTF8";

impl session::Session for Session<'_> {
    fn greeting(&self) -> String {
        format!("220 {} ESMTP practice server", self.office.domain)
    }

    fn answer(&mut self, line: &str, connection: &mut Connection) -> io::Result<Reply> {
        if let Some(auth) = self.auth.take() {
            return Ok(self.log_in(auth.go_on(line)));
        }
        if line.contains(char::is_control) {
            return Ok(self.refuse("a control character in a command"));
        }
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        let argument = argument.trim();
        let reply = match verb.to_ascii_uppercase().as_str() {
            "EHLO" => self.hello(argument, true, connection.is_secure),
            "HELO" => self.hello(argument, false, connection.is_secure),
            "MAIL" => self.mail(argument, connection),
            "RCPT" => self.rcpt(argument, connection),
            "DATA" => return self.data(argument, connection),
            "AUTH" => self.auth(argument),
            "STARTTLS" => self.starttls(argument, connection.is_secure),
            verb @ ("RSET" | "QUIT") if !argument.is_empty() => {
                format!("501 {verb} takes no argument").into()
            }
            "RSET" => {
                self.envelope = None;
                "250 forgotten".into()
            }
            "NOOP" => "250 here I am".into(),
            "HELP" => "214 AUTH DATA EHLO HELO HELP MAIL NOOP QUIT RCPT RSET STARTTLS VRFY".into(),
            "VRFY" if argument.is_empty() => "501 VRFY whom?".into(),
            "VRFY" => "252 send the mail, and you will see".into(),
            "EXPN" => "502 there are no lists here".into(),
            "QUIT" => Reply::close(format!("221 {} says goodbye", self.office.domain)),
            _ => self.refuse("no such command"),
        };
        Ok(reply)
    }

    fn has_logged_in(&self) -> bool {
        self.login.is_some()
    }

    fn refuse(&mut self, why: &str) -> Reply {
        self.auth = None;
        Reply::mistake(format!("500 {why}"))
    }
}

impl<'a> Session<'a> {
    /// A conversation that has just begun.
    pub fn new(practice: &'a Practice, office: &'static Office) -> Self {
        Session {
            practice,
            office,
            client: None,
            auth: None,
            login: None,
            envelope: None,
            troubles: Vec::new(),
            is_grey: false,
            failed_logins: 0,
        }
    }

    fn hello(&mut self, name: &str, is_extended: bool, is_secure: bool) -> Reply {
        let is_plain =
            |character: char| !character.is_whitespace() && !"()<>;,".contains(character);
        if name.is_empty() || name.len() > 255 || !name.chars().all(is_plain) {
            return "501 say your name, or your address in brackets".into();
        }
        let domain = self.office.domain;
        self.client = Some((name.into(), is_extended));
        self.envelope = None;
        if !is_extended {
            return format!("250 {domain}").into();
        }
        let starttls = if is_secure { "" } else { "250-STARTTLS\n" };
        format!(
            "250-{domain} greets {name}\n250-SIZE {}\n250-PIPELINING\n250-8BITMIME\n250-SMTPUTF8\n\
             {starttls}250 AUTH PLAIN LOGIN",
            limits::MESSAGE
        )
        .into()
    }

    /// RFC 3207.
    fn starttls(&mut self, argument: &str, is_secure: bool) -> Reply {
        if !argument.is_empty() {
            return "501 STARTTLS takes no argument".into();
        }
        if is_secure {
            return "503 this is TLS already".into();
        }
        if self.login.is_some() {
            return "503 too late: you have logged in".into();
        }
        // What the client has said in clear no longer counts (RFC 3207 section 4.2).
        self.client = None;
        self.envelope = None;
        Reply::begin_tls("220 begin TLS")
    }

    fn auth(&mut self, argument: &str) -> Reply {
        if !matches!(self.client, Some((_, true))) {
            return "503 say EHLO first".into();
        }
        if self.login.is_some() || self.envelope.is_some() {
            return "503 not now: you have logged in or begun a mail".into();
        }
        if self.failed_logins == limits::LOGINS {
            return Reply::close(self.closing(Closing::Logins));
        }
        self.log_in(Auth::begin(argument))
    }

    fn log_in(&mut self, step: Step) -> Reply {
        match step {
            Step::Ask(prompt, auth) => {
                self.auth = Some(auth);
                Reply::ask(prompt)
            }
            Step::Over(reply) => reply.into(),
            Step::Said { identity, user, password } => {
                let (name, trouble) = Trouble::of_address(Where::MailLogin, &user);
                if trouble.is_some_and(|trouble| trouble.what == What::Cut) {
                    return Reply::close("");
                }
                // Nobody acts in another one's name.
                if identity.is_empty() || identity.eq_ignore_ascii_case(&user) {
                    self.login = self.office.login(&user, &password);
                }
                if let Some(account) = &self.login {
                    return format!("235 welcome, {account}").into();
                }
                self.failed_logins += 1;
                if wants_code(&name) {
                    return "535 Login Fail. Please enter your authorization code to login.".into();
                }
                "535 wrong user or password".into()
            }
        }
    }

    /// Begins the trouble that an address asks for. Returns the reply that refuses the address.
    fn begin(&mut self, trouble: Trouble, connection: &mut Connection) -> Option<Reply> {
        match trouble.what {
            What::Refuse => return Some(trouble.refusal()),
            What::Slow => connection.is_slow = true,
            _ if self.troubles.contains(&trouble) => {}
            _ => self.troubles.push(trouble),
        }
        None
    }

    fn mail(&mut self, argument: &str, connection: &mut Connection) -> Reply {
        let Some((_, is_extended)) = self.client else {
            return "503 say EHLO first".into();
        };
        if self.envelope.is_some() {
            return "503 one mail after the other: RSET forgets this one".into();
        }
        let Some((sender, words)) = path::parse(argument, "FROM:") else {
            return "501 it is MAIL FROM:<address>".into();
        };
        // The trouble that the mail before asked for is over.
        self.troubles.clear();
        connection.is_slow = false;
        let (sender, trouble) = Trouble::of_address(Where::MailAddress, &sender);
        self.is_grey = is_grey(trouble.as_ref());
        if let Some(trouble) = trouble
            && let Some(refusal) = self.begin(trouble, connection)
        {
            return refusal;
        }
        if !is_extended && !words.is_empty() {
            return "555 parameters are for those who say EHLO".into();
        }
        let mut parameters = String::new();
        for word in words.split_whitespace() {
            if !is_parameter(word) {
                return "501 a parameter is NAME or NAME=value".into();
            }
            let word = word.to_ascii_uppercase();
            match word.split_once('=').unwrap_or((&word, "")) {
                ("SIZE", size) => match parse_number(size) {
                    Some(0..=limits::MESSAGE) => {}
                    Some(_) => return TOO_LARGE.into(),
                    None => return "501 SIZE takes a number".into(),
                },
                ("BODY", "7BIT" | "8BITMIME") | ("SMTPUTF8", "") => {
                    parameters = format!("{parameters} {word}");
                }
                // Who has logged in at another server (RFC 4954 section 5) does not matter here.
                ("AUTH", _) => {}
                _ => return "555 no such parameter".into(),
            }
        }
        if !sender.is_ascii() && !parameters.contains("SMTPUTF8") {
            return BEYOND_ASCII.into();
        }
        if let Some(account) = &self.login
            // Nobody is the sender of a receipt, so that no receipt for it comes back.
            && !sender.is_empty()
            && !account.eq_ignore_ascii_case(&sender)
        {
            return format!("553 the sender must be {account}, who has logged in").into();
        }
        self.envelope = Some(Envelope { sender, recipients: Vec::new(), parameters });
        "250 and to whom?".into()
    }

    fn rcpt(&mut self, argument: &str, connection: &mut Connection) -> Reply {
        let Some(envelope) = &self.envelope else {
            return "503 say MAIL first".into();
        };
        let sender = envelope.sender.clone();
        let recipient = match path::parse(argument, "TO:") {
            Some((recipient, "")) if !recipient.is_empty() => recipient,
            Some((_, words)) if !words.split_whitespace().all(is_parameter) => {
                return "501 a parameter is NAME or NAME=value".into();
            }
            Some((_, words)) if !words.is_empty() => return "555 no such parameter".into(),
            _ => return "501 it is RCPT TO:<address>".into(),
        };
        let (recipient, trouble) = Trouble::of_address(Where::MailAddress, &recipient);
        let is_grey = self.is_grey || is_grey(trouble.as_ref());
        if let Some(trouble) = trouble
            && let Some(refusal) = self.begin(trouble, connection)
        {
            return refusal;
        }
        if is_grey && self.practice.grey_list.has_to_wait(&sender, &recipient) {
            return GREYLISTED.into();
        }
        self.add(recipient)
    }

    /// Adds a recipient to the envelope, if the office takes mail for it.
    fn add(&mut self, recipient: String) -> Reply {
        let office = self.office;
        let Some(envelope) = &mut self.envelope else {
            return "503 say MAIL first".into();
        };
        if let Some(mailbox) = self.practice.queue(office).mailbox(&recipient) {
            if mailbox.is_full() {
                return "452 the mailbox is full".into();
            }
        } else if office.serves(&recipient) {
            return format!("550 {} has no such user", office.domain).into();
        } else if self.login.is_none() {
            let domain = office.domain;
            let reply =
                format!("550 log in first: else {domain} takes mail for its own users only");
            return reply.into();
        } else if !OFFICES.iter().any(|office| office.serves(&recipient)) {
            return "550 no way there: this network has qq.example and sina.example".into();
        } else if !recipient.is_ascii() && !envelope.parameters.contains("SMTPUTF8") {
            return BEYOND_ASCII.into();
        }
        let mut recipients = envelope.recipients.iter();
        if !recipients.any(|other| other.address == recipient) {
            if envelope.recipients.len() == limits::RECIPIENTS {
                return "452 too many recipients: send this mail to them, then to the others"
                    .into();
            }
            envelope.recipients.push(Recipient::new(recipient));
        }
        "250 and to whom else?".into()
    }
}

/// Whether an address asks for the grey list.
fn is_grey(trouble: Option<&Trouble>) -> bool {
    trouble.is_some_and(|trouble| trouble.what == What::Greylist)
}

/// Whether this is a parameter of `MAIL` or `RCPT` (RFC 5321 section 4.1.2).
fn is_parameter(word: &str) -> bool {
    let (name, value) = word.split_once('=').unwrap_or((word, "-"));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    name.bytes().all(is_plain) && !name.starts_with('-') && !name.is_empty() && !value.is_empty()
}
