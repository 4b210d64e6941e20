//! SMTP, the protocol in which mail is handed on (RFC 5321): from a mail program (MUA) to its office
//! (RFC 6409), and from there to the office of the recipient (MTA).

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::net::Ipv4Addr;

use crate::accounts::{OFFICES, Office};
use crate::connection::{Connection, Line, is_time_out, parse_number};
use crate::files::{self, Draft};
use crate::relay::{Envelope, Recipient};
use crate::{Practice, clock, dots, limits};

/// Serves one client until it leaves.
///
/// # Errors
/// The connection's.
pub fn serve(
    connection: &mut Connection,
    practice: &Practice,
    office: &'static Office,
) -> io::Result<()> {
    let greeting = format!("220 {} ESMTP practice server", office.domain);
    connection.send(&greeting)?;
    let mut session = Session {
        connection,
        practice,
        office,
        client: None,
        login: None,
        envelope: None,
        failed_logins: 0,
        mistakes: 0,
    };
    loop {
        let reply = match session.connection.read_line()? {
            Line::Text(line) => session.answer(&line)?,
            Line::Bad(why) => session.mistake(&format!("500 {why}")),
            Line::Late => "421 closing: no whole line came in time".into(),
            Line::End => return Ok(()),
        };
        session.connection.send(&reply)?;
        match reply.get(..3) {
            Some("221" | "421") => return Ok(()),
            // To STARTTLS: in TLS, all begins anew (RFC 3207 section 4.2).
            Some("220") => {
                session.connection.secure(&practice.tls)?;
                (session.client, session.envelope) = (None, None);
            }
            _ => {}
        }
    }
}

struct Session<'a> {
    connection: &'a mut Connection,
    practice: &'a Practice,
    office: &'static Office,
    /// The client's name, and whether it said EHLO.
    client: Option<(String, bool)>,
    /// The account that has logged in.
    login: Option<String>,
    /// Since MAIL.
    envelope: Option<Envelope>,
    failed_logins: usize,
    mistakes: usize,
}

/// What a client answers when it is asked for a secret.
enum Secret {
    Text(String),
    /// Not base64, or not UTF-8.
    Wrong,
    GivenUp,
}

impl Session<'_> {
    /// Does what a command asks for, and returns the reply.
    fn answer(&mut self, line: &str) -> io::Result<String> {
        if line.contains(|character: char| character.is_control()) {
            return Ok(self.mistake("500 a control character in a command"));
        }
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        let argument = argument.trim();
        let reply = match verb.to_ascii_uppercase().as_str() {
            "EHLO" => self.hello(argument, true),
            "HELO" => self.hello(argument, false),
            "MAIL" => self.mail(argument),
            "RCPT" => self.rcpt(argument),
            "DATA" => return self.data(argument),
            "AUTH" => return self.auth(argument),
            "STARTTLS" => self.starttls(argument),
            "RSET" => {
                self.envelope = None;
                "250 forgotten".into()
            }
            "NOOP" => "250 here I am".into(),
            "VRFY" => "252 send the mail, and you will see".into(),
            "QUIT" => format!("221 {} says goodbye", self.office.domain),
            _ => self.mistake("500 no such command"),
        };
        Ok(reply)
    }

    /// A reply to a peer that may not be speaking SMTP at all: after many of these, it has to go.
    fn mistake(&mut self, reply: &str) -> String {
        self.mistakes += 1;
        match self.mistakes {
            0..limits::MISTAKES => reply.into(),
            _ => "421 closing: too many mistakes".into(),
        }
    }

    fn hello(&mut self, name: &str, is_extended: bool) -> String {
        let is_plain =
            |character: char| !character.is_whitespace() && !"()<>;,".contains(character);
        if name.is_empty() || name.len() > 255 || !name.chars().all(is_plain) {
            return "501 say your name, or your address in brackets".into();
        }
        let domain = self.office.domain;
        self.client = Some((name.into(), is_extended));
        self.envelope = None;
        if !is_extended {
            return format!("250 {domain}");
        }
        let starttls = match self.connection.is_secure {
            true => "",
            false => "250-STARTTLS\n",
        };
        format!(
            "250-{domain} greets {name}\n250-SIZE {}\n250-PIPELINING\n250-8BITMIME\n250-SMTPUTF8\n\
             {starttls}250 AUTH PLAIN LOGIN",
            limits::MESSAGE
        )
    }

    fn starttls(&mut self, argument: &str) -> String {
        if !argument.is_empty() {
            return "501 STARTTLS takes no argument".into();
        }
        if self.connection.is_secure {
            return "503 this is TLS already".into();
        }
        if self.login.is_some() {
            return "503 too late: you have logged in".into();
        }
        "220 begin TLS".into()
    }

    /// RFC 4954, with the mechanisms PLAIN (RFC 4616) and LOGIN.
    fn auth(&mut self, argument: &str) -> io::Result<String> {
        if !matches!(self.client, Some((_, true))) {
            return Ok("503 say EHLO first".into());
        }
        if self.login.is_some() || self.envelope.is_some() {
            return Ok("503 not now: you have logged in or begun a mail".into());
        }
        if self.failed_logins == limits::LOGINS {
            return Ok("421 closing: too many failed logins".into());
        }
        let (mechanism, first) = match argument.split_once(' ') {
            Some((mechanism, first)) => (mechanism, Some(first.to_string())),
            None => (argument, None),
        };
        let secrets = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => self.secret("334 ", first)?,
            // The prompts are `Username:` and `Password:`. Whoever does not know of base64 answers both
            // in clear, so the second one is asked even if the first one was wrong.
            "LOGIN" => {
                let user = self.secret("334 VXNlcm5hbWU6", first)?;
                match user {
                    Secret::GivenUp => user,
                    user => match (user, self.secret("334 UGFzc3dvcmQ6", None)?) {
                        (Secret::Text(user), Secret::Text(password)) => {
                            Secret::Text(format!("\0{user}\0{password}"))
                        }
                        _ => Secret::Wrong,
                    },
                }
            }
            _ => return Ok("504 PLAIN or LOGIN, please".into()),
        };
        let secrets = match secrets {
            Secret::Text(secrets) => secrets,
            Secret::Wrong => return Ok("501 that is not base64".into()),
            Secret::GivenUp => return Ok("501 given up".into()),
        };
        let parts: Vec<&str> = secrets.split('\0').collect();
        let [identity, user, password] = parts[..] else {
            return Ok("501 not an identity, a user and a password".into());
        };
        if identity.is_empty() || identity.eq_ignore_ascii_case(user) {
            self.login = self.office.login(user, password);
        }
        if let Some(account) = &self.login {
            return Ok(format!("235 welcome, {account}"));
        }
        self.failed_logins += 1;
        Ok("535 wrong user or password".into())
    }

    /// Asks for a secret, unless it came with the command.
    fn secret(&mut self, prompt: &str, given: Option<String>) -> io::Result<Secret> {
        let text = match given {
            Some(text) => text,
            None => {
                self.connection.send(prompt)?;
                match self.connection.read_secret()? {
                    Line::Text(text) => text,
                    Line::Bad(_) => return Ok(Secret::Wrong),
                    Line::Late => return Err(ErrorKind::TimedOut.into()),
                    Line::End => return Err(ErrorKind::UnexpectedEof.into()),
                }
            }
        };
        let bytes = match text.as_str() {
            "*" => return Ok(Secret::GivenUp),
            // An empty first answer is written so (RFC 4954 section 4).
            "=" => Some(Vec::new()),
            text => decode_base64(text),
        };
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        Ok(text.map_or(Secret::Wrong, Secret::Text))
    }

    fn mail(&mut self, argument: &str) -> String {
        let Some((_, is_extended)) = self.client else {
            return "503 say EHLO first".into();
        };
        if self.envelope.is_some() {
            return "503 one mail after the other: RSET forgets this one".into();
        }
        let Some((sender, words)) = parse_path(argument, "FROM:") else {
            return "501 it is MAIL FROM:<address>".into();
        };
        if !is_extended && !words.is_empty() {
            return "555 parameters are for those who say EHLO".into();
        }
        let mut parameters = String::new();
        for word in words.split_whitespace() {
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
                // Whom another server has seen log in (RFC 4954 section 5): nobody here asks.
                ("AUTH", _) => {}
                _ => return "555 no such parameter".into(),
            }
        }
        if !sender.is_ascii() && !parameters.contains("SMTPUTF8") {
            return BEYOND_ASCII.into();
        }
        if let Some(account) = &self.login
            && !account.eq_ignore_ascii_case(&sender)
        {
            return format!("553 the sender must be {account}, who has logged in");
        }
        self.envelope = Some(Envelope { sender, recipients: Vec::new(), parameters });
        "250 and to whom?".into()
    }

    fn rcpt(&mut self, argument: &str) -> String {
        let office = self.office;
        let Some(envelope) = &mut self.envelope else {
            return "503 say MAIL first".into();
        };
        let recipient = match parse_path(argument, "TO:") {
            Some((recipient, "")) if !recipient.is_empty() => recipient,
            Some((_, parameters)) if !parameters.is_empty() => {
                return "555 no such parameter".into();
            }
            _ => return "501 it is RCPT TO:<address>".into(),
        };
        if let Some(address) = office.mailbox(&recipient) {
            let queue = self.practice.queue(office);
            let count = queue.mailbox(&address).and_then(|mailbox| mailbox.count());
            if !count.is_ok_and(|count| count < limits::MESSAGES) {
                return "452 the mailbox is full".into();
            }
        } else if office.serves(&recipient) {
            return format!("550 {} has no such user", office.domain);
        } else if self.login.is_none() {
            let domain = office.domain;
            return format!(
                "550 log in first: without, {domain} takes mail for its own users only"
            );
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

    fn data(&mut self, argument: &str) -> io::Result<String> {
        if !argument.is_empty() {
            return Ok("501 DATA takes no argument".into());
        }
        match &self.envelope {
            None => return Ok("503 say MAIL first".into()),
            Some(envelope) if envelope.recipients.is_empty() => {
                return Ok("554 nobody to send it to".into());
            }
            Some(_) => {}
        }
        let queue = self.practice.queue(self.office);
        if queue.is_full() {
            return Ok("452 the queue is full".into());
        }
        let mut draft = match Draft::create(&self.practice.drafts) {
            Ok(draft) => draft,
            Err(error) => return Ok(self.cannot_keep(error)),
        };
        let envelope = self.envelope.take().unwrap_or_default();
        let id = files::unique_name();
        let trace = self.trace(&id, &envelope);
        let mut kept = draft.write_all(trace.as_bytes());
        self.connection.send("354 the mail, please, and CR LF . CR LF at its end")?;

        let transcript = self.connection.transcript.clone();
        let mut size = 0;
        let received = dots::receive(&mut self.connection.stream, |part| {
            transcript.bytes('<', part);
            size += part.len() as u64;
            if kept.is_ok() && size <= limits::MESSAGE + TRACES {
                kept = draft.write_all(part);
            }
        });
        transcript.note(format!("message of {size} bytes"));
        match received {
            Err(error) if is_time_out(&error) => {
                return Ok("421 closing: the mail did not end in time".into());
            }
            received => received?,
        }
        if let Err(error) = kept {
            return Ok(self.cannot_keep(error));
        }
        draft.file().seek(SeekFrom::Start(trace.len() as u64))?;
        let (hops, traces) = read_traces(draft.file())?;
        // What the servers before this one have added is not the sender's fault.
        if size - traces > limits::MESSAGE || size > limits::MESSAGE + TRACES {
            return Ok(TOO_LARGE.into());
        }
        if hops > limits::HOPS {
            return Ok("554 this mail goes round in a loop".into());
        }
        Ok(match queue.accept(&id, draft, envelope) {
            Ok(()) => format!("250 taken as {id}"),
            Err(error) => self.cannot_keep(error),
        })
    }

    fn cannot_keep(&self, error: io::Error) -> String {
        let transcript = &self.connection.transcript;
        transcript.failed(format!("cannot keep the mail: {error}"));
        "452 cannot keep the mail: send it again later".into()
    }

    /// The line that every server on the way puts before the mail (RFC 5321 section 4.4, RFC 3848).
    fn trace(&self, id: &str, envelope: &Envelope) -> String {
        let (client, is_extended) = self.client.clone().unwrap_or_default();
        // The name may be in any script, but a header may not.
        let client = client.replace(|character: char| !character.is_ascii(), "?");
        let mut with = match is_extended {
            true if envelope.parameters.contains("SMTPUTF8") => "UTF8SMTP".to_string(),
            true => "ESMTP".to_string(),
            false => "SMTP".to_string(),
        };
        if self.connection.is_secure {
            with += "S";
        }
        if self.login.is_some() {
            with += "A";
        }
        let address = match self.connection.socket.peer_addr() {
            Ok(peer) if peer.is_ipv6() => format!("[IPv6:{}]", peer.ip()),
            Ok(peer) => format!("[{}]", peer.ip()),
            Err(_) => "[unknown]".into(),
        };
        // One recipient may see itself here; of several, none shall see the others.
        let recipient = match &envelope.recipients[..] {
            [recipient] => format!("\r\n\tfor <{}>", recipient.address),
            _ => String::new(),
        };
        let (domain, date) = (self.office.domain, clock::mail_date());
        format!(
            "Received: from {client} ({address})\r\n\tby {domain} with {with} id {id}{recipient};\r\n\t{date}\r\n"
        )
    }
}

const TOO_LARGE: &str = "552 the mail is too large";
/// The most bytes that servers on the way may have added.
const TRACES: u64 = 65_536;
const BEYOND_ASCII: &str = "553 an address beyond ASCII needs SMTPUTF8";

/// Takes `FROM:<address> parameters` apart. The address may be empty, and a route before it no longer
/// means anything (RFC 5321 section 4.1.2 and appendix C).
fn parse_path<'a>(argument: &'a str, keyword: &str) -> Option<(String, &'a str)> {
    let start = argument.get(..keyword.len())?;
    if !start.eq_ignore_ascii_case(keyword) {
        return None;
    }
    // Many clients put a space here that ought not to be there.
    let path = argument[keyword.len()..].trim_start().strip_prefix('<')?;
    let (mut is_quoted, mut is_escaped) = (false, false);
    let end = path.find(|character| {
        let ends = character == '>' && !is_quoted;
        is_quoted ^= character == '"' && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        ends
    })?;
    let (path, parameters) = (&path[..end], &path[end + 1..]);
    if !parameters.is_empty() && !parameters.starts_with(' ') {
        return None;
    }
    let address = match path.strip_prefix('@') {
        Some(route) => route.split_once(':')?.1,
        None => path,
    };
    if address.is_empty() || address.eq_ignore_ascii_case("postmaster") {
        return Some((address.into(), parameters));
    }
    let (user, domain) = address.rsplit_once('@')?;
    let is_name =
        |name: &str| !name.contains(|c: char| c.is_whitespace() || "<>()[],;:\\\"@".contains(c));
    let quoted = user.strip_prefix('"').and_then(|user| user.strip_suffix('"'));
    // Quotes that are not needed mean nothing (RFC 5321 section 4.1.2).
    let user = match quoted {
        Some(quoted) if is_name(quoted) => quoted,
        _ => user,
    };
    // An address in brackets stands for a domain (RFC 5321 section 4.1.3).
    let literal = domain.strip_prefix('[').and_then(|domain| domain.strip_suffix(']'));
    let is_domain = match literal {
        Some(literal) => literal.parse::<Ipv4Addr>().is_ok() || literal.starts_with("IPv6:"),
        None => is_name(domain),
    };
    let is_right = (1..=64).contains(&user.len())
        && (1..=255).contains(&domain.len())
        && (is_name(user) || quoted.is_some())
        && is_domain;
    is_right.then(|| (format!("{user}@{domain}"), parameters))
}

/// How many servers the mail has passed, by the `Received` fields in its header, and how many bytes those
/// at its top have: the ones that were added on this way. A field goes on in lines that begin with a
/// space or a tab.
fn read_traces(message: &mut File) -> io::Result<(usize, u64)> {
    let (mut hops, mut bytes) = (0, 0);
    let mut is_top = true;
    let mut lines = BufReader::new(message);
    let mut line = Vec::new();
    while lines.by_ref().take(TRACES).read_until(b'\n', &mut line)? > 0 {
        let name = line.get(..9).unwrap_or_default();
        if line.trim_ascii_end().is_empty() {
            break;
        } else if name.eq_ignore_ascii_case(b"Received:") {
            hops += 1;
        } else if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            is_top = false;
        }
        if is_top {
            bytes += line.len() as u64;
        }
        line.clear();
    }
    Ok((hops, bytes))
}

/// RFC 4648 section 4; none when it is not base64.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for digit in digits.bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}
