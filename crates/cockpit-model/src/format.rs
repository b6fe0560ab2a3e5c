//! Syntax checks of values, shared by the configuration file, the flags and the variables.

/// Whether a text has the syntax of a region (`ap-northeast-1`, `us-gov-west-1`). There is no list, because AWS adds
/// regions.
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

/// Whether a text is `http://…` or `https://…` with a host, and contains no whitespace or control characters.
pub fn is_url(text: &str) -> bool {
    let http = text.starts_with("http://") || text.starts_with("https://");
    let Some(host) = host_and_port(text).filter(|_| http) else { return false };
    // A colon within brackets is part of an IPv6 address.
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    };
    let valid_name = !name.is_empty() && name.starts_with('[') == name.ends_with(']');
    let valid_port = port.is_none_or(|port| port.parse::<u16>().is_ok());
    valid_name && valid_port && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Whether a text is an account id: 12 digits.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.chars().all(|c| c.is_ascii_digit())
}

/// Returns host and port of a URL, without user and password.
pub fn host_and_port(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit('@').next()
}

/// Returns a URL without user and password, for display.
pub fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    // A password may contain these characters unencoded: drop everything before an @.
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
    fn no_part_of_a_password_is_shown() {
        for url in ["http://ada:hush@p:1", "http://ada:hush#2@p:1", "http://ada:h@hush/2@p:1", "http://ada:?hush@p:1"] {
            assert_eq!(without_user(url), "http://p:1", "{url}");
        }
        assert_eq!(without_user("https://p:1/path?x#y"), "https://p:1/path?x#y");
    }

    #[test]
    fn regions_urls_and_accounts_are_validated() {
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
