//! URLs, as far as the lessons need them.

use std::fmt::{self, Display, Formatter};
use std::net::IpAddr;

use crate::config::{Checked, check_addr, keep};

/// A URL (RFC 3986), taken apart.
#[derive(Default)]
pub struct Url {
    /// All of it, as it was given.
    pub text: String,
    /// The name or address of the host.
    pub host: String,
    /// The port, or the one that goes with the scheme.
    pub port: u16,
    /// What stands behind the host, decoded, without the first `/`.
    pub path: String,
    /// Whether nothing goes over the network before TLS has begun, but for the question whether it may.
    pub is_secure: bool,
}

impl Url {
    /// Host and port, to be looked up with [`resolve`](crate::resolve).
    pub fn addr(&self) -> String {
        match self.is_ipv6() {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }

    /// Whether this machine itself is meant.
    pub fn is_loopback(&self) -> bool {
        let addr = self.host.parse::<IpAddr>();
        addr.map_or(self.host == "localhost", |addr| addr.is_loopback())
    }

    fn is_ipv6(&self) -> bool {
        self.host.split_once(':').is_some()
    }
}

impl Display for Url {
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Takes a URL apart whose scheme is `plain`, or `secure` for TLS from the start.
pub(crate) fn parse_url(text: &str, plain: &str, secure: &str, url: &mut Url) -> Checked {
    let (scheme, rest) = text.split_once(':').unwrap_or_default();
    let rest = match rest.strip_prefix("//") {
        Some(rest) if scheme == plain || scheme == secure => rest,
        _ => return Err(format!("it does not begin with {plain}:// or {secure}://")),
    };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (addr, path) = rest.split_once('/').unwrap_or((rest, ""));
    if addr.split_once('@').is_some() {
        return Err("users and passwords have settings of their own".into());
    }
    let starts_in_tls = scheme != plain;
    url.is_secure = match query {
        "" => starts_in_tls,
        "tls=required" if plain != "pop3" && !starts_in_tls => true,
        "tls=opportunistic" if plain == "smtp" && !starts_in_tls => false,
        _ => return Err("what follows the ? means nothing here".into()),
    };
    let standard = match scheme {
        "smtps" => "465",
        "smtp" if query.is_empty() => "25",
        "smtp" => "587",
        "pop3s" => "995",
        "pop3" => "110",
        _ => "21",
    };
    let mut addr = addr.to_string();
    if addr.ends_with(']') || addr.split_once(':').is_none() {
        addr = addr + ":" + standard;
    }
    url.port = check_addr(&addr)?;
    let host = &addr[..addr.len() - last(&addr, ':').len() - 1];
    let inside = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    url.host = inside.unwrap_or(host).into();
    url.path = decode(path)?;
    if url.port == 0 {
        return Err("port 0 is for servers".into());
    }
    if plain != "ftp" && !path.is_empty() {
        return Err("nothing can follow the port".into());
    }
    if plain == "smtp" && url.is_ipv6() {
        return Err("give an IPv6 address a name, such as localhost".into());
    }
    keep(text, &mut url.text)
}

/// Puts the characters in for which `%E4%BD%A0` and the like stand (RFC 3986 section 2.1).
fn decode(path: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let [byte, after @ ..] = rest {
        let digit = |index: usize| char::from(*after.get(index)?).to_digit(16);
        rest = after;
        let mut byte = *byte;
        if byte == b'%'
            && let (Some(high), Some(low)) = (digit(0), digit(1))
        {
            byte = (16 * high + low) as u8;
            rest = &after[2..];
        }
        bytes.push(byte);
    }
    let path = String::from_utf8(bytes).map_err(|_| "the path is not UTF-8")?;
    match path.chars().any(char::is_control) {
        true => Err("the path has a control character in it".into()),
        false => Ok(path),
    }
}

/// What stands behind the last `mark`; all of it, if there is none.
pub(crate) fn last(text: &str, mark: char) -> &str {
    let mut last = text;
    while let Some((_, rest)) = last.split_once(mark) {
        last = rest;
    }
    last
}
