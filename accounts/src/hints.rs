//! What to do next, by the cause and by the phase in which it happened.

use std::io::ErrorKind;

use rustls::{CertificateError, Error as TlsError};

use crate::failure::{Cause, Phase};
use crate::{Account, Protocol, Tls};

const LATER: &str = "the server cannot do it now: try again later";
const SLOW: &str = "the server is slow: wait longer: --timeout 60";
const TOO_LARGE: &str = "the mail is too large for the server: send less";
const WRONG_SENDER: &str = "the sender must be the account's own address: check \
                            LESSON_MAIL_FROM and LESSON_SMTP_USER";
const WANTS_TLS: &str = "the server wants TLS: ?tls=required with port 587, or smtps:// with 465";
const WRONG_RECIPIENT: &str = "the server takes no mail for one of the recipients: check \
                               LESSON_MAIL_TO, and in lesson 11 LESSON_MAIL_CC and LESSON_MAIL_BCC";
const UNWANTED: &str = "the server does not want this mail: it says why above; check what the mail \
                        says, and LESSON_MAIL_FROM";
const MAYBE_TAKEN: &str = "the server may have taken the mail: look into the mailbox of a \
                           recipient before you send it again";

const NOT_WHOLE: &str = "the server broke off before it had the whole mail, and so has not taken \
                         it: perhaps it is too large";
const OUT_OF_TURN: &str = "the server answers out of turn: look into the mailbox of a recipient \
                           before you send the mail again";

/// What to do next.
pub(crate) fn hint(cause: Cause, phase: Phase, account: &Account) -> String {
    use ErrorKind::*;

    let url = account.protocol.url();
    let ports = account.protocol.ports();
    let is_begun = !matches!(phase, Phase::Connect | Phase::StartTls);
    match cause {
        Cause::Tls(error) => hint_of_tls(error, account),
        Cause::Reply(code, words) if account.protocol == Protocol::Ftp => {
            hint_of_ftp_reply(code, &words, phase, account)
        }
        Cause::Reply(_, words) if account.protocol == Protocol::Pop3 => {
            hint_of_pop3_reply(&words, phase, account)
        }
        Cause::Reply(code, words) => hint_of_reply(code, &words, phase, account),
        Cause::Io(ConnectionRefused) if account.is_loopback => {
            let command = account.practice_command();
            format!(
                "nobody listens there: start the practice servers in another terminal: {command}"
            )
        }
        Cause::Io(ConnectionRefused) => {
            format!("nobody listens there: check the host and the port in {url}; {ports}")
        }
        Cause::Io(HostUnreachable | NetworkUnreachable) => {
            format!("check your own network, and the host in {url}")
        }
        Cause::Io(Other) => "a firewall may be in between, or the server is set up wrongly".into(),
        Cause::Io(FileTooLarge) if is_begun => {
            "this lesson takes no more: a mail program can fetch it".into()
        }
        // This comes of writing alone, so the dot at the end of the mail has not gone out.
        Cause::Io(BrokenPipe) if matches!(phase, Phase::SendMail) => NOT_WHOLE.into(),
        Cause::Io(_) | Cause::Foreign if matches!(phase, Phase::SendMail) => MAYBE_TAKEN.into(),
        Cause::Io(ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof)
        | Cause::Foreign
            if matches!(phase, Phase::LogIn) && account.protocol != Protocol::Ftp =>
        {
            format!("the server broke off at the login: {}", account.check_login())
        }
        Cause::Io(TimedOut) if is_begun && account.protocol == Protocol::Pop3 => {
            format!("perhaps another session has the mailbox open, or {SLOW}")
        }
        Cause::Io(TimedOut) if is_begun => SLOW.into(),
        Cause::Io(TimedOut) => format!(
            "check the host and the port in {url}: {ports}; if they are right, wait longer: \
             --timeout 60"
        ),
        Cause::Io(_) if is_begun => "the server broke off: see what it says, and try again".into(),
        Cause::Io(_) => format!(
            "the server broke off: see what it says, check the host and the port in {url}, and \
             try again; {ports}"
        ),
        Cause::Foreign if is_begun => "the server broke off, or answers oddly: try again".into(),
        Cause::Foreign => {
            format!("is it the right server? check the host and the port in {url}; {ports}")
        }
        Cause::Unreadable => match phase {
            Phase::LogIn => {
                format!("many servers refuse a login in GBK: {}", account.check_login())
            }
            Phase::SendMail => format!("it may be a refusal in GBK, or {MAYBE_TAKEN}"),
            _ => format!("is it the right server? check the host and the port in {url}; {ports}"),
        },
        Cause::Missing => match phase {
            Phase::StartTls => format!("the server has no TLS at this port; {ports}"),
            Phase::LogIn => {
                format!("the server offers no login here, perhaps only in TLS; {ports}")
            }
            _ => "check the addresses: this server takes only those in ASCII".into(),
        },
    }
}

fn hint_of_tls(error: TlsError, account: &Account) -> String {
    use CertificateError::*;

    let url = account.protocol.url();
    let ports = account.protocol.ports();
    let certificate = match error {
        TlsError::InvalidCertificate(certificate) => certificate,
        TlsError::InvalidMessage(_) => return format!("that port begins without TLS: {ports}"),
        _ => {
            return "the server has no kind of TLS in common with this program: its TLS may be too \
                    old, or the key of its certificate of a rare kind"
                .into();
        }
    };
    match certificate {
        NotValidForNameContext { presented, .. } if presented.is_empty() => {
            "the certificate names no host: a common name (CN) counts no more, its owner must make \
             one with a subjectAltName"
                .into()
        }
        NotValidForName | NotValidForNameContext { .. } => {
            format!("the certificate is for another name: put that name into {url}")
        }
        Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. } => {
            "check the clock of this machine; if it is right, the server's owner must renew the \
             certificate"
                .into()
        }
        UnknownIssuer if account.is_loopback => {
            "trust the practice servers: set the variable SSL_CERT_FILE to the path of their \
             practice-data/ca.pem"
                .into()
        }
        UnknownIssuer => format!(
            "this machine does not know who signed the certificate: check the host in {url}; for a \
             server of your own, set SSL_CERT_FILE to the path of the signer's certificate (PEM)"
        ),
        // rustls hands on what its verifier says, as a name alone.
        Other(other) => match other.to_string().as_str() {
            "CaUsedAsEndEntity" => {
                "the certificate is that of an authority, signed by itself: its owner must make one \
                 for the server, signed by that"
                    .into()
            }
            "UnsupportedCertVersion" => {
                "the certificate is of an old version, not 3: its owner must make a new one".into()
            }
            _ => "the server's owner must make a new certificate".into(),
        },
        UnsupportedSignatureAlgorithmContext { .. }
        | UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "the certificate is signed in a way that this program does not know: its owner must make \
             one with RSA (SHA-256), ECDSA (P-256 or P-384) or Ed25519"
                .into()
        }
        _ => "the server's owner must make a new certificate".into(),
    }
}

/// What to do after a refusal, by the phase, the code, and the enhanced code (RFC 3463) with which
/// the words begin.
fn hint_of_reply(code: u16, words: &str, phase: Phase, account: &Account) -> String {
    let protocol = account.protocol;
    let ports = protocol.ports();
    let first = words.split_whitespace().next().unwrap_or_default();
    let detail = first.split_once('.').map_or("", |(_class, detail)| detail);
    match (phase, code, first, detail) {
        (Phase::Connect, 500.., ..) => "the server does not want to talk: it says why above".into(),
        (Phase::Connect, ..300, ..) => format!("is it the right server? {ports}"),
        (Phase::StartTls, 500.., ..) => format!("the server has no TLS there; {ports}"),
        (Phase::LogIn, 504, ..) => {
            "the server does not know this kind of login (AUTH PLAIN or LOGIN): ask another one".into()
        }
        (Phase::LogIn, _, _, "7.139" | "7.30") => {
            "the provider says above why: it may take no passwords from programs any more; then use \
             another one"
                .into()
        }
        (Phase::LogIn, 200..=399 | 500 | 502, ..) => format!("is it the right server? {ports}"),
        (Phase::LogIn, ..400 | 430 | 500.., ..) => account.check_login(),
        (Phase::Sender | Phase::Recipient | Phase::Data | Phase::SendMail, ..) => {
            hint_of_refused_mail(phase, code, detail, account).into()
        }
        (_, 400..=499, ..) => LATER.into(),
        _ => "the server gives its reason above".into(),
    }
}

/// What to do after a refusal of a POP3 server, by the phase and the response code (RFC 2449, RFC
/// 3206) with which its words begin, if they do.
fn hint_of_pop3_reply(words: &str, phase: Phase, account: &Account) -> String {
    let reason = words.strip_prefix("-ERR").map(str::trim_start);
    let code = reason.and_then(|reason| reason.strip_prefix('[')?.split(']').next());
    match (phase, code.unwrap_or_default().to_uppercase().as_str()) {
        (_, "IN-USE") => {
            "another session has the mailbox open: try again when that has ended".into()
        }
        (_, "SYS/TEMP" | "LOGIN-DELAY") => LATER.into(),
        (Phase::LogIn, "SYS/PERM") => {
            let check = account.check_login();
            format!("it says why above; POP3 may be off in the account's settings; {check}")
        }
        (Phase::LogIn, "AUTH") => account.check_login(),
        (Phase::LogIn, _) => {
            format!("it says why above; if that does not help, {}", account.check_login())
        }
        (Phase::Connect, _) if reason.is_none() => {
            format!("is it the right server? {}", account.protocol.ports())
        }
        (Phase::Connect, _) => "the server does not want to talk: it says why above".into(),
        _ => "the server gives its reason above".into(),
    }
}

/// What to do after the reply of an FTP server, by the phase and the code.
fn hint_of_ftp_reply(code: u16, words: &str, phase: Phase, account: &Account) -> String {
    let url = account.protocol.url();
    let ports = account.protocol.ports();
    match (phase, code) {
        // So vsftpd says that it cannot do what it is set up for.
        _ if words.contains(" OOPS: ") => {
            "the server is set up wrongly: tell whoever runs it what it says above".into()
        }
        (Phase::Connect, 120) => LATER.into(),
        (Phase::Connect, ..400) => format!("is it the right server? {ports}"),
        (_, ..400) => {
            "this is no refusal, but the library suppaftp takes only some of the replies \
                       that servers give here: use another FTP program for this server"
                .into()
        }
        (Phase::LogIn, 430) => account.check_login(),
        (Phase::Do(..), 425) => {
            "no data connection: a firewall may be in between, or the server is set up wrongly"
                .into()
        }
        (Phase::Do(..), 426) => "the transfer broke off: try again".into(),
        (_, 400..=499) => LATER.into(),
        (Phase::Connect, _) => "the server does not want to talk: it says why above".into(),
        (_, 521 | 522 | 533..=536) if account.tls == Tls::Required => {
            "the server does not take this kind of TLS: tell whoever runs it what it says above"
                .into()
        }
        (Phase::StartTls, _) => format!("the server has no TLS there; {ports}"),
        (Phase::LogIn, 500 | 502) => format!("is it the right server? {ports}"),
        (Phase::LogIn, _) | (_, 530) => account.check_login(),
        (_, 552) => "the server has no room: upload less".into(),
        (_, 550 | 553) => {
            format!("check DIR and FILE in {url}, and what {} may do there", account.user)
        }
        (_, 521 | 522 | 533..=536) => {
            format!("the server may want TLS: put ?tls=required at the end of {url}")
        }
        (_, 500..=504) => {
            "the server does not know this command, or has no passive mode: ask another one".into()
        }
        _ => "the server gives its reason above".into(),
    }
}

/// A mail can be refused because of the sender, of a recipient, or of what it says.
fn hint_of_refused_mail(phase: Phase, code: u16, detail: &str, account: &Account) -> &'static str {
    match (phase, code, detail) {
        (_, 200..=399, _) => OUT_OF_TURN,
        (_, _, "2.2") => {
            "the mailbox of a recipient is full: write to somebody else, or try again later"
        }
        (_, _, "5.3") => "write to fewer recipients at once",
        (_, 400..=499, _) => LATER,
        (_, 530, _) if account.tls == Tls::Never => WANTS_TLS,
        (_, _, "3.4") | (_, 552, _) => TOO_LARGE,
        (Phase::Sender, ..) | (_, _, "1.7" | "1.8") => WRONG_SENDER,
        (_, _, detail) if detail.starts_with("7.") => UNWANTED,
        (Phase::Recipient, ..) => WRONG_RECIPIENT,
        (_, _, detail) if detail.starts_with("1.") => WRONG_RECIPIENT,
        (_, 551 | 553, _) => WRONG_SENDER,
        _ => UNWANTED,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use rustls::OtherError;

    use super::*;
    use crate::Refused;

    fn account(protocol: Protocol, tls: Tls) -> Account {
        Account {
            host: "server.example".into(),
            port: 1,
            path: "pub/readme.txt".into(),
            tls,
            user: "you".into(),
            password: String::new(),
            timeout: Duration::ZERO,
            url: String::new(),
            protocol,
            is_loopback: false,
        }
    }

    #[test]
    fn what_522_means_depends_on_whether_we_are_in_tls() {
        for (tls, expected) in [(Tls::Never, "put ?tls=required"), (Tls::Required, "does not take")]
        {
            let account = account(Protocol::Ftp, tls);
            let words = "522 SSL connection failed: session reuse required";
            let hint = hint_of_ftp_reply(522, words, Phase::Do("download", "readme.txt"), &account);
            assert!(hint.contains(expected), "{tls:?}: {hint}");
        }
    }

    #[test]
    fn a_certificate_is_called_what_it_is() {
        let account = account(Protocol::Smtp, Tls::FromTheStart);
        let named =
            |name: &str| CertificateError::Other(OtherError(Arc::new(Refused(name.into()))));
        let without_name = CertificateError::NotValidForNameContext {
            expected: "server.example".try_into().unwrap(),
            presented: Vec::new(),
        };
        for (certificate, expected) in [
            (without_name, "names no host"),
            (CertificateError::UnknownIssuer, "set SSL_CERT_FILE"),
            (CertificateError::Expired, "clock"),
            (named("CaUsedAsEndEntity"), "signed by itself"),
            (named("UnsupportedCertVersion"), "old version"),
        ] {
            let error = TlsError::InvalidCertificate(certificate);
            let hint = hint_of_tls(error.clone(), &account);
            assert!(hint.contains(expected), "{error}: {hint}");
        }
    }
}
