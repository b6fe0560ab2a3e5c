//! The proxy that a request goes through, as messages name it: what it does wrong is not the fault of AWS.

use crate::model::format::without_user;
use ssm_tunnel::Proxy;

/// The variables that name one for TLS, in the order in which they are looked at.
const VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// The proxy that a request to this endpoint goes through, with the variable that names it: ``the proxy `http://p:3128`
/// (HTTPS_PROXY)``. None for an endpoint without TLS, and for hosts of `NO_PROXY`. Without an endpoint it is one of AWS.
pub(super) fn proxy_of(endpoint: Option<&str>, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let (host, port) = match endpoint {
        Some(endpoint) => {
            let rest = endpoint.strip_prefix("https://")?;
            let authority = rest.split(['/', '?']).next().unwrap_or_default();
            let with_port = authority.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
            with_port.unwrap_or((authority, 443))
        }
        None => ("amazonaws.com", 443),
    };
    let (name, url) = VARIABLES.iter().find_map(|name| Some((*name, variable(name).filter(|url| !url.is_empty())?)))?;
    let serves = Proxy::of_environment(&variable)?.serves(host, port);
    serves.then(|| format!("the proxy `{}` ({name})", without_user(&url)))
}

/// Whether no host at all is reached through one. The HTTP client hears `*` among names only, and not for addresses.
pub(super) fn is_off(variable: impl Fn(&str) -> Option<String>) -> bool {
    let lists = ["no_proxy", "NO_PROXY"].into_iter().find_map(variable);
    lists.is_some_and(|list| list.split([',', ' ']).any(|part| part.trim() == "*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<'a>(variables: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn a_proxy_is_named_with_its_variable_and_without_its_password() {
        let variables = [("HTTPS_PROXY", "http://user:secret@proxy.test:3128"), ("NO_PROXY", ".internal,10.0.0.1")];
        let named = |endpoint| proxy_of(endpoint, with(&variables));
        let said = named(None).unwrap();
        assert!(said.contains("proxy.test:3128") && said.contains("(HTTPS_PROXY)"), "{said}");
        assert!(!said.contains("secret"), "{said}");
        assert!(named(Some("https://ecs.eu-west-1.amazonaws.com")).is_some());
        for without in ["http://127.0.0.1:4566", "https://ecs.internal:443/x", "https://10.0.0.1:8443"] {
            assert_eq!(named(Some(without)), None, "{without}");
        }
        assert_eq!(proxy_of(None, with(&[])), None);
    }

    #[test]
    fn an_asterisk_switches_the_proxy_off() {
        assert!(is_off(with(&[("NO_PROXY", "localhost, *")])));
        assert!(!is_off(with(&[("NO_PROXY", "*.internal")])));
        assert_eq!(proxy_of(None, with(&[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "*")])), None);
    }
}
