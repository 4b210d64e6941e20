//! The addresses in `MAIL` and `RCPT` (RFC 5321 section 4.1.2).

use std::net::{Ipv4Addr, Ipv6Addr};

/// Takes `FROM:<address> parameters` apart; `keyword` is `FROM:` or `TO:`. The address may be
/// empty. The parameters are returned as they stand, with the space before them.
pub fn parse<'a>(argument: &'a str, keyword: &str) -> Option<(String, &'a str)> {
    let start = argument.get(..keyword.len())?;
    if !start.eq_ignore_ascii_case(keyword) {
        return None;
    }
    // Many people put a space here, or leave out `<` and `>`, though the RFC wants it otherwise.
    let path = argument[keyword.len()..].trim_start_matches(' ');
    let (path, parameters, has_brackets) = match path.strip_prefix('<') {
        Some(path) => {
            let end = find_end(path, '>')?;
            (&path[..end], &path[end + 1..], true)
        }
        None => {
            let (path, parameters) = path.split_at(find_end(path, ' ').unwrap_or(path.len()));
            (path, parameters, false)
        }
    };
    if !parameters.is_empty() && !parameters.starts_with(' ') {
        return None;
    }
    // A route before the address no longer means anything (RFC 5321 appendix C).
    let address = match path.strip_prefix('@') {
        Some(route) => route.split_once(':')?.1,
        None => path,
    };
    if (path.is_empty() && has_brackets) || address.eq_ignore_ascii_case("postmaster") {
        return Some((address.into(), parameters));
    }
    Some((parse_address(address)?, parameters))
}

/// Where the first `end` stands that is not in quotes.
fn find_end(path: &str, end: char) -> Option<usize> {
    let mut is_quoted = false;
    let mut is_escaped = false;
    path.find(|character| {
        let ends = character == end && !is_quoted;
        is_quoted ^= character == '"' && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        ends
    })
}

/// Checks `user@domain`, and drops quotes around the user that are not needed: they mean nothing.
pub(crate) fn parse_address(address: &str) -> Option<String> {
    let (user, domain) = address.rsplit_once('@')?;
    let quoted = user.strip_prefix('"').and_then(|user| user.strip_suffix('"'));
    let user = match quoted {
        Some(quoted) if is_user(quoted) => quoted,
        _ => user,
    };
    let is_right = (is_user(user) || quoted.is_some_and(is_quotable)) && is_domain(domain);
    is_right.then(|| format!("{user}@{domain}"))
}

/// Whether this can stand before the `@` without quotes. Real addresses have dots anywhere.
fn is_user(user: &str) -> bool {
    let is_special = |character: char| {
        character.is_whitespace() || character.is_control() || "<>()[],;:\\\"@".contains(character)
    };
    !user.is_empty() && !user.contains(is_special)
}

/// Whether this can stand in quotes: a quote has a backslash before it there.
fn is_quotable(user: &str) -> bool {
    // What is left without the pairs `\\` and `\"`.
    let rest = user.replace(r"\\", "").replace(r#"\""#, "");
    !rest.contains('"') && !rest.ends_with('\\') && !user.contains(char::is_control)
}

/// Whether this is the name of a domain, or an address in brackets (RFC 5321 section 4.1.3).
fn is_domain(domain: &str) -> bool {
    if let Some(literal) = domain.strip_prefix('[').and_then(|domain| domain.strip_suffix(']')) {
        return match literal.get(..5) {
            Some(tag) if tag.eq_ignore_ascii_case("IPv6:") => {
                literal[5..].parse::<Ipv6Addr>().is_ok()
            }
            _ => literal.parse::<Ipv4Addr>().is_ok(),
        };
    }
    let is_plain = |character: char| character.is_alphanumeric() || character == '-';
    let is_label = |label: &str| {
        (1..=63).contains(&label.chars().count())
            && label.chars().all(is_plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.len() <= 255 && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn addresses_as_people_and_programs_write_them() {
        for (argument, address, parameters) in [
            ("FROM:<a@b.example>", "a@b.example", ""),
            ("from: <a@b.example> SIZE=1", "a@b.example", " SIZE=1"),
            ("FROM:a@b.example", "a@b.example", ""),
            ("FROM:  a@b.example SIZE=1", "a@b.example", " SIZE=1"),
            ("FROM:<>", "", ""),
            ("FROM:<\"\"@b.example>", "\"\"@b.example", ""),
            ("FROM:\"a b\"@b.example X", "\"a b\"@b.example", " X"),
            ("FROM:<\"a>\\\"b\"@b.example>", "\"a>\\\"b\"@b.example", ""),
            ("FROM:<\"a\"@b.example>", "a@b.example", ""),
            ("FROM:<a@[192.0.2.1]>", "a@[192.0.2.1]", ""),
            ("FROM:<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]", ""),
            ("FROM:<@c.example,@d.example:a@b.example>", "a@b.example", ""),
            ("FROM:<老师@学校.example>", "老师@学校.example", ""),
            ("FROM:<a..b.@localhost>", "a..b.@localhost", ""),
            ("FROM:PostMaster", "PostMaster", ""),
        ] {
            assert_eq!(parse(argument, "FROM:"), Some((address.into(), parameters)), "{argument}");
        }
    }

    #[test]
    fn what_is_no_address() {
        let paths = r#"a|<a>|<a@b.example|a@b.example>|<a b@b.example>|<a@>|<@b>|A <a@b.example>|
            <a@b.example>x|<a@b..example>|<a@.example>|<a@b.>|<a@-b.example>|<a@b-.example>|
            <a@b_c.example>|<a@b!c>|<a@[192.0.2.999]>|<a@[IPv6:garbage]>|<a@[IPv6:]>|<a@[]>|<a@[x|
            <a@b.example,>|<"a@b.example>|<"a"b"@b.example>|<"a\"@b.example>|<<a@b.example>>|
            <@c.example>"#;
        for path in paths.split('|').map(str::trim_start).chain(["", " "]) {
            assert_eq!(parse(&format!("FROM:{path}"), "FROM:"), None, "{path}");
        }
    }
}
