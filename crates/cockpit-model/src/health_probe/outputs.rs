//! Where Terraform says that an environment is reached: outputs of its units that are addresses of the web.

use super::declared::plain;
use crate::infra::state::Output;

/// Outputs that name the site, the most telling first: a URL, the site's own name.
const SITE: &[&str] = &["website_url", "site_url", "app_url", "url", "domain_name", "website_domain"];
/// Outputs that name a load balancer or a distribution, which a site without a name of its own is reached by.
const BALANCER: &[&str] = &["alb_dns_name", "load_balancer_dns_name", "lb_dns_name", "cloudfront_domain_name"];

/// An address that an output names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    pub unit: String,
    pub output: String,
    /// The host, without scheme, port and path.
    pub host: String,
    /// Whether it is the name of a load balancer or a distribution, and not one of the site's.
    pub balancer: bool,
}

/// The addresses that the outputs of a unit name, those of the site before those of load balancers. What is sensitive is
/// not looked at.
pub fn named(unit: &str, outputs: &[Output]) -> Vec<Named> {
    let mut found: Vec<Named> = Vec::new();
    for (names, balancer) in [(SITE, false), (BALANCER, true)] {
        for name in names {
            let output = outputs.iter().find(|output| output.name == *name && !output.sensitive);
            let Some(host) = output.and_then(|output| host(output.value.as_str()?)) else { continue };
            if found.iter().all(|other| other.host != host) {
                found.push(Named { unit: unit.to_owned(), output: (*name).to_owned(), host, balancer });
            }
        }
    }
    found
}

/// The names of the site.
pub fn sites(named: &[Named]) -> Vec<String> {
    hosts(named, false)
}

/// The names of its load balancers and distributions.
pub fn balancers(named: &[Named]) -> Vec<String> {
    hosts(named, true)
}

fn hosts(named: &[Named], balancer: bool) -> Vec<String> {
    let mut hosts: Vec<String> = Vec::new();
    for one in named.iter().filter(|one| one.balancer == balancer) {
        if !hosts.contains(&one.host) {
            hosts.push(one.host.clone());
        }
    }
    hosts
}

/// The host of a URL or of a bare name; none where it is neither.
fn host(text: &str) -> Option<String> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#']).next()?;
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let host = rest.split_once(':').map_or(rest, |(host, _)| host);
    let label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    // A name without a dot is not one of the web; "not configured" is none, either.
    let name = host.trim_end_matches('.');
    (name.contains('.') && name.split('.').all(label)).then(|| plain(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn output(name: &str, value: serde_json::Value) -> Output {
        Output { name: name.into(), sensitive: false, value, kind: json!("string") }
    }

    #[test]
    fn a_website_and_the_name_of_its_load_balancer_are_told_apart() {
        let outputs = [
            output("alb_dns_name", json!("web-1.ap-northeast-1.elb.amazonaws.com")),
            output("website_url", json!("https://Bookmarks.example.com:443/start?x#y")),
            output("domain_name", json!("bookmarks.example.com")),
        ];
        let found = named("compute", &outputs);
        assert_eq!(sites(&found), ["bookmarks.example.com"], "{found:?}");
        assert_eq!((found[0].unit.as_str(), found[0].output.as_str()), ("compute", "website_url"));
        assert_eq!(balancers(&found), ["web-1.ap-northeast-1.elb.amazonaws.com"]);
        assert_eq!(sites(&named("compute", &outputs[..1])), [""; 0]);
    }

    #[test]
    fn a_sensitive_output_or_one_without_an_address_names_no_host() {
        let hidden = Output { sensitive: true, ..output("website_url", json!("https://a.example")) };
        let others = [
            hidden,
            output("domain_name", json!(null)),
            output("site_url", json!("not configured")),
            output("app_url", json!("http://localhost/")),
            output("url", json!(["https://a.example"])),
        ];
        assert_eq!(named("a", &others), []);
    }
}
