//! What went wrong with a server, and what to do then: it depends on the phase in which it
//! happened.

use std::error::Error as Source;
use std::fmt::{self, Display, Formatter};
use std::io::{self, ErrorKind};
use std::iter;

use lettre::transport::smtp;
use rustls::{CertificateError, Error as TlsError};
use shared::Error;
use suppaftp::FtpError;

use crate::{Account, Tls};

/// What a program was about to do at the server.
#[derive(Clone, Copy)]
pub enum Phase<'a> {
    /// To connect, and to hear the server's greeting.
    Connect,
    /// To go on in TLS.
    StartTls,
    /// To log in.
    LogIn,
    /// To hand in the mail.
    SendMail,
    /// To do something after the login, to something: `Do("download", "readme.txt")`.
    Do(&'a str, &'a str),
    /// To leave.
    Quit,
}

/// Turns an error into one that says in which phase it happened, and what to do then.
pub trait InPhase<T> {
    /// `mta.auth(..).in_phase(Phase::LogIn, &account)?` fails as `cannot log in as USER: ...`.
    ///
    /// # Errors
    /// The call's own, explained.
    fn in_phase(self, phase: Phase, account: &Account) -> shared::Result<T>;
}

/// What a server that refuses says, in a protocol that a lesson speaks by itself.
#[derive(Debug)]
pub struct Refused(pub String);

impl Display for Refused {
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Source for Refused {}

/// What lies behind an error of a library.
enum Cause {
    /// The system's or the connection's.
    Io(ErrorKind),
    Tls(TlsError),
    /// The server refuses: its code, 0 where the protocol has none, and its words.
    Reply(u16, String),
    /// The server speaks another protocol, or none.
    Foreign,
    /// The server has not got what is needed.
    Missing,
}

impl<T, E: Source + 'static> InPhase<T> for Result<T, E> {
    fn in_phase(self, phase: Phase, account: &Account) -> shared::Result<T> {
        self.map_err(|error| {
            let (cause, why) = cause_of(&error);
            let doing = match phase {
                Phase::Connect => format!("connect to {account}"),
                Phase::StartTls => format!("begin TLS with {account}"),
                Phase::LogIn => format!("log in as {}", account.user),
                Phase::SendMail => format!("send the mail to {account}"),
                Phase::Do(verb, object) => format!("{verb} {object}"),
                Phase::Quit => format!("leave {account}"),
            };
            let why = account.masked(phase, &why);
            Error::new(format!("cannot {doing}: {why}"), hint(cause, phase, account))
        })
    }
}

/// The cause of an error, and its words.
fn cause_of(error: &(dyn Source + 'static)) -> (Cause, String) {
    let (mut kind, mut words) = (None, error.to_string());
    for error in iter::successors(Some(error), |&error| error.source()) {
        let io = match error.downcast_ref::<FtpError>() {
            Some(FtpError::ConnectionError(io)) => Some(io),
            _ => error.downcast_ref::<io::Error>(),
        };
        let inner =
            io.and_then(|io| io.get_ref()).and_then(|inner| inner.downcast_ref::<TlsError>());
        if let Some(tls) = inner.or(error.downcast_ref::<TlsError>()) {
            return (Cause::Tls(tls.clone()), tls.to_string());
        }
        if let (None, Some(io)) = (kind, io) {
            (kind, words) = (Some(io.kind()), io.to_string());
        }
    }
    if let Some(error) = error.downcast_ref::<smtp::Error>() {
        let words = error.source().map(ToString::to_string).unwrap_or_default();
        if let Some(code) = error.status() {
            return (Cause::Reply(code.into(), words), error.to_string());
        }
        if error.is_response() {
            return (Cause::Foreign, error.to_string());
        }
    }
    match error.downcast_ref::<FtpError>() {
        Some(FtpError::UnexpectedResponse(reply)) => {
            let text = String::from_utf8_lossy(&reply.body);
            let line = text.lines().last().unwrap_or_default();
            let why = format!("the server says {line:.200}");
            let code = line.get(..3).and_then(|code| code.parse().ok());
            return (Cause::Reply(code.unwrap_or_default(), line.into()), why);
        }
        Some(FtpError::BadResponse) => return (Cause::Foreign, error.to_string()),
        _ => {}
    }
    if let Some(Refused(words)) = error.downcast_ref() {
        return (Cause::Reply(0, words.clone()), words.clone());
    }
    match kind {
        // The system says so of a wait that ran out.
        Some(ErrorKind::WouldBlock) => (Cause::Io(ErrorKind::TimedOut), "timed out".into()),
        Some(ErrorKind::InvalidData) if error.is::<smtp::Error>() => {
            (Cause::Io(ErrorKind::InvalidData), "the server's answer is not UTF-8".into())
        }
        Some(ErrorKind::InvalidData) => (Cause::Foreign, words),
        Some(ErrorKind::Other) => (Cause::Io(ErrorKind::Other), words),
        Some(kind) => (Cause::Io(kind), kind.to_string()),
        None => (Cause::Missing, error.to_string()),
    }
}

/// What to do next.
fn hint(cause: Cause, phase: Phase, account: &Account) -> String {
    use ErrorKind::*;

    let kind = account.kind;
    let (url, ports) = (kind.url, kind.ports);
    match cause {
        Cause::Tls(error) => hint_of_tls(error, account),
        Cause::Io(ConnectionRefused) if account.is_loopback() => {
            let (flag, default) = kind.practice;
            let addr = format!("{}:{}", account.host, account.port);
            let flag = if addr == default { String::new() } else { format!(" -- {flag} {addr}") };
            format!(
                "nobody listens there: start the practice servers in another terminal: \
                 cargo run -p practice-servers{flag}"
            )
        }
        Cause::Io(ConnectionRefused) => {
            format!("nobody listens there: check the host and the port in {url}; {ports}")
        }
        Cause::Io(TimedOut | InvalidData | UnexpectedEof | ConnectionReset) | Cause::Foreign
            if matches!(phase, Phase::SendMail) =>
        {
            "see what the server says; it may have taken the mail: look for it before you send it \
             again"
                .into()
        }
        Cause::Io(TimedOut) => format!(
            "check the host and the port in {url}: {ports}; if they are right, wait longer: \
             --timeout 60"
        ),
        Cause::Io(InvalidData) => match phase {
            Phase::LogIn => format!(
                "many providers answer a wrong login in GBK: check {} and {}; a real provider \
                 wants its authorization code there",
                kind.user, kind.password
            ),
            _ => format!("is it the right server? check the host and the port in {url}; {ports}"),
        },
        Cause::Io(HostUnreachable | NetworkUnreachable) => {
            format!("check your own network, and the host in {url}")
        }
        Cause::Io(Other) => "a firewall may be in between, or the server is set up wrongly".into(),
        Cause::Io(_) => format!(
            "the server broke off: see what it says, check the host and the port in {url}, and \
             try again; {ports}"
        ),
        Cause::Foreign if matches!(phase, Phase::Connect) => {
            format!("is it the right server? check the host and the port in {url}; {ports}")
        }
        Cause::Foreign => "the server broke off, or answers in no known form: try again".into(),
        Cause::Missing => match phase {
            Phase::StartTls => format!("the server has no TLS at this port; {ports}"),
            Phase::LogIn => {
                format!("the server lets nobody log in here, perhaps only in TLS; {ports}")
            }
            _ => "check the addresses: this server takes only those in ASCII".into(),
        },
        Cause::Reply(code, words) => hint_of_reply(code, &words, phase, account),
    }
}

fn hint_of_tls(error: TlsError, account: &Account) -> String {
    let (url, ports) = (account.kind.url, account.kind.ports);
    match error {
        TlsError::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => format!("the certificate is for another name: put that name into {url}"),
        TlsError::InvalidCertificate(_) if account.is_loopback() => {
            "trust the practice servers: set the variable SSL_CERT_FILE to the path of their \
             practice-data/ca.pem"
                .into()
        }
        TlsError::InvalidCertificate(_) => {
            format!(
                "this machine does not trust the server: check the host in {url}, and your clock"
            )
        }
        TlsError::InvalidMessage(_) => format!("that port begins without TLS: {ports}"),
        _ => "the two sides agree on no kind of TLS: ask another port or another host".into(),
    }
}

/// What to do after a refusal, by the phase, the code, and the enhanced code (RFC 3463) or the
/// response code (RFC 2449) with which the words begin.
fn hint_of_reply(code: u16, words: &str, phase: Phase, account: &Account) -> String {
    let kind = account.kind;
    let first = words.split_whitespace().find(|word| *word != "-ERR").unwrap_or_default();
    let detail = first.split_once('.').map_or("", |(_class, detail)| detail);
    match (phase, code, first, detail) {
        (_, _, "[IN-USE]", _) => {
            "another session has the mailbox open: try again when that has ended".into()
        }
        (_, _, "[SYS/TEMP]" | "[LOGIN-DELAY]", _) => LATER.into(),
        (Phase::SendMail, _, _, "2.2") => {
            "the mailbox of a recipient is full: write to somebody else, or try again later".into()
        }
        (Phase::SendMail, _, _, "3.4") => TOO_LARGE.into(),
        (Phase::SendMail, _, _, "1.7" | "1.8") => WRONG_SENDER.into(),
        (Phase::SendMail, 500.., _, detail) if detail.starts_with("1.") => WRONG_RECIPIENT.into(),
        (Phase::Connect, 500.., ..) => "the server does not want to talk: it says why above".into(),
        (Phase::Connect, ..300, ..) => format!("is it the right server? {}", kind.ports),
        (Phase::StartTls, 500.., ..) => format!("the server has no TLS there; {}", kind.ports),
        (_, 400..=499, ..) if !matches!(code, 425 | 426 | 430 | 450) => LATER.into(),
        (Phase::LogIn, ..) => {
            let tls = match account.tls {
                Tls::Never => "; the server may also want TLS",
                _ => "",
            };
            format!(
                "check {} and {}: a real provider wants its authorization code there{tls}",
                kind.user, kind.password
            )
        }
        (Phase::SendMail, 530, ..) => {
            format!("the server wants TLS or a login first; {}", kind.ports)
        }
        (Phase::SendMail, 501 | 553, ..) => WRONG_SENDER.into(),
        (Phase::SendMail, 552, ..) => TOO_LARGE.into(),
        (Phase::SendMail, 550 | 551, ..) => WRONG_RECIPIENT.into(),
        (Phase::SendMail, ..) => "the server does not want this mail: it says why above".into(),
        (Phase::Do(..), 425 | 426, ..) => {
            "no data connection: a firewall may be in between, or the server is set up wrongly"
                .into()
        }
        (Phase::Do(..), 530, ..) => format!("check {} and {}", kind.user, kind.password),
        (Phase::Do(..), 552, ..) => "the server has no room: upload less".into(),
        (Phase::Do(..), 450 | 550 | 553, ..) => {
            format!("check DIR and FILE in {}, and what {} may do there", kind.url, account.user)
        }
        (Phase::Do(..), 522 | 533 | 534, ..) => {
            format!("the server wants data in TLS: put ?tls=required at the end of {}", kind.url)
        }
        (_, 500 | 502 | 504, ..) => format!("is it the right server? {}", kind.ports),
        _ => "the server gives its reason above: try again later".into(),
    }
}

const LATER: &str = "the server cannot do it now: try again later";
const TOO_LARGE: &str = "the mail is too large for the server: send less";
const WRONG_SENDER: &str = "the sender must be the account's own address: check \
                            LESSON_MAIL_FROM and LESSON_SMTP_USER";
const WRONG_RECIPIENT: &str = "the server takes no mail for one of the recipients: check \
                               LESSON_MAIL_TO, and in lesson 11 LESSON_MAIL_CC and LESSON_MAIL_BCC";
