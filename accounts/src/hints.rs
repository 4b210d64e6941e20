//! What to do next, by the cause and by the phase in which it happened.

use std::io::ErrorKind;

use rustls::{CertificateError, Error as TlsError};

use crate::failure::{Cause, Phase};
use crate::{Account, Protocol, Tls};

const LATER: &str = "the server cannot do it now: try again later";
const REASON: &str = "the server gives its reason above";
const UNWELCOME: &str = "the server does not want to talk: it says why above";
const WRONG_SERVER: &str = "is it the right server? {place}";
const NO_TLS: &str = "the server has no TLS there; {ports}";
const SLOW: &str = "the server is slow: wait longer: --timeout 60";
const LOGIN: &str = "it says why above; if that does not help, {login}";
const MAYBE_TAKEN: &str = "the server may have taken the mail: look into the mailbox of a \
                           recipient before you send it again";
const WRONG_SENDER: &str = "the sender must be the account's own address: check \
                            LESSON_MAIL_FROM and LESSON_SMTP_USER";
const WRONG_RECIPIENT: &str = "the server takes no mail for one of the recipients: check \
                               LESSON_MAIL_TO, and in lesson 11 LESSON_MAIL_CC and LESSON_MAIL_BCC";
const UNWANTED: &str = "the server does not want this mail: it says why above; check what the mail \
                        says, and LESSON_MAIL_FROM";
const NEW_CERTIFICATE: &str = "the server's owner must make a new certificate";

/// What to do next.
pub(crate) fn hint(cause: Cause, phase: Phase, account: &Account) -> String {
    let hint = match (cause, account.protocol) {
        (Cause::Io(kind), _) => after_io(kind, phase, account),
        (Cause::Tls(error), _) => after_tls(error, account),
        (Cause::Reply(code, words), Protocol::Smtp) => after_smtp(code, &words, phase, account),
        (Cause::Reply(_, words), Protocol::Pop3) => after_pop3(&words, phase),
        (Cause::Reply(code, words), Protocol::Ftp) => after_ftp(code, &words, phase, account),
        (Cause::Foreign, _) => match phase {
            Phase::Connect | Phase::StartTls => WRONG_SERVER,
            Phase::SendMail => MAYBE_TAKEN,
            Phase::LogIn => "the server answers oddly: try again; if that does not help, {login}",
            _ => "the server broke off, or answers oddly: try again",
        },
        (Cause::Unreadable, _) => match phase {
            Phase::LogIn => "many servers refuse a login in GBK: {login}",
            Phase::SendMail => {
                "it may be a refusal in GBK, or the server may have taken the mail: look into the \
                 mailbox of a recipient before you send it again"
            }
            _ => "it may be a refusal in GBK, which the library lettre cannot read",
        },
        (Cause::Wordless, _) => match phase {
            Phase::LogIn => "the library lettre cannot read that; it may be a refusal: {login}",
            Phase::SendMail => MAYBE_TAKEN,
            _ => "the library lettre cannot read that: use another mail program for this server",
        },
        (Cause::Missing, _) => match phase {
            Phase::StartTls => NO_TLS,
            Phase::LogIn => {
                "the server offers no login here that lettre knows (AUTH PLAIN or LOGIN), perhaps \
                 only in TLS; {ports}"
            }
            _ => REASON,
        },
    };
    let url = account.protocol.url();
    let ports = account.protocol.ports();
    hint.replace("{place}", &format!("check the host and the port in {url}; {ports}"))
        .replace("{ports}", ports)
        .replace("{url}", url)
        .replace("{login}", &account.check_login())
        .replace("{command}", &account.practice_command())
        .replace("{user}", &account.user)
}

fn after_io(kind: ErrorKind, phase: Phase, account: &Account) -> &'static str {
    use ErrorKind::*;

    match (phase, kind) {
        (_, ConnectionRefused) if account.is_loopback => {
            "nobody listens there: start the practice servers in another terminal: {command}"
        }
        (_, ConnectionRefused) => "nobody listens there: {place}",
        (_, HostUnreachable | NetworkUnreachable) => {
            "check your own network, and the host in {url}"
        }
        (_, Other) => "a firewall may be in between, or the server is set up wrongly",
        // A broken pipe comes of writing: the dot at the end of the mail has not gone out.
        (Phase::Data, BrokenPipe | ConnectionReset | ConnectionAborted)
        | (Phase::SendMail, BrokenPipe) => {
            "the server broke off before it had the whole mail, and so has not taken it: perhaps \
             it is too large"
        }
        (Phase::SendMail, _) => MAYBE_TAKEN,
        (Phase::Connect | Phase::LogIn, FileTooLarge) => WRONG_SERVER,
        (Phase::Connect | Phase::StartTls, TimedOut) => {
            "{place}; if they are right, wait longer: --timeout 60"
        }
        (Phase::Connect | Phase::StartTls, _) => "the server broke off: see what it says; {place}",
        (_, FileTooLarge) => "this lesson takes no more: a mail program can fetch it",
        (Phase::LogIn, TimedOut) if account.protocol == Protocol::Pop3 => {
            "perhaps another session has the mailbox open, or the server is slow: wait longer: \
             --timeout 60"
        }
        (_, TimedOut) => SLOW,
        (Phase::LogIn, _) if account.protocol != Protocol::Ftp => {
            "the server broke off at the login: {login}"
        }
        _ => "the server broke off: see what it says, and try again",
    }
}

fn after_tls(error: TlsError, account: &Account) -> &'static str {
    use CertificateError::*;

    let certificate = match error {
        TlsError::InvalidCertificate(certificate) => certificate,
        TlsError::InvalidMessage(_) if account.tls == Tls::FromTheStart => {
            return "that port begins without TLS: {ports}";
        }
        TlsError::InvalidMessage(_) => {
            return "the server has agreed to TLS, but what it sends is none: tell whoever runs it";
        }
        _ => {
            return "the server has no kind of TLS in common with this program: its TLS may be too \
                    old, or the key of its certificate of a rare kind";
        }
    };
    match certificate {
        NotValidForNameContext { presented, .. } if presented.is_empty() => {
            "the certificate names no host: a common name (CN) counts no more, its owner must make \
             one with a subjectAltName"
        }
        NotValidForName | NotValidForNameContext { .. } => {
            "the certificate is for another name: if that is the server you mean, put that name into \
             {url}; if not, somebody else answers"
        }
        Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. } => {
            "check the clock of this machine; if it is right, the server's owner must renew the \
             certificate"
        }
        UnknownIssuer if account.is_loopback => {
            "trust the practice servers: set the variable SSL_CERT_FILE to the path of their \
             practice-data/ca.pem"
        }
        UnknownIssuer => {
            "this machine does not know who signed the certificate: check the host in {url}; for a \
             server of your own, set SSL_CERT_FILE to the path of the signer's certificate (PEM)"
        }
        // rustls hands on what its verifier says, as a name alone.
        Other(other) => match other.to_string().as_str() {
            "CaUsedAsEndEntity" => {
                "the certificate is that of an authority, signed by itself: its owner must make one \
                 for the server, signed by that"
            }
            "UnsupportedCertVersion" => {
                "the certificate is of an old version, not 3: its owner must make a new one"
            }
            _ => NEW_CERTIFICATE,
        },
        UnsupportedSignatureAlgorithmContext { .. }
        | UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "the certificate is signed in a way that this program does not know: its owner must make \
             one with RSA (SHA-256), ECDSA (P-256 or P-384) or Ed25519"
        }
        _ => NEW_CERTIFICATE,
    }
}

/// After a reply of an MTA: by its code, and by the detail of the enhanced code (RFC 3463) with
/// which the words may begin, such as `1.1` of `5.1.1`. A mail can be refused because of the sender,
/// of a recipient, or of what it says.
fn after_smtp(code: u16, words: &str, phase: Phase, account: &Account) -> &'static str {
    let first = words.split_whitespace().next().unwrap_or_default();
    let detail = first.split_once('.').map_or("", |(_class, detail)| detail);
    match (phase, code, detail) {
        // Servers of other protocols answer so to EHLO.
        (Phase::Connect, 500 | 502 | 530, _) => WRONG_SERVER,
        (Phase::Connect, 500.., _) => UNWELCOME,
        (Phase::StartTls, 500.., _) => NO_TLS,
        (Phase::LogIn, 504, _) => {
            "the server does not know this kind of login (AUTH PLAIN or LOGIN): ask another one"
        }
        (Phase::LogIn, _, "7.139" | "7.30") => {
            "the provider says above why: it may take no passwords from programs any more; then use \
             another one"
        }
        (Phase::LogIn, 430 | 535, _) => "{login}",
        (Phase::Connect | Phase::LogIn, ..400 | 500 | 502, _) => WRONG_SERVER,
        (Phase::LogIn, 500.., _) => LOGIN,
        (_, 200..=399, _) => {
            "the server answers out of turn: look into the mailbox of a recipient before you send \
             the mail again"
        }
        (_, _, "2.2") => {
            "the mailbox of a recipient is full: write to somebody else, or try again later"
        }
        (_, _, "5.3") => "write to fewer recipients at once",
        (_, 400..=499, _) => LATER,
        (_, 530, _) if account.tls == Tls::Never => {
            "the server wants TLS: ?tls=required with port 587, or smtps:// with 465"
        }
        (_, _, "3.4") | (_, 552, _) => "the mail is too large for the server: send less",
        // A command is unknown, out of its turn, or has a parameter that the server does not take.
        (_, 500 | 502..=504 | 555, _) => REASON,
        (Phase::Sender, ..) | (_, _, "1.7" | "1.8") => WRONG_SENDER,
        (_, _, detail) if detail.starts_with("7.") => UNWANTED,
        (Phase::Recipient, ..) => WRONG_RECIPIENT,
        (_, _, detail) if detail.starts_with("1.") => WRONG_RECIPIENT,
        (_, 551 | 553, _) => WRONG_SENDER,
        _ => UNWANTED,
    }
}

/// After a refusal of an MDA: by the response code (RFC 2449, RFC 3206) with which its words begin,
/// if they do.
fn after_pop3(words: &str, phase: Phase) -> &'static str {
    let reason = words.strip_prefix("-ERR").map(str::trim_start);
    let code = reason.and_then(|reason| reason.strip_prefix('[')?.split(']').next());
    match (phase, code.unwrap_or_default().to_uppercase().as_str()) {
        (_, "IN-USE") => "another session has the mailbox open: try again when that has ended",
        (_, "SYS/TEMP" | "LOGIN-DELAY") => LATER,
        (Phase::LogIn, "SYS/PERM") => {
            "it says why above; POP3 may be off in the account's settings; {login}"
        }
        (Phase::LogIn, "AUTH") => "{login}",
        (Phase::LogIn, _) => LOGIN,
        (Phase::Connect, _) if reason.is_none() => WRONG_SERVER,
        (Phase::Connect, _) => UNWELCOME,
        _ => REASON,
    }
}

/// After a reply of an FTP server: by its code.
fn after_ftp(code: u16, words: &str, phase: Phase, account: &Account) -> &'static str {
    // In RFC 4217 and RFC 2228, these are about TLS.
    let is_about_tls = matches!(code, 521 | 522 | 533 | 534 | 536);
    match (phase, code) {
        // So vsftpd says that it cannot do what it is set up for.
        _ if words.contains(" OOPS: ") => {
            "the server is set up wrongly: tell whoever runs it what it says above"
        }
        (Phase::Connect, 120) => LATER,
        (Phase::Connect, ..400) => WRONG_SERVER,
        (_, ..400) => {
            "this is no refusal, but the library suppaftp takes only some of the replies that \
             servers give here: use another FTP program for this server"
        }
        (Phase::LogIn, 430) => "{login}",
        (Phase::Do(..), 425) => {
            "no data connection: a firewall may be in between, or the server is set up wrongly"
        }
        (Phase::Do(..), 426) => "the transfer broke off: try again",
        (_, 452 | 552) => "the server has no room: upload less",
        (_, 400..=499) => LATER,
        (Phase::Connect, _) => UNWELCOME,
        _ if is_about_tls && account.tls == Tls::Required => {
            "the server does not take this kind of TLS: tell whoever runs it what it says above"
        }
        (Phase::StartTls, _) => NO_TLS,
        _ if is_about_tls => "the server may want TLS: put ?tls=required at the end of {url}",
        (Phase::LogIn, 500 | 502) => WRONG_SERVER,
        (Phase::LogIn, _) | (_, 530) => LOGIN,
        (_, 550 | 553) => "check DIR and FILE in {url}, and what {user} may do there",
        (_, 500..=504) => {
            "the server does not know this command, or has no passive mode: ask another one"
        }
        _ => REASON,
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
            let hint = after_ftp(522, words, Phase::Do("download", "readme.txt"), &account);
            assert!(hint.contains(expected), "{tls:?}: {hint}");
        }
    }

    #[test]
    fn a_certificate_is_called_what_it_is() {
        let account = account(Protocol::Smtp, Tls::FromTheStart);
        let named = |name: &str| {
            CertificateError::Other(OtherError(Arc::new(Refused { code: 0, words: name.into() })))
        };
        let without_name = CertificateError::NotValidForNameContext {
            expected: "server.example".try_into().unwrap(),
            presented: Vec::new(),
        };
        for (certificate, expected) in [
            (without_name, "names no host"),
            (CertificateError::NotValidForName, "if that is the server you mean"),
            (CertificateError::UnknownIssuer, "set SSL_CERT_FILE"),
            (CertificateError::Expired, "clock"),
            (named("CaUsedAsEndEntity"), "signed by itself"),
            (named("UnsupportedCertVersion"), "old version"),
        ] {
            let error = TlsError::InvalidCertificate(certificate);
            let hint = after_tls(error.clone(), &account);
            assert!(hint.contains(expected), "{error}: {hint}");
        }
    }
}
