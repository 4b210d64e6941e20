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

/// What differs between the protocols.
pub(crate) struct Facts {
    /// The settings of an account.
    pub url: &'static str,
    pub user: &'static str,
    pub password: &'static str,
    /// The URLs that an account can have, the safest last.
    pub forms: &'static [Form],
    /// Which port goes with which URL, in words.
    pub ports: &'static str,
    /// What to check when the login fails.
    pub login: &'static str,
    /// How an account that has no TLS gets it.
    pub ask_for_tls: &'static str,
}

/// A URL that an account can have.
pub(crate) struct Form {
    pub scheme: &'static str,
    pub query: &'static str,
    /// When TLS begins then.
    pub tls: Tls,
    /// The port where the URL gives none.
    pub port: u16,
    /// The flag with which the practice servers take an address for it, and the port at which they
    /// are without it.
    pub practice: (&'static str, u16),
}

static SMTP: Facts = Facts {
    url: "LESSON_SMTP_URL",
    user: "LESSON_SMTP_USER",
    password: "LESSON_SMTP_PASSWORD",
    forms: &[
        form("smtp", "", Tls::Never, 25, ("--qq-smtp-addr", 2525)),
        form("smtp", "tls=opportunistic", Tls::IfOffered, 587, ("--qq-smtp-addr", 2525)),
        form("smtp", "tls=required", Tls::Required, 587, ("--qq-smtp-addr", 2525)),
        form("smtps", "", Tls::FromTheStart, 465, ("--qq-smtps-addr", 2465)),
    ],
    ports: "smtp:// goes with port 25, ?tls=required with 587, smtps:// with 465",
    login: "check LESSON_SMTP_USER and LESSON_SMTP_PASSWORD: a real provider wants its \
            authorization code there",
    ask_for_tls: "put ?tls=required at the end of LESSON_SMTP_URL",
};
static POP3: Facts = Facts {
    url: "LESSON_POP3_URL",
    user: "LESSON_POP3_USER",
    password: "LESSON_POP3_PASSWORD",
    forms: &[
        form("pop3", "", Tls::Never, 110, ("--sina-pop3-addr", 2111)),
        form("pop3s", "", Tls::FromTheStart, 995, ("--sina-pop3s-addr", 2996)),
    ],
    ports: "pop3:// goes with port 110, pop3s:// with 995",
    login: "check LESSON_POP3_USER and LESSON_POP3_PASSWORD: a real provider wants its \
            authorization code there",
    ask_for_tls: "begin LESSON_POP3_URL with pop3s://, and end it with :995 (:2996 at the practice \
                  servers)",
};
static FTP: Facts = Facts {
    url: "LESSON_FTP_URL",
    user: "LESSON_FTP_USER",
    password: "LESSON_FTP_PASSWORD",
    forms: &[
        form("ftp", "", Tls::Never, 21, ("--ftp-addr", 2121)),
        form("ftp", "tls=required", Tls::Required, 21, ("--ftp-addr", 2121)),
    ],
    ports: "ftp:// goes with port 21, also with ?tls=required at its end",
    login: "check LESSON_FTP_USER and LESSON_FTP_PASSWORD",
    ask_for_tls: "put ?tls=required at the end of LESSON_FTP_URL",
};

const fn form(
    scheme: &'static str,
    query: &'static str,
    tls: Tls,
    port: u16,
    practice: (&'static str, u16),
) -> Form {
    Form { scheme, query, tls, port, practice }
}

impl Protocol {
    pub(crate) fn facts(self) -> &'static Facts {
        match self {
            Protocol::Smtp => &SMTP,
            Protocol::Pop3 => &POP3,
            Protocol::Ftp => &FTP,
        }
    }

    /// Whether the user is the one whom every FTP server that is open to all knows, and who by
    /// custom gives some mail address for a password (RFC 1635).
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
        let mut safest_first = self.facts().forms.iter().rev();
        let form = match port {
            Some(port) => safest_first.find(|form| form.port == port),
            None if self == Protocol::Ftp => None,
            None => safest_first.next(),
        };
        let meant = form.unwrap_or(&self.facts().forms[0]).url(rest);
        let url = Url::parse(&meant).ok()?;
        let is_clear = !login.contains('/') && Host::parse(url.host_str()?).is_ok();
        is_clear.then_some(meant)
    }

    /// The URLs with such TLS, in words.
    pub(crate) fn forms_where(self, fits: impl Fn(Tls) -> bool) -> String {
        let place = if self == Protocol::Ftp { "HOST:PORT/DIR/FILE" } else { "HOST:PORT" };
        let forms = self.facts().forms.iter().filter(|form| fits(form.tls));
        forms.map(|form| form.url(place)).collect::<Vec<_>>().join(", ")
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
