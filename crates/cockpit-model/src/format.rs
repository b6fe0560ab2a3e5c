//! The forms of values, shared by the file, the flags and the variables.

/// Whether a text has the form of a region (`ap-northeast-1`, `us-gov-west-1`): not the list, because AWS adds regions.
pub fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lower = |part: &&str| part.len() >= 2 && part.chars().all(|c| c.is_ascii_lowercase());
    match parts.as_slice() {
        [words @ .., number] => {
            words.len() >= 2
                && words.iter().all(lower)
                && (1..=2).contains(&number.len())
                && number.chars().all(|c| c.is_ascii_digit())
        }
        [] => false,
    }
}

/// `http://…` or `https://…` with a host and nothing that ends a line.
pub fn is_url(text: &str) -> bool {
    let http = text.starts_with("http://") || text.starts_with("https://");
    let Some(host) = host_and_port(text).filter(|_| http) else { return false };
    // A colon within brackets is of an address of IPv6.
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    };
    let whole = !name.is_empty() && name.starts_with('[') == name.ends_with(']');
    let known = port.is_none_or(|port| port.parse::<u16>().is_ok());
    whole && known && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Whether it is an account's id: 12 digits.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.chars().all(|c| c.is_ascii_digit())
}

/// Host and port of a URL, without a user and a password.
pub fn host_and_port(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit('@').next()
}

/// A URL without the user and the password in it, to be shown.
pub fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    // One of these may stand in a password as it is: nothing before an @ is shown.
    if let Some((_, host)) = path.rsplit_once('@') {
        return format!("{scheme}://{host}");
    }
    let host = authority.rsplit('@').next().unwrap_or(authority);
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_of_a_password_is_shown_whatever_stands_in_it() {
        for url in ["http://ada:hush@p:1", "http://ada:hush#2@p:1", "http://ada:h@hush/2@p:1", "http://ada:?hush@p:1"] {
            assert_eq!(without_user(url), "http://p:1", "{url}");
        }
        assert_eq!(without_user("https://p:1/path?x#y"), "https://p:1/path?x#y");
    }

    #[test]
    fn regions_urls_and_accounts_are_told_from_what_only_looks_like_them() {
        for good in ["ap-northeast-1", "us-east-1", "us-gov-west-1", "cn-north-1", "us-isob-east-1"] {
            assert!(is_region(good), "{good}");
        }
        for bad in ["", "tokyo", "ap_northeast_1", "ap-northeast", "AP-NORTHEAST-1", "ap-northeast-1a", "-1", "a-b-1"] {
            assert!(!is_region(bad), "{bad}");
        }
        assert!(
            is_url("http://127.0.0.1:4566")
                && is_url("https://[::1]:1/x")
                && !is_url("127.0.0.1")
                && !is_url("http://")
        );
        assert!(is_account("123456789012") && !is_account("12345678901") && !is_account("１２３４５６７８９０１２"));
    }
}
