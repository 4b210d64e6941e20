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

use crate::hints::hint;
use crate::{Account, text_of};

/// What a program was about to do at the server.
#[derive(Clone, Copy)]
pub enum Phase<'a> {
    /// To connect, and to hear the server's greeting.
    Connect,
    /// To go on in TLS.
    StartTls,
    /// To log in.
    LogIn,
    /// To say who sends the mail (MAIL).
    Sender,
    /// To say who gets it (RCPT).
    Recipient,
    /// To ask for leave to send it (DATA), and to send all but its last piece.
    Data,
    /// To send that, up to the dot at its end.
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

/// What a server says that refuses, where no library makes an error of it.
#[derive(Debug)]
pub struct Refused {
    /// The code of the reply, or 0 where the protocol has none.
    pub code: u16,
    /// What is shown of it.
    pub words: String,
}

impl Display for Refused {
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        formatter.write_str(&self.words)
    }
}

impl Source for Refused {}

/// What lies behind an error of a library.
pub(crate) enum Cause {
    /// The system's or the connection's.
    Io(ErrorKind),
    Tls(TlsError),
    /// The server refuses: its code, 0 where the protocol has none, and its words.
    Reply(u16, String),
    /// What has come is no reply of the protocol, or no whole one.
    Foreign,
    /// A reply that lettre cannot read: in another encoding than UTF-8, or a code alone (RFC 5321
    /// section 4.2.1).
    Unreadable,
    /// The server does not offer what is needed.
    Missing,
}

impl<T, E: Source + Send + Sync + 'static> InPhase<T> for Result<T, E> {
    fn in_phase(self, phase: Phase, account: &Account) -> shared::Result<T> {
        self.map_err(|error| {
            let (cause, why) = cause_of(&error);
            let doing = match phase {
                Phase::Connect => format!("connect to {account}"),
                Phase::StartTls => format!("begin TLS with {account}"),
                Phase::LogIn => format!("log in as {}", account.user),
                Phase::Sender | Phase::Recipient | Phase::Data | Phase::SendMail => {
                    format!("send the mail to {account}")
                }
                Phase::Do(verb, object) => format!("{verb} {object}"),
                Phase::Quit => format!("leave {account}"),
            };
            let why = account.masked(&why);
            let hint = hint(cause, phase, account);
            Error::new(format!("cannot {doing}: {why}"), hint).caused_by(error)
        })
    }
}

/// What rustls says; where that is no sentence, something shorter.
fn words_of_tls(error: &TlsError) -> String {
    use CertificateError::*;

    match error {
        TlsError::InvalidCertificate(Other(name)) => format!("invalid peer certificate: {name}"),
        TlsError::InvalidCertificate(
            UnsupportedSignatureAlgorithmContext { .. }
            | UnsupportedSignatureAlgorithmForPublicKeyContext { .. },
        ) => "invalid peer certificate: unsupported signature algorithm".into(),
        _ => error.to_string(),
    }
}

/// The cause of an error, and its words.
pub(crate) fn cause_of(error: &(dyn Source + 'static)) -> (Cause, String) {
    if let Some(Refused { code, words }) = error.downcast_ref() {
        return (Cause::Reply(*code, words.clone()), words.clone());
    }
    if let Some(FtpError::UnexpectedResponse(reply)) = error.downcast_ref() {
        let text = text_of(&reply.body);
        let line = text.lines().last().unwrap_or_default();
        let code = line.get(..3).and_then(|code| code.parse().ok()).unwrap_or_default();
        return (Cause::Reply(code, line.into()), format!("the server says {line:.200}"));
    }
    let mut io_error = None;
    for error in iter::successors(Some(error), |&error| error.source()) {
        let io = match error.downcast_ref() {
            // suppaftp's error does not name this one as its source.
            Some(FtpError::ConnectionError(io)) => Some(io),
            _ => error.downcast_ref::<io::Error>(),
        };
        let inside = io.and_then(io::Error::get_ref).and_then(|inside| inside.downcast_ref());
        if let Some(tls) = inside.or(error.downcast_ref::<TlsError>()) {
            return (Cause::Tls(tls.clone()), words_of_tls(tls));
        }
        io_error = io_error.or(io);
    }
    let smtp = error.downcast_ref::<smtp::Error>();
    if let Some(code) = smtp.and_then(smtp::Error::status) {
        let words = error.source().map(ToString::to_string).unwrap_or_default();
        return (Cause::Reply(code.into(), words), error.to_string());
    }
    if error.is::<FtpError>() && io_error.is_none() {
        return (Cause::Foreign, format!("the server's reply cannot be read ({error})"));
    }
    if smtp.is_some_and(smtp::Error::is_response) {
        let inside = error.source().map_or(error.to_string(), ToString::to_string);
        // Of a reply that it cannot read, lettre names what is left behind the part that it could.
        let inside = inside.split_once(" at: ").map_or(&*inside, |(_, left)| left).trim_end();
        if inside.is_empty() {
            return (Cause::Unreadable, "the server's reply has no words behind its code".into());
        }
        // This is what lettre calls a reply in which the connection ends.
        if inside == "incomplete response" {
            let why = format!("no whole reply has come ({inside})");
            return (Cause::Io(ErrorKind::UnexpectedEof), why);
        }
        return (Cause::Foreign, format!("the server's reply cannot be read ({inside})"));
    }
    let Some(io) = io_error else {
        // What lettre finds wrong by itself: the server does not offer it.
        return (Cause::Missing, error.source().unwrap_or(error).to_string());
    };
    match io.kind() {
        // Linux and macOS report a time-out as this.
        ErrorKind::WouldBlock => (Cause::Io(ErrorKind::TimedOut), "timed out".into()),
        ErrorKind::InvalidData if smtp.is_some() => {
            (Cause::Unreadable, "the server's answer is not UTF-8 (perhaps GBK)".into())
        }
        ErrorKind::InvalidData => (Cause::Foreign, io.to_string()),
        kind @ (ErrorKind::Other | ErrorKind::FileTooLarge) => (Cause::Io(kind), io.to_string()),
        kind => (Cause::Io(kind), kind.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use Phase::*;
    use rustls::{CertificateError, OtherError};
    use suppaftp::Status;
    use suppaftp::types::Response;

    use super::*;
    use crate::tests::account;

    /// Expects an error to be told so, at an FTP server.
    #[track_caller]
    fn check(error: impl Source + Send + Sync + 'static, phase: Phase, expected: &str) {
        let account = account("ftp://localhost/a.txt");
        let error = Err::<(), _>(error).in_phase(phase, &account).unwrap_err();
        let said = format!("{error:?}");
        assert!(said.starts_with(expected), "{said}");
    }

    #[test]
    fn it_is_said_what_was_being_done() {
        for (phase, expected) in [
            (Connect, "cannot connect to ftp://localhost/a.txt: 500 no\n"),
            (StartTls, "cannot begin TLS with ftp://localhost/a.txt: 500 no\n"),
            (LogIn, "cannot log in as you@y.example: 500 no\n"),
            (Sender, "cannot send the mail to ftp://localhost/a.txt: 500 no\n"),
            (Do("list", "pub"), "cannot list pub: 500 no\n"),
            (Quit, "cannot leave ftp://localhost/a.txt: 500 no\n"),
        ] {
            check(Refused { code: 500, words: "500 no".into() }, phase, expected);
        }
    }

    #[test]
    fn what_suppaftp_says_has_a_cause() {
        let reply = |body: &[u8]| {
            FtpError::UnexpectedResponse(Response::new(Status::NotLoggedIn, body.to_vec()))
        };
        let broken = FtpError::ConnectionError(ErrorKind::UnexpectedEof.into());
        for (error, expected) in [
            (reply(b"530-no\r\n530 s3cret \xc4\xe3"), "the server says 530 **** 你\nhint: it says"),
            (reply("530 你".as_bytes()), "the server says 530 你\nhint: it says why above"),
            (reply(b"odd"), "the server says odd\nhint: this is no refusal"),
            (broken, "unexpected end of file\nhint: the server broke off"),
            (FtpError::BadResponse, "the server's reply cannot be read"),
        ] {
            check(error, Quit, &format!("cannot leave ftp://localhost/a.txt: {expected}"));
        }
    }

    #[test]
    fn what_the_system_says_has_a_cause() {
        for (error, expected) in [
            (ErrorKind::WouldBlock.into(), "timed out\nhint: the server is slow"),
            (io::Error::other("no route"), "no route\nhint: a firewall"),
            (io::Error::new(ErrorKind::FileTooLarge, "too long"), "too long\nhint: this lesson"),
            (io::Error::new(ErrorKind::InvalidData, "no number"), "no number\nhint: the server br"),
            (io::Error::other(TlsError::DecryptError), "cannot decrypt peer's message\nhint: the"),
        ] {
            check(error, Do("list", "pub"), &format!("cannot list pub: {expected}"));
        }
    }

    #[test]
    fn what_is_wrong_with_a_certificate_is_a_short_sentence() {
        let name = Refused { code: 0, words: "CaUsedAsEndEntity".into() };
        let algorithm = CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext {
            signature_algorithm_id: vec![1; 50],
            public_key_algorithm_id: vec![2; 50],
        };
        for (error, expected) in [
            (CertificateError::Other(OtherError(Arc::new(name))), "CaUsedAsEndEntity"),
            (algorithm, "unsupported signature algorithm"),
            (CertificateError::UnknownIssuer, "UnknownIssuer"),
        ] {
            let (cause, words) = cause_of(&TlsError::from(error));
            assert_eq!(words, format!("invalid peer certificate: {expected}"));
            assert!(matches!(cause, Cause::Tls(_)));
        }
    }
}
