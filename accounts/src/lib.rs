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
use std::env;
use std::ffi::OsString;
use std::fmt::{self, Display, Formatter};
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use encoding_rs::GB18030;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::response::Response;
use percent_encoding::percent_decode_str;
use shared::{Config, Takes, right_or_end};
use url::{Host, Url};

pub use failure::{InPhase, Phase, Refused};
pub use mailboxes::{bcc, cc, recipients, reply_to, sender};
pub use mda::Mda;
pub use mta::Mta;
use protocol::Facts;
pub use protocol::Protocol;

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
    facts: &'static Facts,
    /// Whether the server is on this machine.
    is_loopback: bool,
    /// The file with the authorities that TLS trusts, in place of the system's.
    authorities: Option<OsString>,
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

impl Tls {
    /// Whether no password travels without it.
    fn is_certain(self) -> bool {
        matches!(self, Tls::Required | Tls::FromTheStart)
    }
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
    let facts = protocol.facts();
    let account =
        [facts.url, facts.user, facts.password, "LESSON_ALLOW_PLAINTEXT", "LESSON_TIMEOUT"];
    let taken = [&account.map(Takes::Setting), more].concat();
    Config::load(program, purpose, &taken, |config| {
        for name in for_practice(protocol, config) {
            config.forget_default(name);
        }
    })
}

/// The settings whose defaults are not used, because the account is at another machine.
fn for_practice(protocol: Protocol, config: &Config) -> Vec<&'static str> {
    let facts = protocol.facts();
    let url = Url::parse(config.text(facts.url));
    let host = url.ok().and_then(|url| Host::parse(url.host_str()?).ok());
    if host.is_none_or(|host| is_this_machine(&host)) {
        return Vec::new();
    }
    let mut names = vec!["LESSON_MAIL_TO", "LESSON_MAIL_CC", "LESSON_MAIL_BCC"];
    if !protocol.is_anonymous(config.text(facts.user)) {
        names.extend([facts.user, facts.password]);
    }
    names
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
    right_or_end(Account::read(config, Protocol::Smtp))
}

/// The account whose mail is fetched (RFC 1939), by the settings `LESSON_POP3_*`.
pub fn pop3(config: &Config) -> Account {
    right_or_end(Account::read(config, Protocol::Pop3))
}

/// The account at an FTP server (RFC 959), by the settings `LESSON_FTP_*`.
pub fn ftp(config: &Config) -> Account {
    right_or_end(Account::read(config, Protocol::Ftp))
}

impl Account {
    /// Takes the URL apart, and sees to it that no password travels in clear to another machine,
    /// and nothing built-in at all.
    ///
    /// # Errors
    /// What is wrong with the settings.
    fn read(config: &Config, protocol: Protocol) -> shared::Result<Self> {
        let facts = protocol.facts();
        let name = facts.url;
        let text = config.text(name);
        if !text.contains("://")
            && let Some(meant) = protocol.url_of(text)
        {
            let hint = format!("perhaps you mean {meant}");
            return Err(config.wrong_with(name, "it does not begin with a scheme", &hint));
        }
        let url = Url::parse(text).map_err(|why| config.wrong(name, why))?;
        let account = Account::at(&url, config, protocol).map_err(|why| config.wrong(name, why))?;
        account.refuse_plaintext(config)?;
        account.refuse_missing(config)?;
        for name in [facts.user, facts.password] {
            if config.text(name).contains(char::is_control) {
                return Err(config.wrong(name, "it has a control character in it"));
            }
        }
        if account.user.is_empty() {
            return Err(config.wrong(facts.user, "nobody would log in"));
        }
        Ok(account)
    }

    /// The account at the server of this URL, or what is wrong with that.
    fn at(url: &Url, config: &Config, protocol: Protocol) -> Result<Self, String> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err("user and password have settings of their own".into());
        }
        let facts = protocol.facts();
        let query = url.query().unwrap_or_default();
        let mut forms = facts.forms.iter();
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
        let file = path.rsplit('/').next().unwrap_or_default();
        if protocol != Protocol::Ftp && !path.is_empty() {
            return Err("nothing can follow the port".into());
        }
        if protocol == Protocol::Ftp && matches!(file, "" | "." | "..") {
            return Err("there is no FILE at its end".into());
        }
        Ok(Account {
            host: host.to_string().trim_matches(['[', ']']).to_string(),
            port,
            path: path.into_owned(),
            tls: form.tls,
            user: config.text(facts.user).into(),
            password: config.text(facts.password).into(),
            timeout: config.seconds("LESSON_TIMEOUT"),
            url: config.text(facts.url).into(),
            protocol,
            facts,
            is_loopback: is_this_machine(&host),
            authorities: env::var_os(tls::VARIABLE),
        })
    }

    /// Refuses a password that would travel in clear to another machine.
    fn refuse_plaintext(&self, config: &Config) -> shared::Result {
        let allows_plaintext = match config.text("LESSON_ALLOW_PLAINTEXT") {
            "yes" => true,
            "no" => false,
            _ => return Err(config.wrong("LESSON_ALLOW_PLAINTEXT", "not one of yes and no")),
        };
        if self.tls.is_certain() || allows_plaintext || self.has_no_secret() {
            return Ok(());
        }
        let forms = self.protocol.forms_where(Tls::is_certain);
        let hint = format!("ask for TLS, with {forms}; or allow it: --allow-plaintext yes");
        Err(config.wrong_with(self.facts.url, "the password would travel in clear", &hint))
    }

    /// Refuses an account at another machine for which something is not filled in.
    fn refuse_missing(&self, config: &Config) -> shared::Result {
        let mut needed = vec![self.facts.user, self.facts.password];
        if self.protocol == Protocol::Smtp {
            needed.push("LESSON_MAIL_TO");
        }
        needed.retain(|name| config.text(name).is_empty());
        if needed.is_empty() || self.has_no_secret() {
            return Ok(());
        }
        let names = needed.join(", ");
        let why = format!("{names} must be filled in for it, the defaults are for practice alone");
        let hint = format!("write into the file .env, a line each: {}=...", needed.join("=...  "));
        Err(config.wrong_with(self.facts.url, why, &hint))
    }

    /// Whether its password may be seen: it stays on this machine, or everybody knows it.
    fn has_no_secret(&self) -> bool {
        self.is_loopback || self.protocol.is_anonymous(&self.user)
    }

    /// Connects to the server: to the first of its addresses at which one can be had. No read and
    /// no write on it waits longer than the time-out.
    ///
    /// # Errors
    /// The host has no address, or nobody listens there.
    pub fn connect(&self) -> shared::Result<TcpStream> {
        open(&*self.addrs()?, self.timeout).in_phase(Phase::Connect, self)
    }

    /// The addresses of the server.
    fn addrs(&self) -> shared::Result<Vec<SocketAddr>> {
        shared::resolve(&self.host_and_port(), self.facts.url)
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
}

/// Opens a connection on which no read and no write waits longer than `timeout`.
///
/// # Errors
/// Nobody listens there, or none of the calls comes back in time.
pub fn open(addr: impl ToSocketAddrs, timeout: Duration) -> io::Result<TcpStream> {
    let stream = shared::connect(addr, timeout)?;
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

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use Protocol::{Ftp, Pop3, Smtp};

    use super::*;

    /// The settings of an account with nothing amiss, but for what is named.
    fn settings(protocol: Protocol, url: &str, changed: &[(&str, &str)]) -> Config {
        let facts = protocol.facts();
        let account = [(facts.url, url), (facts.user, "you@y.example"), (facts.password, "s3cret")];
        Config::of(&[&account, changed].concat())
    }

    /// The account with this URL; its password may travel in clear.
    pub(crate) fn account(url: &str) -> Account {
        let speaks = |protocol: &Protocol| url.starts_with(protocol.facts().forms[0].scheme);
        let protocol = [Smtp, Pop3, Ftp].into_iter().find(speaks).unwrap();
        let changed = [("LESSON_ALLOW_PLAINTEXT", "yes"), ("LESSON_TIMEOUT", "60")];
        Account::read(&settings(protocol, url, &changed), protocol).unwrap()
    }

    #[test]
    fn a_url_says_where_the_server_is_and_when_tls_begins() {
        for (url, host_and_port, path, tls, is_loopback) in [
            ("smtp://mail.example", "mail.example:25", "", Tls::Never, false),
            ("smtp://localhost.?tls=opportunistic", "localhost.:587", "", Tls::IfOffered, true),
            ("smtp://Mail.example/?tls=required", "mail.example:587", "", Tls::Required, false),
            ("smtps://邮件.example:1", "xn--5nq051n.example:1", "", Tls::FromTheStart, false),
            ("smtp://127.1:1", "127.0.0.1:1", "", Tls::Never, true),
            ("pop3://LOCALHOST", "localhost:110", "", Tls::Never, true),
            ("pop3s://[::1]", "[::1]:995", "", Tls::FromTheStart, true),
            ("pop3s://[::ffff:127.0.0.1]", "[::ffff:7f00:1]:995", "", Tls::FromTheStart, true),
            ("ftp://[2001:db8::1]/a%23/%E4%BD%A0", "[2001:db8::1]:21", "a#/你", Tls::Never, false),
            ("ftp://0.0.0.0:2/a?tls=required", "0.0.0.0:2", "a", Tls::Required, false),
            ("smtp://localhost.a.example", "localhost.a.example:25", "", Tls::Never, false),
        ] {
            let account = account(url);
            assert_eq!(account.host_and_port(), host_and_port);
            assert_eq!((&*account.path, account.tls), (path, tls), "{url}");
            assert_eq!(account.is_loopback, is_loopback, "{url}");
            assert_eq!(account.to_string(), url);
        }
    }

    #[track_caller]
    fn is_refused(protocol: Protocol, url: &str, changed: &[(&str, &str)], why: &str, hint: &str) {
        let read = Account::read(&settings(protocol, url, changed), protocol);
        let text = format!("{:?}", read.err().unwrap());
        let (problem, right) = text.split_once("\nhint: ").unwrap();
        assert!(problem.contains(why) && right.contains(hint), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
    }

    #[test]
    fn a_url_that_is_none_is_refused() {
        let forms =
            "it is not one of smtp://HOST:PORT, smtp://HOST:PORT?tls=opportunistic, smtp://";
        let own = "user and password have settings of their own";
        for (protocol, url, why) in [
            (Smtp, "http://127.0.0.1", forms),
            (Smtp, "smtps://127.0.0.1?tls=required", forms),
            (Pop3, "smtp://127.0.0.1", "it is not one of pop3://HOST:PORT, pop3s://HOST:PORT"),
            (Smtp, "smtp://me@127.0.0.1", own),
            (Smtp, "smtp://:s3cret@127.0.0.1", own),
            (Smtp, "smtp://127.0.0.1:25x", "invalid port number"),
            (Smtp, "smtp:127.0.0.1", "empty host"),
            (Smtp, "::1", "relative URL"),
            (Smtp, "smtp://a b", "invalid"),
            (Smtp, "smtp://127.0.0.1:0", "port 0 is for servers"),
            (Smtp, "smtp://127.0.0.1/x", "nothing can follow the port"),
            (Pop3, "pop3://127.0.0.1/x", "nothing can follow the port"),
            (Ftp, "ftp://127.0.0.1/a#b", "a # that is not written as %23"),
            (Ftp, "ftp://127.0.0.1/a%0Ab", "the path has a control character in it"),
            (Ftp, "ftp://127.0.0.1/%FF", "the path is not UTF-8"),
            (Ftp, "ftp://127.0.0.1/", "there is no FILE at its end"),
            (Ftp, "ftp://127.0.0.1/a%2F..", "there is no FILE at its end"),
            (Ftp, "ftp://127.0.0.1/a%2F.", "there is no FILE at its end"),
        ] {
            is_refused(protocol, url, &[], why, "a right one is --");
        }
        let meant = "perhaps you mean smtps://mail.example:465";
        is_refused(Smtp, "mail.example:465", &[], "it does not begin with a scheme", meant);
    }

    #[test]
    fn what_is_not_filled_in_or_not_safe_is_refused() {
        let smtps = "smtps://mail.example";
        let user = "LESSON_SMTP_USER";
        let password = "LESSON_SMTP_PASSWORD";
        let both = "LESSON_SMTP_USER, LESSON_MAIL_TO must be filled in for it";
        let clear = "the password would travel in clear";
        let safe = "ask for TLS, with smtp://HOST:PORT?tls=required, smtps://HOST:PORT; or allow it: \
                    --allow-plaintext yes";
        for (url, changed, why, hint) in [
            ("smtp://mail.example", &[][..], clear, safe),
            ("smtp://mail.example?tls=opportunistic", &[], clear, safe),
            (smtps, &[("LESSON_ALLOW_PLAINTEXT", "maybe")], "not one of yes and no", "--allow"),
            (smtps, &[(password, "")], "LESSON_SMTP_PASSWORD must be filled in", "PASSWORD=..."),
            (smtps, &[(user, ""), ("LESSON_MAIL_TO", "")], both, "USER=...  LESSON_MAIL_TO=..."),
            ("smtp://localhost", &[(user, "")], "nobody would log in", "a right one is"),
            ("smtp://localhost", &[(user, "a\nb")], "it has a control character in it", "a right"),
            ("smtp://localhost", &[(password, "a\0b")], "it has a control character in it", ""),
        ] {
            is_refused(Smtp, url, changed, why, hint);
        }
        let anonymous = [("LESSON_POP3_USER", "anonymous")];
        is_refused(Pop3, "pop3://mail.example", &anonymous, clear, "pop3s://HOST");
        is_refused(Ftp, "ftp://ftp.example/a", &[], clear, "DIR/FILE?tls=required; or");
        let anonymous = [("LESSON_FTP_USER", "anonymous"), ("LESSON_FTP_PASSWORD", "")];
        for (protocol, url, changed) in [
            (Smtp, "smtp://localhost", &[(password, ""), ("LESSON_MAIL_TO", "")][..]),
            (Pop3, "pop3s://mail.example", &[("LESSON_MAIL_TO", "")]),
            (Ftp, "ftp://ftp.example/a", &anonymous),
        ] {
            assert!(Account::read(&settings(protocol, url, changed), protocol).is_ok(), "{url}");
        }
    }

    #[test]
    fn nothing_built_in_is_used_for_another_machine() {
        let recipients = ["LESSON_MAIL_TO", "LESSON_MAIL_CC", "LESSON_MAIL_BCC"];
        for (protocol, url, user, more) in [
            (Smtp, "smtps://mail.example", "", &["LESSON_SMTP_USER", "LESSON_SMTP_PASSWORD"][..]),
            (Ftp, "ftp://ftp.example/a", "you", &["LESSON_FTP_USER", "LESSON_FTP_PASSWORD"]),
            (Ftp, "ftp://ftp.example/a", "anonymous", &[]),
        ] {
            let config = settings(protocol, url, &[(protocol.facts().user, user)]);
            assert_eq!(for_practice(protocol, &config), [&recipients[..], more].concat());
        }
        for url in ["smtp://localhost", "smtp://127.0.0.2", "nonsense"] {
            assert!(for_practice(Smtp, &settings(Smtp, url, &[])).is_empty(), "{url}");
        }
    }

    #[test]
    fn a_connection_waits_no_longer_than_the_time_out() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut account = account(&format!("pop3://{}", listener.local_addr().unwrap()));
        let stream = account.connect().unwrap();
        assert_eq!(stream.read_timeout().unwrap(), Some(account.timeout));
        assert_eq!(stream.write_timeout().unwrap(), Some(account.timeout));
        assert_eq!(account.goodbye().as_secs(), 2);
        account.timeout = Duration::from_millis(5);
        assert_eq!(account.goodbye(), account.timeout);
    }

    #[test]
    fn localhost_is_tried_at_all_its_addresses() {
        let Ok(listener) = TcpListener::bind("[::1]:0") else { return };
        if !("localhost", 0).to_socket_addrs().unwrap().any(|addr| addr.is_ipv6()) {
            return;
        }
        let port = listener.local_addr().unwrap().port();
        account(&format!("pop3://localhost:{port}")).connect().unwrap();
    }
}
