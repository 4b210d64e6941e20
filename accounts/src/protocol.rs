//! The protocols: what differs between them.

use url::{Host, Url};

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

    /// How an account that has no TLS gets it, in words.
    pub(crate) fn ask_for_tls(self) -> &'static str {
        match self {
            Protocol::Smtp | Protocol::Ftp => "put ?tls=required at the end of {url}",
            Protocol::Pop3 => {
                "begin {url} with pop3s://, and end it with :995 (:2996 at the practice servers)"
            }
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

    /// Whether the user is the one whom every FTP server that is open to all knows, and who by custom
    /// gives some mail address for a password (RFC 1635).
    pub(crate) fn is_anonymous(self, user: &str) -> bool {
        self == Protocol::Ftp && user == "anonymous"
    }

    /// The URL that is meant by HOST:PORT, if that is clear. What stands before an `@` may be a
    /// password.
    pub(crate) fn url_of(self, text: &str) -> Option<String> {
        let text = text.replace('：', ":").replace('\\', "/");
        let (login, text) = text.rsplit_once('@').unwrap_or(("", &text));
        let rest = match text.split_once("//") {
            Some((scheme, rest)) if !scheme.contains(['.', '/']) => rest,
            _ => text,
        };
        let authority = rest.split('/').next().unwrap_or_default();
        let port = authority.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        let mut safest_first = self.forms().iter().rev();
        let form = match port {
            Some(port) => safest_first.find(|form| form.port == port),
            None if self == Protocol::Ftp => None,
            None => safest_first.next(),
        };
        let meant = form.unwrap_or(&self.forms()[0]).url(rest);
        let url = Url::parse(&meant).ok()?;
        let is_clear = !login.contains('/') && Host::parse(url.host_str()?).is_ok();
        is_clear.then_some(meant)
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

#[cfg(test)]
mod tests {
    use super::Protocol::{Ftp, Pop3, Smtp};

    #[test]
    fn the_url_that_is_meant() {
        for (protocol, text, url) in [
            (Smtp, "smtp.163.example", "smtps://smtp.163.example"),
            (Smtp, "smtp.163.example:465", "smtps://smtp.163.example:465"),
            (Smtp, "smtp.163.example:587", "smtp://smtp.163.example:587?tls=required"),
            (Smtp, "127.0.0.1:2525", "smtp://127.0.0.1:2525"),
            (Smtp, "me:s3cret@smtp.163.example:465", "smtps://smtp.163.example:465"),
            (Smtp, "//smtp.163.example", "smtps://smtp.163.example"),
            (Smtp, "smtps：\\\\smtp.163.example：465", "smtps://smtp.163.example:465"),
            (Smtp, "[::1]:465", "smtps://[::1]:465"),
            (Pop3, "pop.163.example", "pop3s://pop.163.example"),
            (Ftp, "ftp.example/pub//a.txt", "ftp://ftp.example/pub//a.txt"),
            (Ftp, "ftp.example:21/a.txt", "ftp://ftp.example:21/a.txt?tls=required"),
        ] {
            assert_eq!(protocol.url_of(text).as_deref(), Some(url));
        }
        // Nobody can tell what is meant, or where a password ends.
        for text in ["", "::1", "smtp:smtp.163.example", "me:s3/cret@smtp.163.example:465"] {
            assert_eq!(Smtp.url_of(text), None, "{text}");
        }
    }
}
