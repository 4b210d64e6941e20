//! What to do next, by the cause and by the phase in which it happened.

use std::io::ErrorKind;

use rustls::{CertificateError, Error as TlsError};

use crate::Phase::{self, Connect, Data, Do, LogIn, Recipient, SendMail, Sender, StartTls};
use crate::Protocol::{Ftp, Pop3, Smtp};
use crate::failure::Cause;
use crate::{Account, Tls};

const LATER: &str = "the server cannot do it now: try again later";
const REASON: &str = "the server gives its reason above";
const UNWELCOME: &str = "the server does not want to talk: it says why above";
const WRONG_SERVER: &str = "is it the right server? {place}";
const NO_TLS: &str = "the server has no TLS there; {ports}";
const LOGIN: &str = "it says why above; if that does not help, {login}";
const MAYBE_TAKEN: &str = "the server may have taken the mail: look into the mailbox of a \
                           recipient before you send it again";
const WRONG_SENDER: &str = "the sender must be the account's own address: check \
                            LESSON_MAIL_FROM and LESSON_SMTP_USER";
const WRONG_RECIPIENT: &str = "the server takes no mail for one of the recipients: check \
                               LESSON_MAIL_TO, and in lesson 11 LESSON_MAIL_CC and LESSON_MAIL_BCC";
const UNWANTED: &str = "the server does not want this mail: it says why above; check what the mail \
                        says, and LESSON_MAIL_FROM";

/// What to do next.
pub(crate) fn hint(cause: Cause, phase: Phase, account: &Account) -> String {
    let hint = match (cause, account.protocol) {
        (Cause::Io(kind), _) => after_io(kind, phase, account),
        (Cause::Tls(error), _) => after_tls(error, account),
        (Cause::Reply(code, words), Smtp) => after_smtp(code, &words, phase, account),
        (Cause::Reply(_, words), Pop3) => after_pop3(&words, phase),
        (Cause::Reply(code, words), Ftp) => after_ftp(code, &words, phase, account),
        (Cause::Foreign, _) => match phase {
            Connect | StartTls => WRONG_SERVER,
            SendMail => MAYBE_TAKEN,
            LogIn => "the server answers oddly: try again; if that does not help, {login}",
            _ => "the server broke off, or answers oddly: try again",
        },
        (Cause::Unreadable, _) => match phase {
            LogIn => "the library lettre cannot read that; it may be a refusal: {login}",
            SendMail => MAYBE_TAKEN,
            _ => {
                "the library lettre cannot read that; it may be a refusal: use another mail program \
                 for this server"
            }
        },
        (Cause::Missing, _) => match phase {
            StartTls => NO_TLS,
            LogIn => {
                "the server offers no login here that lettre knows (AUTH PLAIN or LOGIN), perhaps \
                 only in TLS; {ports}"
            }
            _ => REASON,
        },
    };
    let facts = account.facts;
    let may_want_tls =
        if account.tls == Tls::Never { "; the server may also want TLS: {tls}" } else { "" };
    hint.replace("{place}", "check the host and the port in {url}; {ports}")
        .replace("{login}", &format!("{}{may_want_tls}", facts.login))
        .replace("{tls}", facts.ask_for_tls)
        .replace("{ports}", facts.ports)
        .replace("{url}", facts.url)
        .replace("{command}", &practice_command(account))
        .replace("{user}", &account.user)
}

/// The command that starts the practice servers so that they listen where the account is.
fn practice_command(account: &Account) -> String {
    let form = account.facts.forms.iter().find(|form| form.tls == account.tls);
    let (flag, usual) = form.map_or(("", 0), |form| form.practice);
    let program = "cargo run -p practice-servers";
    if account.port == usual && matches!(&*account.host, "127.0.0.1" | "localhost") {
        return program.into();
    }
    let addr = account.host_and_port();
    // A shell may take brackets for a pattern.
    let quote = if addr.starts_with('[') { "\"" } else { "" };
    format!("{program} -- {flag} {quote}{addr}{quote}")
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
        // A broken pipe is an error of writing: the dot at the end of the mail has not gone out.
        (Data, BrokenPipe | ConnectionReset | ConnectionAborted) | (SendMail, BrokenPipe) => {
            "the server broke off before it had the whole mail, and so has not taken it: perhaps \
             it is too large"
        }
        (SendMail, _) => MAYBE_TAKEN,
        (Connect | LogIn, FileTooLarge) => WRONG_SERVER,
        (_, FileTooLarge) => "this lesson takes no more: a mail program can fetch it",
        (Connect | StartTls, TimedOut) => "{place}; if they are right, wait longer: --timeout 60",
        (LogIn, TimedOut) if account.protocol == Pop3 => {
            "perhaps another session has the mailbox open, or the server is slow: wait longer: \
             --timeout 60"
        }
        (_, TimedOut) => "the server is slow: wait longer: --timeout 60",
        (Connect | StartTls, _) => "the server broke off: see what it says; {place}",
        (LogIn, _) if account.protocol != Ftp => "the server broke off at the login: {login}",
        _ => "the server broke off: see what it says, and try again",
    }
}

fn after_tls(error: TlsError, account: &Account) -> &'static str {
    match error {
        TlsError::InvalidCertificate(certificate) => after_certificate(&certificate, account),
        TlsError::InvalidMessage(_) if account.tls == Tls::FromTheStart => {
            "that port begins without TLS: {ports}"
        }
        TlsError::InvalidMessage(_) => {
            "the server has agreed to TLS, but what it sends is none: tell whoever runs it"
        }
        _ => {
            "the server has no kind of TLS in common with this program: its TLS may be too old, or \
             the key of its certificate of a rare kind"
        }
    }
}

fn after_certificate(error: &CertificateError, account: &Account) -> &'static str {
    use CertificateError::*;

    match error {
        NotValidForNameContext { presented, .. } if !presented.is_empty() => {
            "the certificate is for another name: if that is the server you mean, put that name into \
             {url}; if not, somebody else answers"
        }
        Expired | ExpiredContext { .. } | NotValidYetContext { .. } => {
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
        _ => {
            "the server's owner must make another certificate: of version 3, signed by an authority \
             and not by itself, with the host as a subjectAltName (a common name counts no more), \
             and with a key of RSA, ECDSA (P-256, P-384) or Ed25519"
        }
    }
}

/// After a reply of an MTA: by its code, and by the detail of the enhanced code (RFC 3463) with
/// which the words may begin, such as `1.1` of `5.1.1`. A mail can be refused because of the
/// sender, of a recipient, or of what it says.
fn after_smtp(code: u16, words: &str, phase: Phase, account: &Account) -> &'static str {
    let first = words.split_whitespace().next().unwrap_or_default();
    let detail = first.split_once('.').map_or("", |(_class, detail)| detail);
    match (phase, code, detail) {
        // This is what servers of other protocols answer to EHLO.
        (Connect, 500 | 502 | 530, _) => WRONG_SERVER,
        (Connect, 500.., _) => UNWELCOME,
        (StartTls, 500.., _) => NO_TLS,
        (LogIn, 504, _) => {
            "the server does not know this kind of login (AUTH PLAIN or LOGIN): ask another one"
        }
        (LogIn, _, "7.139" | "7.30") => {
            "the provider says above why: it may take no passwords from programs any more; then use \
             another one"
        }
        (LogIn, 430 | 535, _) => "{login}",
        (Connect | LogIn, ..400 | 500 | 502, _) => WRONG_SERVER,
        (LogIn, 500.., _) => LOGIN,
        (_, 200..=399, _) => {
            "the server answers out of turn: look into the mailbox of a recipient before you send \
             the mail again"
        }
        (_, _, "2.2") => {
            "the mailbox of a recipient is full: write to somebody else, or try again later"
        }
        (_, _, "5.3") => "write to fewer recipients at once",
        (_, 400..=499, _) => LATER,
        (_, 530, _) if account.tls == Tls::Never => "the server wants TLS: {tls}",
        (_, _, "3.4") | (_, 552, _) => "the mail is too large for the server: send less",
        // A command is unknown, out of its turn, or has a parameter that the server does not take.
        (_, 500 | 502..=504 | 555, _) => REASON,
        (Sender, ..) | (_, _, "1.7" | "1.8") => WRONG_SENDER,
        (_, _, detail) if detail.starts_with("7.") => UNWANTED,
        (Recipient, ..) => WRONG_RECIPIENT,
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
        (LogIn, "SYS/PERM") => {
            "it says why above; POP3 may be off in the account's settings; {login}"
        }
        (LogIn, "AUTH") => "{login}",
        (LogIn, _) => LOGIN,
        (Connect, _) if reason.is_none() => WRONG_SERVER,
        (Connect, _) => UNWELCOME,
        _ => REASON,
    }
}

/// After a reply of an FTP server: by its code.
fn after_ftp(code: u16, words: &str, phase: Phase, account: &Account) -> &'static str {
    // In RFC 4217 and RFC 2228, these are about TLS.
    let is_about_tls = matches!(code, 521 | 522 | 533 | 534 | 536);
    match (phase, code) {
        // With this word, vsftpd says that it cannot work as it is configured.
        _ if words.contains(" OOPS: ") => {
            "the server is set up wrongly: tell whoever runs it what it says above"
        }
        (Connect, 120) => LATER,
        (Connect, ..400) => WRONG_SERVER,
        (_, ..400) => {
            "this is no refusal, but the library suppaftp takes only some of the replies that \
             servers give here: use another FTP program for this server"
        }
        (LogIn, 430) => "{login}",
        (Do(..), 425) => {
            "no data connection: a firewall may be in between, or the server is set up wrongly"
        }
        (Do(..), 426) => "the transfer broke off: try again",
        (_, 452 | 552) => "the server has no room: upload less",
        (_, 400..=499) => LATER,
        (Connect, _) => UNWELCOME,
        _ if is_about_tls && account.tls == Tls::Required => {
            "the server does not take this kind of TLS: tell whoever runs it what it says above"
        }
        (StartTls, _) => NO_TLS,
        _ if is_about_tls => "the server may want TLS: {tls}",
        (LogIn, 500 | 502) => WRONG_SERVER,
        (LogIn, _) | (_, 530) => LOGIN,
        (_, 550 | 553) => "check DIR and FILE in {url}, and what {user} may do there",
        (_, 500..=504) => {
            "the server does not know this command, or has no passive mode: ask another one"
        }
        _ => REASON,
    }
}

#[cfg(test)]
mod tests {
    use ErrorKind::*;
    use Phase::Quit;
    use rustls::InvalidMessage;

    use super::*;
    use crate::tests::account;

    const LOOPBACK: &str = "smtps://127.0.0.1";
    const SMTP: &str = "smtp://mail.example";
    const STARTTLS: &str = "smtp://mail.example?tls=required";
    const SMTPS: &str = "smtps://mail.example";
    const POP3: &str = "pop3://mail.example";
    const POP3S: &str = "pop3s://mail.example";
    const FTP: &str = "ftp://ftp.example/a/b.txt";
    const FTPS: &str = "ftp://ftp.example/a/b.txt?tls=required";
    const DO: Phase = Do("download", "b.txt");

    #[track_caller]
    fn check(cause: Cause, url: &str, phase: Phase, expected: &str) {
        let hint = hint(cause, phase, &account(url));
        assert!(hint.starts_with(expected), "{hint}");
        assert!(!hint.contains(['{', '}']), "{hint}");
    }

    #[test]
    fn what_to_do_when_the_connection_fails() {
        let practice = "nobody listens there: start the practice servers in another terminal: \
                        cargo run -p practice-servers -- --sina-pop3-addr 127.0.0.1:9";
        for (kind, url, phase, expected) in [
            (ConnectionRefused, LOOPBACK, Connect, "nobody listens there: start the practice"),
            (ConnectionRefused, "pop3://127.0.0.1:9", Connect, practice),
            (ConnectionRefused, SMTP, Connect, "nobody listens there: check the host and the port"),
            (NetworkUnreachable, FTP, Connect, "check your own network, and the host"),
            (Other, FTP, DO, "a firewall may be in between"),
            (TimedOut, SMTP, Connect, "check the host and the port in LESSON_SMTP_URL; smtp://"),
            (TimedOut, POP3, LogIn, "perhaps another session has the mailbox open"),
            (TimedOut, SMTP, LogIn, "the server is slow"),
            (UnexpectedEof, POP3, Connect, "the server broke off: see what it says; check"),
            (UnexpectedEof, SMTP, LogIn, "the server broke off at the login: check"),
            (UnexpectedEof, FTP, LogIn, "the server broke off: see what it says, and try again"),
            (UnexpectedEof, SMTP, Quit, "the server broke off: see what it says, and try again"),
            (ConnectionReset, SMTP, Data, "the server broke off before it had the whole mail"),
            (BrokenPipe, SMTP, SendMail, "the server broke off before it had the whole mail"),
            (UnexpectedEof, SMTP, SendMail, MAYBE_TAKEN),
            (FileTooLarge, POP3, LogIn, "is it the right server? check the host"),
            (FileTooLarge, POP3, DO, "this lesson takes no more"),
        ] {
            check(Cause::Io(kind), url, phase, expected);
        }
    }

    #[test]
    fn what_to_do_when_tls_fails() {
        use CertificateError::*;

        let mail = || "mail.example".try_into().unwrap();
        let other_name =
            NotValidForNameContext { expected: mail(), presented: vec!["x.example".into()] };
        let no_name = NotValidForNameContext { expected: mail(), presented: Vec::new() };
        for (error, url, expected) in [
            (InvalidMessage::InvalidContentType.into(), SMTPS, "that port begins without TLS"),
            (InvalidMessage::InvalidContentType.into(), STARTTLS, "the server has agreed to TLS"),
            (TlsError::General(String::new()), SMTPS, "the server has no kind of TLS in common"),
            (other_name.into(), FTPS, "the certificate is for another name: if that is the server"),
            (no_name.into(), SMTPS, "the server's owner must make another certificate"),
            (Expired.into(), SMTPS, "check the clock of this machine"),
            (UnknownIssuer.into(), LOOPBACK, "trust the practice servers"),
            (UnknownIssuer.into(), POP3S, "this machine does not know who signed the certificate"),
            (BadEncoding.into(), SMTPS, "the server's owner must make another certificate"),
        ] {
            check(Cause::Tls(error), url, StartTls, expected);
        }
    }

    #[test]
    fn what_to_do_when_a_reply_cannot_be_used() {
        let unreadable = "the library lettre cannot read that; it may be a refusal:";
        for (cause, phase, expected) in [
            (Cause::Foreign, Connect, "is it the right server?"),
            (Cause::Foreign, LogIn, "the server answers oddly: try again; if that does not"),
            (Cause::Foreign, SendMail, MAYBE_TAKEN),
            (Cause::Foreign, DO, "the server broke off, or answers oddly: try again"),
            (Cause::Unreadable, LogIn, &format!("{unreadable} check LESSON_SMTP_USER")),
            (Cause::Unreadable, SendMail, MAYBE_TAKEN),
            (Cause::Unreadable, Sender, &format!("{unreadable} use another mail program")),
            (Cause::Missing, StartTls, "the server has no TLS there; smtp:// goes with port 25"),
            (Cause::Missing, LogIn, "the server offers no login here that lettre knows"),
            (Cause::Missing, DO, REASON),
        ] {
            check(cause, SMTP, phase, expected);
        }
    }

    #[test]
    fn what_to_do_when_a_server_refuses() {
        let only_login = "check LESSON_SMTP_USER and LESSON_SMTP_PASSWORD: a real provider wants its \
                          authorization code there";
        let login_or_tls = "check LESSON_POP3_USER and LESSON_POP3_PASSWORD: a real provider wants \
                            its authorization code there; the server may also want TLS: begin \
                            LESSON_POP3_URL with pop3s://";
        for (url, reply, phase, expected) in [
            (SMTP, "530 log in first", Connect, "is it the right server? check the host"),
            (SMTP, "354 go on", Connect, "is it the right server?"),
            (SMTP, "554 no", Connect, UNWELCOME),
            (SMTP, "421 busy", Connect, LATER),
            (SMTP, "502 what?", StartTls, "the server has no TLS there; smtp:// goes with port 25"),
            (SMTP, "454 not now", StartTls, LATER),
            (SMTP, "535 wrong", LogIn, "check LESSON_SMTP_USER and LESSON_SMTP_PASSWORD: a real"),
            (SMTP, "535 5.7.139 disabled", LogIn, "the provider says above why"),
            (SMTP, "504 what?", LogIn, "the server does not know this kind of login"),
            (SMTP, "500 what?", LogIn, "is it the right server?"),
            (SMTP, "354 go on", LogIn, "is it the right server?"),
            (SMTP, "526 too often", LogIn, "it says why above; if that does not help, check"),
            (SMTP, "454 later", LogIn, LATER),
            (SMTP, "354 go on", Recipient, "the server answers out of turn"),
            (SMTP, "552 5.2.2 full", Recipient, "the mailbox of a recipient is full"),
            (SMTP, "452 4.2.2 full", Recipient, "the mailbox of a recipient is full"),
            (SMTP, "452 4.5.3 too many", Recipient, "write to fewer recipients"),
            (SMTP, "450 4.2.0 greylisted", Recipient, LATER),
            (SMTP, "530 no TLS", Sender, "the server wants TLS: put ?tls=required at the end"),
            (SMTP, "552 too large", SendMail, "the mail is too large for the server"),
            (SMTP, "550 5.3.4 too large", SendMail, "the mail is too large for the server"),
            (SMTP, "503 5.5.1 out of sequence", Sender, REASON),
            (SMTP, "553 not you", Sender, WRONG_SENDER),
            (SMTP, "550 5.1.8 no such sender", Recipient, WRONG_SENDER),
            (SMTP, "550 5.7.1 spam", Recipient, UNWANTED),
            (SMTP, "550 unknown", Recipient, WRONG_RECIPIENT),
            (SMTP, "550 5.1.1 unknown", SendMail, WRONG_RECIPIENT),
            (SMTP, "553 not you", SendMail, WRONG_SENDER),
            (SMTP, "554 spam", SendMail, UNWANTED),
            (STARTTLS, "530 no TLS", Sender, WRONG_SENDER),
            (POP3, "-ERR [in-use] locked", LogIn, "another session has the mailbox open"),
            (POP3, "-ERR [SYS/TEMP] overloaded", LogIn, LATER),
            (POP3, "-ERR [SYS/PERM] off", LogIn, "it says why above; POP3 may be off in the"),
            (POP3, "-ERR [AUTH] wrong", LogIn, login_or_tls),
            (POP3, "-ERR too often", LogIn, "it says why above; if that does not help, check"),
            (POP3, "HTTP/1.1 400", Connect, "is it the right server? check the host"),
            (POP3, "-ERR no", Connect, UNWELCOME),
            (POP3, "-ERR no", DO, REASON),
            (FTP, "500 OOPS: no", LogIn, "the server is set up wrongly: tell whoever runs it"),
            (FTP, "120 in 5 minutes", Connect, LATER),
            (FTP, "200 hello", Connect, "is it the right server?"),
            (FTP, "200 done", DO, "this is no refusal, but the library suppaftp"),
            (FTP, "430 no", LogIn, "check LESSON_FTP_USER and LESSON_FTP_PASSWORD; the"),
            (FTP, "425 no", DO, "no data connection"),
            (FTP, "426 cut", DO, "the transfer broke off: try again"),
            (FTP, "552 full", DO, "the server has no room"),
            (FTP, "421 busy", LogIn, LATER),
            (FTP, "530 no", Connect, UNWELCOME),
            (FTPS, "522 resume!", DO, "the server does not take this kind of TLS"),
            (FTP, "522 TLS!", DO, "the server may want TLS: put ?tls=required at the end"),
            (FTPS, "500 what?", StartTls, "the server has no TLS there; ftp:// goes with port 21"),
            (FTP, "502 what?", LogIn, "is it the right server?"),
            (FTP, "550 no", LogIn, "it says why above; if that does not help, check LESSON_FTP"),
            (FTP, "530 no", DO, "it says why above; if that does not help, check LESSON_FTP"),
            (FTPS, "550 no file", DO, "check DIR and FILE in LESSON_FTP_URL, and what you@y.ex"),
            (FTP, "502 what?", DO, "the server does not know this command"),
            (FTP, "532 account?", DO, REASON),
        ] {
            let code = reply[..3].parse().unwrap_or(0);
            // Of a reply over SMTP, lettre keeps the code apart from the words.
            let words = if url.starts_with("smtp") { &reply[4..] } else { reply };
            check(Cause::Reply(code, words.into()), url, phase, expected);
        }
        let hint = hint(Cause::Reply(535, String::new()), LogIn, &account(SMTPS));
        assert_eq!(hint, only_login);
    }

    #[test]
    fn the_practice_servers_are_started_where_the_account_is() {
        for (url, arguments) in [
            ("smtp://127.0.0.1:2525", ""),
            ("smtps://localhost:2465", ""),
            ("pop3://127.0.0.1:2111", ""),
            ("pop3s://127.0.0.1:2996", ""),
            ("ftp://127.0.0.1:2121/a", ""),
            ("smtp://localhost:2526?tls=required", " -- --qq-smtp-addr localhost:2526"),
            ("smtp://127.0.0.2:2525", " -- --qq-smtp-addr 127.0.0.2:2525"),
            ("smtps://[::1]:2465", " -- --qq-smtps-addr \"[::1]:2465\""),
            ("pop3://127.0.0.1", " -- --sina-pop3-addr 127.0.0.1:110"),
            ("pop3s://localhost", " -- --sina-pop3s-addr localhost:995"),
            ("ftp://127.0.0.1/a", " -- --ftp-addr 127.0.0.1:21"),
        ] {
            let command = practice_command(&account(url));
            assert_eq!(command, format!("cargo run -p practice-servers{arguments}"));
        }
    }
}
