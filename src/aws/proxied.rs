//! The proxy that a request goes through, as messages name it: what it does wrong is not the fault of AWS.

use crate::model::format::without_user;
use ssm_tunnel::Proxy;

/// Where nothing can listen. What cannot be used is not passed by: what goes past a proxy would be where it must not be.
const NOWHERE: &str = "http://127.0.0.1:0";

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
    let proxy = Proxy::of_environment(&variable).filter(|proxy| proxy.serves(host, port))?;
    let name = proxy.variable()?;
    let set = variable(name)?;
    let why = if Proxy::parse(&set).is_some() { "" } else { ": such an address cannot be used" };
    Some(format!("the proxy `{}` ({name}{why})", without_user(&address(&set))))
}

/// A proxy as it is set, with its scheme.
fn address(set: &str) -> String {
    if set.contains("://") { set.to_owned() } else { format!("http://{set}") }
}

/// The address of the proxy for TLS as it is set, and the hosts that are reached without it, as the HTTP client reads them (it knows
/// no ports, `*.` and blanks): the choice of the WebSockets of sessions, as its own would prefer `HTTPS_PROXY` to `https_proxy`. None
/// where no host at all is reached through one: it hears `*` among names only, and not for addresses.
pub(super) fn chosen(variable: impl Fn(&str) -> Option<String>) -> Option<(String, String)> {
    let proxy = Proxy::of_environment(&variable)?;
    let url = variable(proxy.variable()?)?;
    let url = if Proxy::parse(&url).is_some() { address(&url) } else { NOWHERE.to_owned() };
    let except = proxy.excepted(443);
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
    fn a_proxy_is_named_with_its_variable_and_without_its_password() {
        let variables = [("HTTPS_PROXY", "http://user:secret@proxy.test:3128"), ("NO_PROXY", ".internal,10.0.0.1")];
        let named = |endpoint| proxy_of(endpoint, with(&variables));
        let said = named(None).unwrap();
        assert!(said.contains("proxy.test:3128") && said.contains("(HTTPS_PROXY)"), "{said}");
        assert!(!said.contains("secret"), "{said}");
        assert!(named(Some("https://ecs.eu-west-1.amazonaws.com")).is_some());
        let said = proxy_of(None, with(&[("HTTPS_PROXY", "user:secret@proxy.test:3128")])).unwrap();
        assert!(said.contains("proxy.test:3128") && !said.contains("secret"), "{said}");
        for without in ["http://127.0.0.1:4566", "https://ecs.internal:443/x", "https://10.0.0.1:8443"] {
            assert_eq!(named(Some(without)), None, "{without}");
        }
        assert_eq!(proxy_of(None, with(&[])), None);
    }

    #[test]
    fn the_variable_in_small_letters_comes_first_and_an_empty_one_is_not_set() {
        for (variables, url, name) in [
            (vec![("https_proxy", "http://a:1"), ("HTTPS_PROXY", "http://b:1")], "http://a:1", "https_proxy"),
            (vec![("https_proxy", ""), ("HTTPS_PROXY", "b:1")], "http://b:1", "HTTPS_PROXY"),
            (vec![("https_proxy", ""), ("HTTPS_PROXY", ""), ("all_proxy", "http://c:1")], "http://c:1", "all_proxy"),
        ] {
            let variables = [variables, vec![("no_proxy", ""), ("NO_PROXY", "internal")]].concat();
            let asked = chosen(with(&variables));
            assert_eq!(asked, Some((url.to_owned(), "internal".to_owned())), "{variables:?}");
            let said = proxy_of(None, with(&variables)).unwrap();
            assert!(said.contains(&format!("({name})")), "{said}");
        }
        let none = [("https_proxy", ""), ("ALL_PROXY", "")];
        assert_eq!((chosen(with(&none)), proxy_of(None, with(&none))), (None, None));
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_not_passed_by_and_is_told() {
        for url in ["socks5://ada:hush@p:1", "ftp://p:1", "http://ada:hush#2@p:1", "http://ada:hu/sh@p:1"] {
            let set = [("HTTPS_PROXY", url)];
            assert_eq!(chosen(with(&set)), Some((NOWHERE.to_owned(), String::new())), "{url}");
            let said = proxy_of(None, with(&set)).unwrap();
            assert!(said.contains("(HTTPS_PROXY: such an address cannot be used)") && !said.contains("hu"), "{said}");
        }
    }

    #[test]
    fn the_http_client_is_given_the_hosts_without_a_proxy_as_it_reads_them() {
        for (set, given) in [
            ("localhost  *.internal,.corp , 10.0.0.0/8", "localhost,internal,corp,10.0.0.0/8"),
            ("*.internal, .corp [::1]:443,db.test:8443,ECS.test:443", "internal,corp,::1,ecs.test"),
        ] {
            let (_, except) = chosen(with(&[("HTTPS_PROXY", "p:1"), ("NO_PROXY", set)])).unwrap();
            assert_eq!(except, given, "{set}");
        }
    }

    #[test]
    fn an_asterisk_switches_the_proxy_off() {
        let off = |list| chosen(with(&[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", list)])).is_none();
        assert!(off("localhost, *") && !off("*.internal"));
        assert_eq!(proxy_of(None, with(&[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "*")])), None);
    }
}
