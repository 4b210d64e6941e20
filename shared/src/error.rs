//! The one error type: a line that says what failed and why, and a hint that says what to do next.

use std::error::Error as Source;
use std::fmt::{self, Debug, Display, Formatter};
use std::io::{self, ErrorKind};

use crate::log;
use crate::print::visible;

/// What a lesson's `main` and its functions return.
pub type Result<T = ()> = std::result::Result<T, Error>;

/// A failure: `main` returns it, and the standard library prints its [`Debug`] form and ends with status 1.
pub struct Error {
    message: String,
    hint: String,
}

impl Error {
    /// A failure in words of its own: what failed and why, and what to do next, a line each.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        let (message, hint) = (message.into(), hint.into());
        Error { message, hint }
    }
}

/// The message alone, in one line: for a log.
impl Display for Error {
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        formatter.write_str(&visible(&self.message, false))
    }
}

/// The message and the hint, in two lines: for the end of a program.
impl Debug for Error {
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        write!(formatter, "{self}\nhint: {}", visible(&self.hint, false))
    }
}

/// Turns the error of a call into an [`Error`] that names what was being done, and to whom.
pub trait OrCannot<T> {
    /// `socket.send_to(datagram, peer).or_cannot("answer", peer)?` fails as
    /// `cannot answer 127.0.0.1:4321: ...`, with the hint that fits the cause.
    ///
    /// # Errors
    /// The call's own, explained.
    fn or_cannot(self, doing: &str, whom: impl Display) -> Result<T>;
}

impl<T, E: Source + 'static> OrCannot<T> for std::result::Result<T, E> {
    fn or_cannot(self, doing: &str, whom: impl Display) -> Result<T> {
        match self {
            Ok(value) => Ok(value),
            Err(error) => Err(explain(doing, &whom, &error)),
        }
    }
}

/// Makes a call that waits for a peer with a time-out, and makes it again when a debugger that stops
/// the program, or Ctrl-Z, has ended the wait early.
///
/// # Errors
/// The call's own.
pub fn wait<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            result => return result,
        }
    }
}

/// What libraries and servers say, and what to do then.
const HINTS: &[(&str, &str)] = &[
    ("cannot look up", "check the spelling of the name, or give its address"),
    ("lookup address", "check the spelling of the host in the URL, and your own network"),
    (
        "(535)",
        "check LESSON_SMTP_USER and LESSON_SMTP_PASSWORD: a real provider wants its authorization code there",
    ),
    // The text of a refused login is often in GBK, and so is lost.
    (
        "network error: stream did not contain valid UTF-8",
        "so many providers answer a wrong login: LESSON_SMTP_PASSWORD must be the authorization code",
    ),
    (
        "(553)",
        "the sender must be the account's own address: LESSON_MAIL_FROM, or LESSON_SMTP_USER",
    ),
    (
        "(501)",
        "the sender must be the account's own address: LESSON_MAIL_FROM, or LESSON_SMTP_USER",
    ),
    (
        "(550)",
        "the server takes no mail for one of the recipients: check LESSON_MAIL_TO, and in lesson 11 LESSON_MAIL_CC and LESSON_MAIL_BCC",
    ),
    ("(552)", "the mail is too large for the server: send less"),
    (
        "No compatible authentication",
        "the server offers no login here; most do so in TLS: smtps:// or ?tls=required",
    ),
    ("valid for name", "the certificate is for another name: put that name into the URL"),
    (
        "invalid peer certificate",
        "the certificate is not trusted; for the practice servers: SSL_CERT_FILE=practice-data/ca.pem, a path from the current folder",
    ),
    (
        "received corrupt message",
        "that port begins without TLS: smtp:// goes with port 25, ?tls=required with 587, smtps:// with 465, \
         pop3:// with 110; an FTP server may know no TLS",
    ),
    (
        "(530)",
        "the server wants TLS or a login first: ?tls=required with port 587, or smtps:// with 465",
    ),
    (
        "STARTTLS",
        "the server has no STARTTLS there: smtp:// goes with port 25, ?tls=required with 587, smtps:// with 465",
    ),
    (
        "incomplete response",
        "the other side broke off: see what it says, check the host and the port, and try again",
    ),
    ("transient error", "the server cannot take it now: try again later"),
    ("response error", "is that an SMTP server? check the host and the port in LESSON_SMTP_URL"),
    ("fatal alert", "the two sides agree on no kind of TLS: ask another port or host"),
    (
        "begin TLS with",
        "the server has no TLS there: ask another port or host, or leave ?tls=required out",
    ),
    (
        "says 530",
        "check LESSON_FTP_USER and LESSON_FTP_PASSWORD; some servers want TLS, too: ?tls=required",
    ),
    ("TLS required", "this server wants TLS: put ?tls=required at the end of LESSON_FTP_URL"),
    ("says 552", "the server has no room: upload less"),
    ("says 55", "check DIR and FILE in LESSON_FTP_URL, and what the user may do"),
    ("says 22", "the server wants data to go elsewhere: ask another one"),
    (
        "no data connection",
        "a firewall may be in between, or the server is set up wrongly: see what it says",
    ),
    ("says 4", "the server cannot do it now: try again later"),
    ("says 50", "the server does not know this command: check host and port in the URL"),
    ("hear from", "is it the right server? check host and port in the URL"),
];

/// Says in plain words why it failed, and what to do next.
fn explain(doing: &str, whom: &dyn Display, error: &(dyn Source + 'static)) -> Error {
    use ErrorKind::*;

    let program = log::program();
    let is_mail = program.ends_with("-mail");
    let is_ftp = program.ends_with("ftp-client");
    let start = match program {
        "lesson02-udp-client" => {
            "lesson01 in another terminal first: cargo run -p lesson01-udp-server"
        }
        "lesson05-tcp-client" => {
            "lesson04 in another terminal first: cargo run -p lesson04-tcp-server"
        }
        _ if is_mail || is_ftp => {
            "the practice servers in another terminal first: cargo run -p practice-servers"
        }
        _ => "the other side first",
    };
    let name = whom.to_string();
    let is_here = ["127.", "localhost", "[::1]"].iter().any(|here| holds(&name, here));
    let kind = match io_kind(error) {
        // The system calls a wait that ran out 'resource temporarily unavailable'.
        WouldBlock if doing != "start a thread for" => TimedOut,
        // Windows tells so that nobody listens at a UDP port.
        ConnectionReset if program == "lesson02-udp-client" => ConnectionRefused,
        kind => kind,
    };
    let hint = match kind {
        TimedOut if is_mail => {
            "is the other side running, and is the port for this? smtp:// goes with port 25, ?tls=required with 587, \
             smtps:// with 465, pop3:// with 110, pop3s:// with 995; or wait longer: LESSON_TIMEOUT=60"
        }
        TimedOut => "is the other side running? try again, or wait longer: LESSON_TIMEOUT=60",
        ConnectionRefused if !is_here && (is_mail || is_ftp) => {
            "nobody listens there: check the host and the port in the URL"
        }
        ConnectionRefused => &format!("nobody listens at {whom}: start {start}"),
        ConnectionReset | ConnectionAborted | NotConnected | BrokenPipe | UnexpectedEof
            if is_mail || is_ftp =>
        {
            "the other side broke off: see what it says, check the host and the port, and try again"
        }
        ConnectionReset | ConnectionAborted | NotConnected | BrokenPipe | UnexpectedEof => {
            &format!("the other side broke off: see what it says; if it has ended, start {start}")
        }
        AddrInUse => "another program uses the port: stop that, or choose another port",
        AddrNotAvailable => "127.0.0.1 is this machine, 0.0.0.0 all its addresses",
        PermissionDenied => {
            "a port below 1024 needs privileges; else ask whose file or firewall it is"
        }
        NetworkUnreachable | HostUnreachable => "check the address, and your own network",
        StorageFull => "make room, or write elsewhere",
        // Other causes say more in the system's own words.
        _ => {
            let why = log::without_secret(error.to_string());
            let problem = format!("cannot {doing} {whom}: {why}");
            let known = HINTS.iter().find(|(text, _)| holds(&problem, text));
            let hint = known.map_or(
                "check what the line above names; --help shows all settings as they are",
                |(_, hint)| hint,
            );
            return Error::new(problem, hint);
        }
    };
    Error::new(format!("cannot {doing} {whom}: {kind}"), hint)
}

/// Whether `part` occurs in `text`.
fn holds(text: &str, part: &str) -> bool {
    let mut places = text.as_bytes().windows(part.len());
    places.any(|place| place == part.as_bytes())
}

/// The kind of the first I/O error in the chain of sources.
fn io_kind(error: &(dyn Source + 'static)) -> ErrorKind {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return error.kind();
        }
        next = error.source();
    }
    ErrorKind::Other
}
