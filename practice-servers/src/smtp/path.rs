//! The addresses in `MAIL` and `RCPT` (RFC 5321 section 4.1.2).

use std::net::Ipv4Addr;

/// Takes `FROM:<address> parameters` apart; `keyword` is `FROM:` or `TO:`. The address may be
/// empty. The parameters are returned as they stand, with the space before them.
pub fn parse<'a>(argument: &'a str, keyword: &str) -> Option<(String, &'a str)> {
    let start = argument.get(..keyword.len())?;
    if !start.eq_ignore_ascii_case(keyword) {
        return None;
    }
    // Many clients put a space here, though the RFC has none.
    let path = argument[keyword.len()..].trim_start().strip_prefix('<')?;
    let end = find_end(path)?;
    let (path, parameters) = (&path[..end], &path[end + 1..]);
    if !parameters.is_empty() && !parameters.starts_with(' ') {
        return None;
    }
    // A route before the address no longer means anything (RFC 5321 appendix C).
    let address = match path.strip_prefix('@') {
        Some(route) => route.split_once(':')?.1,
        None => path,
    };
    if address.is_empty() || address.eq_ignore_ascii_case("postmaster") {
        return Some((address.into(), parameters));
    }
    Some((parse_address(address)?, parameters))
}

/// The place of the `>` that ends the path: the first one that does not stand in quotes.
fn find_end(path: &str) -> Option<usize> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    path.find(|character| {
        let ends = character == '>' && !is_quoted;
        is_quoted ^= character == '"' && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        ends
    })
}

/// Checks `user@domain`, and drops quotes around the user that are not needed: they mean nothing.
fn parse_address(address: &str) -> Option<String> {
    let (user, domain) = address.rsplit_once('@')?;
    let quoted = user.strip_prefix('"').and_then(|user| user.strip_suffix('"'));
    let user = match quoted {
        Some(quoted) if is_name(quoted) => quoted,
        _ => user,
    };
    // An address in brackets stands for a domain (RFC 5321 section 4.1.3).
    let literal = domain.strip_prefix('[').and_then(|domain| domain.strip_suffix(']'));
    let is_domain = match literal {
        Some(literal) => literal.parse::<Ipv4Addr>().is_ok() || literal.starts_with("IPv6:"),
        None => is_name(domain),
    };
    let is_right = (1..=64).contains(&user.len())
        && (1..=255).contains(&domain.len())
        && (is_name(user) || quoted.is_some())
        && is_domain;
    is_right.then(|| format!("{user}@{domain}"))
}

fn is_name(name: &str) -> bool {
    !name.contains(|character: char| {
        character.is_whitespace() || "<>()[],;:\\\"@".contains(character)
    })
}
