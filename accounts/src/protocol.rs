//! The protocols: what differs between them.

use crate::Tls;

/// What a lesson speaks with a server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Protocol {
    /// To hand in mail (RFC 6409).
    Smtp,
    /// To fetch mail (RFC 1939).
    Pop3,
    /// To transfer files (RFC 959).
    Ftp,
}

/// A URL that an account can have: its scheme, its query, when TLS begins then, and the port where
/// it gives none.
pub(crate) struct Form {
    pub scheme: &'static str,
    pub query: &'static str,
    pub tls: Tls,
    pub port: u16,
}

const fn form(scheme: &'static str, query: &'static str, tls: Tls, port: u16) -> Form {
    Form { scheme, query, tls, port }
}

static SMTP_FORMS: [Form; 4] = [
    form("smtp", "", Tls::Never, 25),
    form("smtp", "tls=opportunistic", Tls::IfOffered, 587),
    form("smtp", "tls=required", Tls::Required, 587),
    form("smtps", "", Tls::FromTheStart, 465),
];
static POP3_FORMS: [Form; 2] =
    [form("pop3", "", Tls::Never, 110), form("pop3s", "", Tls::FromTheStart, 995)];
static FTP_FORMS: [Form; 2] =
    [form("ftp", "", Tls::Never, 21), form("ftp", "tls=required", Tls::Required, 21)];

impl Protocol {
    /// The settings of an account.
    pub(crate) fn settings(self) -> [&'static str; 5] {
        let [url, user, password] = match self {
            Protocol::Smtp => ["LESSON_SMTP_URL", "LESSON_SMTP_USER", "LESSON_SMTP_PASSWORD"],
            Protocol::Pop3 => ["LESSON_POP3_URL", "LESSON_POP3_USER", "LESSON_POP3_PASSWORD"],
            Protocol::Ftp => ["LESSON_FTP_URL", "LESSON_FTP_USER", "LESSON_FTP_PASSWORD"],
        };
        [url, user, password, "LESSON_ALLOW_PLAINTEXT", "LESSON_TIMEOUT"]
    }

    pub(crate) fn url(self) -> &'static str {
        self.settings()[0]
    }

    pub(crate) fn user(self) -> &'static str {
        self.settings()[1]
    }

    pub(crate) fn password(self) -> &'static str {
        self.settings()[2]
    }

    /// The URLs that can be.
    pub(crate) fn forms(self) -> &'static [Form] {
        match self {
            Protocol::Smtp => &SMTP_FORMS,
            Protocol::Pop3 => &POP3_FORMS,
            Protocol::Ftp => &FTP_FORMS,
        }
    }

    /// Which port goes with which URL, in words.
    pub(crate) fn ports(self) -> &'static str {
        match self {
            Protocol::Smtp => {
                "smtp:// goes with port 25, ?tls=required with 587, smtps:// with 465"
            }
            Protocol::Pop3 => "pop3:// goes with port 110, pop3s:// with 995",
            Protocol::Ftp => "ftp:// goes with port 21, also with ?tls=required at its end",
        }
    }

    /// The flag with which the practice servers take an address for it, and the port at which they
    /// are without it.
    pub(crate) fn practice(self, tls: Tls) -> (&'static str, u16) {
        match (self, tls) {
            (Protocol::Smtp, Tls::FromTheStart) => ("--qq-smtps-addr", 2465),
            (Protocol::Smtp, _) => ("--qq-smtp-addr", 2525),
            (Protocol::Pop3, Tls::FromTheStart) => ("--sina-pop3s-addr", 2996),
            (Protocol::Pop3, _) => ("--sina-pop3-addr", 2111),
            (Protocol::Ftp, _) => ("--ftp-addr", 2121),
        }
    }

    /// The URLs with such TLS, in words.
    pub(crate) fn forms_where(self, fits: impl Fn(Tls) -> bool) -> String {
        let forms = self.forms().iter().filter(|form| fits(form.tls));
        forms.map(|form| form.url("HOST:PORT")).collect::<Vec<_>>().join(", ")
    }
}

impl Form {
    /// The URL with this host, and whatever follows it.
    pub fn url(&self, rest: &str) -> String {
        let query = if self.query.is_empty() { "" } else { "?" };
        format!("{}://{rest}{query}{}", self.scheme, self.query)
    }
}
