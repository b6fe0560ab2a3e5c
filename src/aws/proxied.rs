//! The proxy of a request, as named in messages: its failures are not those of AWS.

use crate::model::format::without_user;
use ssm_tunnel::Proxy;

/// An address at which nothing can listen. An unusable proxy is not bypassed: requests must not take another route.
const NOWHERE: &str = "http://127.0.0.1:0";

/// Returns the proxy for requests to this endpoint, with the variable that names it: ``the proxy `http://p:3128`
/// (HTTPS_PROXY)``. `None` for an endpoint without TLS, and for hosts in `NO_PROXY`. No endpoint means AWS itself.
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
    let proxy = Proxy::of_environment(&variable).filter(|proxy| proxy.applies_to(host, port))?;
    let name = proxy.variable()?;
    let set = variable(name)?;
    let why = if Proxy::parse(&set).is_some() { "" } else { ": such an address cannot be used" };
    Some(format!("the proxy `{}` ({name}{why})", without_user(&address(&set))))
}

/// A proxy's configured address, with its scheme.
fn address(set: &str) -> String {
    if set.contains("://") { set.to_owned() } else { format!("http://{set}") }
}

/// Returns the configured address of the proxy for TLS, and the hosts reached without it, in the syntax of the HTTP client
/// (which has no ports, `*.` and blanks). The choice equals that of the sessions' WebSockets; the client itself would prefer
/// `HTTPS_PROXY` to `https_proxy`. `None` if no host is reached through a proxy: the client applies `*` only to names, not to
/// addresses.
pub(super) fn https_proxy(variable: impl Fn(&str) -> Option<String>) -> Option<(String, String)> {
    let proxy = Proxy::of_environment(&variable)?;
    let url = variable(proxy.variable()?)?;
    let url = if Proxy::parse(&url).is_some() { address(&url) } else { NOWHERE.to_owned() };
    let except = proxy.no_proxy_list(443);
    let none = except.split(',').any(|part| part == "*");
    (!none).then_some((url, except))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<'a>(variables: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn proxy_is_named_with_its_variable_and_without_its_password() {
        let variables = [("HTTPS_PROXY", "http://user:secret@proxy.test:3128"), ("NO_PROXY", ".internal,10.0.0.1")];
        let named = |endpoint| proxy_of(endpoint, with(&variables));
        let proxy = named(None).unwrap();
        assert!(proxy.contains("proxy.test:3128") && proxy.contains("(HTTPS_PROXY)"), "{proxy}");
        assert!(!proxy.contains("secret"), "{proxy}");
        assert!(named(Some("https://ecs.eu-west-1.amazonaws.com")).is_some());
        let proxy = proxy_of(None, with(&[("HTTPS_PROXY", "user:secret@proxy.test:3128")])).unwrap();
        assert!(proxy.contains("proxy.test:3128") && !proxy.contains("secret"), "{proxy}");
        for without in ["http://127.0.0.1:4566", "https://ecs.internal:443/x", "https://10.0.0.1:8443"] {
            assert_eq!(named(Some(without)), None, "{without}");
        }
        assert_eq!(proxy_of(None, with(&[])), None);
    }

    #[test]
    fn lowercase_variable_takes_precedence_and_an_empty_one_is_unset() {
        for (variables, url, name) in [
            (vec![("https_proxy", "http://a:1"), ("HTTPS_PROXY", "http://b:1")], "http://a:1", "https_proxy"),
            (vec![("https_proxy", ""), ("HTTPS_PROXY", "b:1")], "http://b:1", "HTTPS_PROXY"),
            (vec![("https_proxy", ""), ("HTTPS_PROXY", ""), ("all_proxy", "http://c:1")], "http://c:1", "all_proxy"),
        ] {
            let variables = [variables, vec![("no_proxy", ""), ("NO_PROXY", "internal")]].concat();
            let proxy = https_proxy(with(&variables));
            assert_eq!(proxy, Some((url.to_owned(), "internal".to_owned())), "{variables:?}");
            let proxy = proxy_of(None, with(&variables)).unwrap();
            assert!(proxy.contains(&format!("({name})")), "{proxy}");
        }
        let none = [("https_proxy", ""), ("ALL_PROXY", "")];
        assert_eq!((https_proxy(with(&none)), proxy_of(None, with(&none))), (None, None));
    }

    #[test]
    fn unusable_proxy_is_reported_and_not_bypassed() {
        for url in ["socks5://ada:hush@p:1", "ftp://p:1", "http://ada:hush#2@p:1", "http://ada:hu/sh@p:1"] {
            let set = [("HTTPS_PROXY", url)];
            assert_eq!(https_proxy(with(&set)), Some((NOWHERE.to_owned(), String::new())), "{url}");
            let proxy = proxy_of(None, with(&set)).unwrap();
            assert!(
                proxy.contains("(HTTPS_PROXY: such an address cannot be used)") && !proxy.contains("hu"),
                "{proxy}"
            );
        }
    }

    #[test]
    fn http_client_gets_the_no_proxy_hosts_in_its_own_syntax() {
        for (set, given) in [
            ("localhost  *.internal,.corp , 10.0.0.0/8", "localhost,internal,corp,10.0.0.0/8"),
            ("*.internal, .corp [::1]:443,db.test:8443,ECS.test:443", "internal,corp,::1,ecs.test"),
        ] {
            let (_, except) = https_proxy(with(&[("HTTPS_PROXY", "p:1"), ("NO_PROXY", set)])).unwrap();
            assert_eq!(except, given, "{set}");
        }
    }

    #[test]
    fn asterisk_disables_the_proxy() {
        let off = |list| https_proxy(with(&[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", list)])).is_none();
        assert!(off("localhost, *") && !off("*.internal"));
        assert_eq!(proxy_of(None, with(&[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "*")])), None);
    }
}
