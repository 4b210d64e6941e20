//! What the mail and FTP lessons share: where an account is, whether the way to it is safe, whom
//! TLS trusts, who gets a mail, and what to do when something fails.

mod failure;
mod hints;
mod mailboxes;
mod mda;
mod mta;
mod protocol;
mod secret;
mod tls;

use std::borrow::Cow;
use std::error::Error as Source;
use std::fmt::{self, Display, Formatter};
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use encoding_rs::GB18030;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::response::Response;
use percent_encoding::percent_decode_str;
use shared::{Config, Takes};
use url::{Host, Url};

pub use failure::{InPhase, Phase, Refused};
pub use mailboxes::{bcc, cc, recipients, reply_to, sender};
pub use mda::Stream;
pub use mta::Mta;
pub use protocol::Protocol;
pub use tls::trusted;

/// An account at a server: where that is, and who logs in there.
pub struct Account {
    /// The host: a name in ASCII, or an address, an IPv6 one without brackets.
    pub host: String,
    /// The port, or the one that goes with the URL's scheme.
    pub port: u16,
    /// For FTP, DIR and FILE: what stands behind the host, decoded, without the first `/`.
    pub path: String,
    /// When TLS begins, if it does.
    pub tls: Tls,
    /// Who logs in.
    pub user: String,
    /// Its password. It is never shown.
    pub password: String,
    /// The longest wait for the server.
    pub timeout: Duration,
    /// The URL as it was given.
    url: String,
    protocol: Protocol,
    /// Whether the server is on this machine.
    is_loopback: bool,
}

/// When a connection goes on in TLS.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tls {
    /// Never.
    Never,
    /// When the server offers it, and not if somebody in between takes the offer away.
    IfOffered,
    /// By a command (STARTTLS, AUTH TLS), before the login.
    Required,
    /// From the start.
    FromTheStart,
}

/// Loads the settings of a lesson: those of its account, and those that it names:
/// `accounts::load!(Smtp, "LESSON_MAIL_FROM", "LESSON_MAIL_TO")`. All else is as in
/// [`shared::load!`].
#[macro_export]
macro_rules! load {
    ($protocol:ident, $($more:expr),+ $(,)?) => {
        $crate::load(
            $crate::Protocol::$protocol,
            env!("CARGO_PKG_NAME"),
            env!("CARGO_PKG_DESCRIPTION"),
            &[$(shared::Takes::from($more)),+],
        )
    };
}

/// What [`load!`] calls. Where the account is at another machine, the built-in user, password and
/// recipients are not used.
pub fn load(
    protocol: Protocol,
    program: &'static str,
    purpose: &'static str,
    more: &[Takes],
) -> Config {
    let taken = [&protocol.settings().map(Takes::Setting), more].concat();
    Config::load(program, purpose, &taken, |config| {
        let url = Url::parse(config.text(protocol.url()));
        let host = url.ok().and_then(|url| Host::parse(url.host_str()?).ok());
        if host.is_none_or(|host| is_this_machine(&host)) {
            return;
        }
        if !is_anonymous(config, protocol) {
            config.forget_default(protocol.user());
            config.forget_default(protocol.password());
        }
        for recipients in ["LESSON_MAIL_TO", "LESSON_MAIL_CC", "LESSON_MAIL_BCC"] {
            config.forget_default(recipients);
        }
    })
}

/// Whether the user is the one whom every FTP server that is open to all knows, and who by custom
/// gives some mail address for a password (RFC 1635).
fn is_anonymous(config: &Config, protocol: Protocol) -> bool {
    protocol == Protocol::Ftp && config.text(protocol.user()) == "anonymous"
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Domain(name) => matches!(name.as_str(), "localhost" | "localhost."),
        Host::Ipv4(ip) => ip.is_loopback(),
        // An address of IPv4 can be written as one of IPv6: `::ffff:127.0.0.1`.
        Host::Ipv6(ip) => ip.to_canonical().is_loopback(),
    }
}

/// The account that hands in mail (RFC 6409), by the settings `LESSON_SMTP_*`.
pub fn smtp(config: &Config) -> Account {
    Account::load(config, Protocol::Smtp)
}

/// The account whose mail is fetched (RFC 1939), by the settings `LESSON_POP3_*`.
pub fn pop3(config: &Config) -> Account {
    Account::load(config, Protocol::Pop3)
}

/// The account at an FTP server (RFC 959), by the settings `LESSON_FTP_*`.
pub fn ftp(config: &Config) -> Account {
    Account::load(config, Protocol::Ftp)
}

impl Account {
    /// Takes the URL apart, and sees to it that no password travels in clear to another machine, and
    /// nothing built-in at all. What is wrong ends the program with status 2.
    fn load(config: &Config, protocol: Protocol) -> Self {
        let text = config.text(protocol.url());
        if !text.contains("://")
            && let Some(meant) = with_scheme(protocol, text)
        {
            let hint = format!("perhaps you mean {meant}");
            config.refuse_with(protocol.url(), "it does not begin with a scheme", &hint);
        }
        let account = Account::at(&config.parsed(protocol.url()), config, protocol);
        let account = account.unwrap_or_else(|why| config.refuse(protocol.url(), why));
        account.refuse_plaintext(config);
        account.refuse_missing(config);
        for name in [protocol.user(), protocol.password()] {
            if config.text(name).contains(char::is_control) {
                config.refuse(name, "it has a control character in it");
            }
        }
        if account.user.is_empty() {
            config.refuse(protocol.user(), "nobody would log in");
        }
        account
    }

    /// The account at the server of this URL, or what is wrong with that.
    fn at(url: &Url, config: &Config, protocol: Protocol) -> Result<Self, String> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err("user and password have settings of their own".into());
        }
        let query = url.query().unwrap_or_default();
        let mut forms = protocol.forms().iter();
        let form = forms.find(|form| form.scheme == url.scheme() && form.query == query);
        let Some(form) = form else {
            return Err(format!("it is not one of {}", protocol.forms_where(|_| true)));
        };
        let host = url.host_str().unwrap_or_default();
        let host = Host::parse(host).map_err(|why| why.to_string())?;
        let port = url.port().unwrap_or(form.port);
        if port == 0 {
            return Err("port 0 is for servers: give the port that the server logs".into());
        }
        let path = percent_decode_str(url.path().trim_start_matches('/')).decode_utf8();
        let path = path.map_err(|_| "the path is not UTF-8")?;
        if path.contains(char::is_control) || url.fragment().is_some() {
            let why = "the path has a control character in it, or a # that is not written as %23";
            return Err(why.into());
        }
        if protocol != Protocol::Ftp && !path.is_empty() {
            return Err("nothing can follow the port".into());
        }
        let file = path.rsplit('/').next().unwrap_or_default();
        if protocol == Protocol::Ftp && matches!(file, "" | "." | "..") {
            return Err("there is no FILE at its end".into());
        }
        Ok(Account {
            host: host.to_string().trim_matches(['[', ']']).to_string(),
            port,
            path: path.into_owned(),
            tls: form.tls,
            user: config.text(protocol.user()).into(),
            password: config.text(protocol.password()).into(),
            timeout: config.seconds("LESSON_TIMEOUT"),
            url: config.text(protocol.url()).into(),
            protocol,
            is_loopback: is_this_machine(&host),
        })
    }

    /// Ends the program with status 2 when the password would travel in clear to another machine.
    fn refuse_plaintext(&self, config: &Config) {
        let allows_plaintext = match config.text("LESSON_ALLOW_PLAINTEXT") {
            "yes" => true,
            "no" => false,
            _ => config.refuse("LESSON_ALLOW_PLAINTEXT", "not one of yes and no"),
        };
        let is_open = matches!(self.tls, Tls::Never | Tls::IfOffered) && !self.is_loopback;
        if is_open && !is_anonymous(config, self.protocol) && !allows_plaintext {
            let is_safe = |tls| matches!(tls, Tls::Required | Tls::FromTheStart);
            let forms = self.protocol.forms_where(is_safe);
            let hint = format!("ask for TLS, with {forms}; or allow it: --allow-plaintext yes");
            config.refuse_with(self.protocol.url(), "the password would travel in clear", &hint);
        }
    }

    /// Ends the program with status 2 when something is not filled in for another machine.
    fn refuse_missing(&self, config: &Config) {
        if self.is_loopback || is_anonymous(config, self.protocol) {
            return;
        }
        let mut needed = vec![self.protocol.user(), self.protocol.password()];
        if self.protocol == Protocol::Smtp {
            needed.push("LESSON_MAIL_TO");
        }
        needed.retain(|name| config.text(name).is_empty());
        if !needed.is_empty() {
            let names = needed.join(", ");
            let why =
                format!("{names} must be filled in for it, the defaults are for practice alone");
            let lines: Vec<_> = needed.iter().map(|name| format!("{name}=...")).collect();
            let hint = format!("write into the file .env, a line each: {}", lines.join("  "));
            config.refuse_with(self.protocol.url(), why, &hint);
        }
    }

    /// Connects to the server: to the first of its addresses at which one can be had. No read and no
    /// write on it waits longer than the time-out.
    ///
    /// # Errors
    /// The host has no address, or nobody listens there.
    pub fn connect(&self) -> shared::Result<TcpStream> {
        self.try_addresses(|addr| open(addr, self.timeout))
    }

    /// Connects in some way to the addresses of the server, one after another. When none can be had,
    /// the first tells why.
    fn try_addresses<T, E: Source + Send + Sync + 'static>(
        &self,
        mut connect: impl FnMut(SocketAddr) -> Result<T, E>,
    ) -> shared::Result<T> {
        let mut failure = None;
        for addr in shared::resolve(&self.host_and_port(), self.protocol.url())? {
            match connect(addr) {
                Ok(connected) => return Ok(connected),
                Err(why) => failure = failure.or(Some(why)),
            }
        }
        match failure {
            Some(why) => Err(why).in_phase(Phase::Connect, self),
            None => Err(io::Error::other("it has no address")).in_phase(Phase::Connect, self),
        }
    }

    /// The longest wait for the server to say goodbye, 2 s at most: by then all is done, or has
    /// failed.
    pub fn goodbye(&self) -> Duration {
        self.timeout.min(Duration::from_secs(2))
    }

    /// `HOST:PORT`, or `[IPV6]:PORT`.
    pub fn host_and_port(&self) -> String {
        let host = &self.host;
        let port = self.port;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }

    /// Who logs in, as lettre wants it.
    pub fn credentials(&self) -> Credentials {
        Credentials::new(self.user.clone(), self.password.clone())
    }

    /// What an SMTP server has said, in one line, without the password.
    pub fn said(&self, reply: &Response) -> String {
        let lines: Vec<_> = reply.message().collect();
        self.masked(&format!("{} {}", reply.code(), lines.join(" ")))
    }

    fn check_login(&self) -> String {
        let user = self.protocol.user();
        let password = self.protocol.password();
        let what = match self.protocol {
            Protocol::Ftp => "",
            Protocol::Smtp | Protocol::Pop3 => {
                ": a real provider wants its authorization code there"
            }
        };
        let tls = match (self.tls, self.protocol) {
            (Tls::Never, Protocol::Ftp) => {
                "; the server may also want TLS: put ?tls=required at the end of LESSON_FTP_URL"
            }
            (Tls::Never, _) => "; the server may also want TLS",
            _ => "",
        };
        format!("check {user} and {password}{what}{tls}")
    }

    /// The command that starts the practice servers so that they listen where the account is.
    fn practice_command(&self) -> String {
        let (flag, usual) = self.protocol.practice(self.tls);
        let addr = self.host_and_port();
        let is_usual = self.port == usual && matches!(&*self.host, "127.0.0.1" | "localhost");
        let arguments = match &*addr {
            _ if is_usual => String::new(),
            // A shell may take brackets for a pattern.
            addr if addr.starts_with('[') => format!(" -- {flag} \"{addr}\""),
            addr => format!(" -- {flag} {addr}"),
        };
        format!("cargo run -p practice-servers{arguments}")
    }
}

/// The URL that is meant by HOST:PORT, if that is clear. What stands before an `@` may be a
/// password.
fn with_scheme(protocol: Protocol, text: &str) -> Option<String> {
    let text = text.replace('：', ":").replace('\\', "/");
    let (login, text) = text.rsplit_once('@').unwrap_or(("", &text));
    let rest = match text.split_once("//") {
        Some((scheme, rest)) if !scheme.contains(['.', '/']) => rest,
        _ => text,
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let port = authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    let mut safest_first = protocol.forms().iter().rev();
    let form = match port {
        Some(port) => safest_first.find(|form| form.port == port),
        None if protocol == Protocol::Ftp => None,
        None => safest_first.next(),
    };
    let meant = form.unwrap_or(&protocol.forms()[0]).url(rest);
    let url = Url::parse(&meant).ok()?;
    let is_clear = !login.contains('/') && Host::parse(url.host_str()?).is_ok();
    is_clear.then_some(meant)
}

/// Opens a connection on which no read and no write waits longer than `timeout`.
///
/// # Errors
/// Nobody listens there, or none of the calls comes back in time.
pub fn open(addr: SocketAddr, timeout: Duration) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&addr, timeout)?;
    stream.set_read_timeout(Some(timeout))?;
    stream.set_write_timeout(Some(timeout))?;
    Ok(stream)
}

/// What a peer says, which is UTF-8 or, with old servers in China, GBK, a part of GB18030.
pub fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    str::from_utf8(bytes).map_or_else(|_| GB18030.decode(bytes).0, Cow::Borrowed)
}

/// The URL.
impl Display for Account {
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        formatter.write_str(&self.url)
    }
}
