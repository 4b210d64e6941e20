//! What the mail and FTP lessons share: where an account is, whether the way to it is safe, whom
//! TLS trusts, who gets a mail, and what to do when something fails.

mod failure;
mod hints;
mod mailboxes;
mod tls;

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use encoding_rs::GB18030;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{CertificateStore, TlsParameters};
use lettre::transport::smtp::response::Response;
use percent_encoding::percent_decode_str;
use shared::Config;
use url::{Host, Url};

pub use failure::{InPhase, Phase, Refused};
pub use mailboxes::{bcc, cc, recipients, reply_to, sender};
pub use tls::trusted;

/// An account at a server: where that is, and who logs in there.
pub struct Account {
    /// The host: a name in ASCII, or an address.
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
    kind: &'static Kind,
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

/// What differs between the protocols.
#[derive(Debug)]
struct Kind {
    /// The settings of the URL, the user and the password.
    url: &'static str,
    user: &'static str,
    password: &'static str,
    /// The URLs that can be, as scheme and query, with their ports.
    forms: &'static [(&'static str, &'static str, Tls, u16)],
    /// Which port goes with which URL, in words.
    ports: &'static str,
    /// The flags with which the practice servers take an address for it, plain and in TLS.
    practice: [&'static str; 2],
}

/// The table of all settings, among them the addresses of the practice servers.
const TABLE: &str = include_str!("../../.env.example");

static SMTP: Kind = Kind {
    url: "LESSON_SMTP_URL",
    user: "LESSON_SMTP_USER",
    password: "LESSON_SMTP_PASSWORD",
    forms: &[
        ("smtp", "", Tls::Never, 25),
        ("smtp", "tls=opportunistic", Tls::IfOffered, 587),
        ("smtp", "tls=required", Tls::Required, 587),
        ("smtps", "", Tls::FromTheStart, 465),
    ],
    ports: "smtp:// goes with port 25, ?tls=required with 587, smtps:// with 465",
    practice: ["--qq-smtp-addr", "--qq-smtps-addr"],
};

static POP3: Kind = Kind {
    url: "LESSON_POP3_URL",
    user: "LESSON_POP3_USER",
    password: "LESSON_POP3_PASSWORD",
    forms: &[("pop3", "", Tls::Never, 110), ("pop3s", "", Tls::FromTheStart, 995)],
    ports: "pop3:// goes with port 110, pop3s:// with 995",
    practice: ["--sina-pop3-addr", "--sina-pop3s-addr"],
};

static FTP: Kind = Kind {
    url: "LESSON_FTP_URL",
    user: "LESSON_FTP_USER",
    password: "LESSON_FTP_PASSWORD",
    forms: &[("ftp", "", Tls::Never, 21), ("ftp", "tls=required", Tls::Required, 21)],
    ports: "ftp:// goes with port 21, also with ?tls=required at its end",
    practice: ["--ftp-addr", "--ftp-addr"],
};

/// The account that hands in mail (RFC 6409), by the settings `LESSON_SMTP_*`.
pub fn smtp(config: &Config) -> Account {
    Account::load(config, &SMTP)
}

/// The account whose mail is fetched (RFC 1939), by the settings `LESSON_POP3_*`.
pub fn pop3(config: &Config) -> Account {
    Account::load(config, &POP3)
}

/// The account at an FTP server (RFC 959), by the settings `LESSON_FTP_*`.
pub fn ftp(config: &Config) -> Account {
    Account::load(config, &FTP)
}

impl Account {
    /// Takes the URL apart, and sees to it that no password travels in clear to another machine.
    /// What is wrong ends the program with status 2.
    fn load(config: &Config, kind: &'static Kind) -> Self {
        let wrong = |why: &str| -> ! { config.refuse(kind.url, why) };
        let text = config.text(kind.url);
        let url: Url = config.parsed(kind.url);
        if !url.username().is_empty() || url.password().is_some() {
            wrong("user and password have settings of their own");
        }
        let form = |(scheme, query, ..): &&(&str, &str, Tls, u16)| {
            *scheme == url.scheme() && *query == url.query().unwrap_or_default()
        };
        let Some((_, _, tls, standard)) = kind.forms.iter().find(form) else {
            wrong(&format!("it is not one of {}", kind.forms_where(|_| true)))
        };
        let host = Host::parse(url.host_str().unwrap_or_default());
        let host = host.unwrap_or_else(|why| wrong(&why.to_string()));
        let is_loopback = match &host {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(ip) => ip.is_loopback(),
            Host::Ipv6(ip) => ip.is_loopback(),
        };
        let port = url.port().unwrap_or(*standard);
        if port == 0 {
            wrong("port 0 is for servers: give the port that the server logs");
        }
        let path = percent_decode_str(url.path().trim_start_matches('/')).decode_utf8();
        let path = path.unwrap_or_else(|_| wrong("the path is not UTF-8"));
        if path.contains(char::is_control) || url.fragment().is_some() {
            wrong("the path has a control character in it, or a # that is not written as %23");
        }
        if url.scheme() != "ftp" && !path.is_empty() {
            wrong("nothing can follow the port");
        }
        if url.scheme() == "ftp" && matches!(path.rsplit('/').next(), None | Some("" | "." | ".."))
        {
            wrong("there is no FILE at its end");
        }
        let user = config.text(kind.user).to_string();
        if user.is_empty() {
            config.refuse(kind.user, "nobody would log in");
        }
        let is_open = matches!(tls, Tls::Never | Tls::IfOffered) && !is_loopback;
        let allows_plaintext = match config.text("LESSON_ALLOW_PLAINTEXT") {
            "yes" => true,
            "no" => false,
            _ => config.refuse("LESSON_ALLOW_PLAINTEXT", "not one of yes and no"),
        };
        if is_open && !allows_plaintext && user != "anonymous" {
            let forms = kind.forms_where(|tls| matches!(tls, Tls::Required | Tls::FromTheStart));
            let hint = format!("ask for TLS, with {forms}; or allow it: --allow-plaintext yes");
            config.refuse_with(kind.url, "the password would travel in clear", &hint);
        }
        Account {
            host: host.to_string(),
            port,
            path: path.into_owned(),
            tls: *tls,
            user,
            password: config.text(kind.password).into(),
            timeout: config.seconds("LESSON_TIMEOUT"),
            url: text.into(),
            kind,
            is_loopback,
        }
    }

    /// Whether the server is on this machine.
    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// Looks up the address of the server.
    ///
    /// # Errors
    /// The host has none.
    pub fn resolve(&self) -> shared::Result<SocketAddr> {
        shared::resolve(&format!("{}:{}", self.host, self.port), self.kind.url)
    }

    /// Who logs in, as lettre wants it.
    pub fn credentials(&self) -> Credentials {
        Credentials::new(self.user.clone(), self.password.clone())
    }

    /// The client's side of TLS, as lettre wants it. It trusts whom [`trusted`] does.
    ///
    /// # Errors
    /// The host has a name that no certificate can have.
    pub fn tls_parameters(&self) -> shared::Result<TlsParameters> {
        let mut parameters = TlsParameters::builder(self.host.clone());
        if self.tls == Tls::Never {
            // Nobody has to be trusted, and nothing has to be read.
            parameters = parameters.certificate_store(CertificateStore::None);
        }
        parameters.build().in_phase(Phase::StartTls, self)
    }

    /// What an SMTP server has said, in one line, without the password.
    pub fn said(&self, reply: &Response) -> String {
        let lines: Vec<_> = reply.message().collect();
        self.masked(Phase::SendMail, &format!("{} {}", reply.code(), lines.join(" ")))
    }

    /// What a server has said in this phase, without the password, which it may have repeated, also
    /// in base64. After the login, `practice` is a word that the practice servers may use.
    pub fn masked(&self, phase: Phase, text: &str) -> String {
        let (user, password) = (&self.user, &self.password);
        if password.is_empty() || password == "practice" && !matches!(phase, Phase::LogIn) {
            return text.into();
        }
        let secrets = [format!("\0{user}\0{password}"), password.clone()];
        let coded = secrets.iter().map(|secret| BASE64_STANDARD.encode(secret));
        let secrets = coded.chain([password.clone()]);
        secrets.fold(text.into(), |text, secret| text.replace(&secret, "****"))
    }

    fn check_login(&self) -> String {
        let (user, password) = (self.kind.user, self.kind.password);
        let what = match self.kind.url {
            "LESSON_FTP_URL" => "",
            _ => ": a real provider wants its authorization code there",
        };
        let tls = if self.tls == Tls::Never { "; the server may also want TLS" } else { "" };
        format!("check {user} and {password}{what}{tls}")
    }

    /// The command that starts the practice servers so that they listen where the account is.
    fn practice_command(&self) -> String {
        let [plain, in_tls] = self.kind.practice;
        let flag = if self.tls == Tls::FromTheStart { in_tls } else { plain };
        let is_usual = TABLE.contains(&format!("_ADDR=127.0.0.1:{}\n", self.port));
        let addr = match is_usual {
            true => String::new(),
            // A shell may take brackets for a pattern.
            false if self.host.starts_with('[') => {
                format!(" -- {flag} \"{}:{}\"", self.host, self.port)
            }
            false => format!(" -- {flag} {}:{}", self.host, self.port),
        };
        format!("cargo run -p practice-servers{addr}")
    }
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

impl Kind {
    /// The URLs with such TLS, in words.
    fn forms_where(&self, fits: impl Fn(Tls) -> bool) -> String {
        let forms = self.forms.iter().filter(|(_, _, tls, _)| fits(*tls));
        let forms = forms.map(|(scheme, query, ..)| match *query {
            "" => format!("{scheme}://HOST:PORT"),
            query => format!("{scheme}://HOST:PORT?{query}"),
        });
        forms.collect::<Vec<_>>().join(", ")
    }
}
