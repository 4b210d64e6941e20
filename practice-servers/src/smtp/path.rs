//! The addresses in `MAIL` and `RCPT` (RFC 5321 section 4.1.2).

use lettre::Address;

/// Takes `FROM:<address> parameters` apart; `keyword` is `FROM:` or `TO:`. The address may be
/// empty. The parameters are returned as they stand, with the space before them.
pub(crate) fn parse<'a>(argument: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let (start, path) = argument.split_at_checked(keyword.len())?;
    if !start.eq_ignore_ascii_case(keyword) {
        return None;
    }
    // Many people put a space here, or leave out `<` and `>`, though the RFC wants it otherwise.
    let path = path.trim_start_matches(' ');
    let (address, parameters) = match path.strip_prefix('<') {
        Some(path) => {
            let end = find_end(path, '>')?;
            (&path[..end], &path[end + 1..])
        }
        None => path.split_at(find_end(path, ' ').unwrap_or(path.len())),
    };
    let is_nobody = address.is_empty() && path.starts_with('<');
    let is_right = is_nobody || address.eq_ignore_ascii_case("postmaster") || is_address(address);
    let is_whole = parameters.is_empty() || parameters.starts_with(' ');
    (is_right && is_whole).then_some((address, parameters))
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

/// Whether this is `user@domain`, as lettre understands it.
pub(crate) fn is_address(address: &str) -> bool {
    address.parse::<Address>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn addresses_as_people_and_programs_write_them() {
        for (argument, address, parameters) in [
            ("FROM:<a@b.example>", "a@b.example", ""),
            ("from: <a@b.example> SIZE=1", "a@b.example", " SIZE=1"),
            ("FROM:  a@b.example SIZE=1", "a@b.example", " SIZE=1"),
            ("FROM:<>", "", ""),
            ("FROM:\"a b\"@b.example X", "\"a b\"@b.example", " X"),
            ("FROM:<\"a>\\\"b\"@b.example>", "\"a>\\\"b\"@b.example", ""),
            ("FROM:<a@[192.0.2.1]>", "a@[192.0.2.1]", ""),
            ("FROM:<老师@学校.example>", "老师@学校.example", ""),
            ("FROM:PostMaster", "PostMaster", ""),
        ] {
            assert_eq!(parse(argument, "FROM:"), Some((address, parameters)), "{argument}");
        }
    }

    #[test]
    fn what_is_no_address() {
        let paths = "| |a|<a>|<a@b.example|a@b.example>|<a b@b.example>|<a@>|<@b>|A <a@b.example>|\
                     <a@b.example>x|<a@b..example>|<a@-b.example>|<a@[x|<a@b.example,>|\
                     <\"a@b.example>|<\"a\"b\"@b.example>|<<a@b.example>>|<@c.example>";
        for path in paths.split('|') {
            assert_eq!(parse(&format!("FROM:{path}"), "FROM:"), None, "{path}");
        }
    }
}
