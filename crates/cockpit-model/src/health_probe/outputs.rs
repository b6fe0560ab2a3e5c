//! Site addresses in Terraform outputs.

use super::declared::normalize_name;
use crate::infra::state::Output;

/// Outputs with the site's address, the most significant first: a URL, or the site's own name.
const SITE: &[&str] = &["website_url", "site_url", "app_url", "url", "domain_name", "website_domain"];
/// Outputs with the name of a load balancer or a distribution, for sites without a name of their own.
const BALANCER: &[&str] = &["alb_dns_name", "load_balancer_dns_name", "lb_dns_name", "cloudfront_domain_name"];

/// An address in an output.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutputHost {
    pub unit: String,
    pub output: String,
    /// The host, without scheme, port and path.
    pub host: String,
    /// Whether it is the name of a load balancer or a distribution instead of the site's own.
    pub balancer: bool,
}

/// Returns the addresses in a unit's outputs, those of the site before those of load balancers. Sensitive outputs are
/// ignored.
pub fn output_hosts(unit: &str, outputs: &[Output]) -> Vec<OutputHost> {
    let mut found: Vec<OutputHost> = Vec::new();
    for (names, balancer) in [(SITE, false), (BALANCER, true)] {
        for name in names {
            let output = outputs.iter().find(|output| output.name == *name && !output.sensitive);
            let Some(host) = output.and_then(|output| host(output.value.as_str()?)) else { continue };
            if found.iter().all(|other| other.host != host) {
                found.push(OutputHost { unit: unit.to_owned(), output: (*name).to_owned(), host, balancer });
            }
        }
    }
    found
}

/// Returns the names of the site.
pub fn sites(named: &[OutputHost]) -> Vec<String> {
    hosts(named, false)
}

/// Returns the names of its load balancers and distributions.
pub fn balancers(named: &[OutputHost]) -> Vec<String> {
    hosts(named, true)
}

fn hosts(named: &[OutputHost], balancer: bool) -> Vec<String> {
    let mut hosts: Vec<String> = Vec::new();
    for one in named.iter().filter(|one| one.balancer == balancer) {
        if !hosts.contains(&one.host) {
            hosts.push(one.host.clone());
        }
    }
    hosts
}

/// Returns the host of a URL or a bare name; `None` if it is neither.
fn host(text: &str) -> Option<String> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#']).next()?;
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let host = rest.split_once(':').map_or(rest, |(host, _)| host);
    let label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    // A web address has a dot in its name; this excludes "not configured" as well.
    let name = host.trim_end_matches('.');
    (name.contains('.') && name.split('.').all(label)).then(|| normalize_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn output(name: &str, value: serde_json::Value) -> Output {
        Output { name: name.into(), sensitive: false, value, kind: json!("string") }
    }

    #[test]
    fn site_and_load_balancer_names_are_distinguished() {
        let outputs = [
            output("alb_dns_name", json!("web-1.ap-northeast-1.elb.amazonaws.com")),
            output("website_url", json!("https://Bookmarks.example.com:443/start?x#y")),
            output("domain_name", json!("bookmarks.example.com")),
        ];
        let found = output_hosts("compute", &outputs);
        assert_eq!(sites(&found), ["bookmarks.example.com"], "{found:?}");
        assert_eq!((found[0].unit.as_str(), found[0].output.as_str()), ("compute", "website_url"));
        assert_eq!(balancers(&found), ["web-1.ap-northeast-1.elb.amazonaws.com"]);
        assert_eq!(sites(&output_hosts("compute", &outputs[..1])), [""; 0]);
    }

    #[test]
    fn sensitive_or_non_address_output_gives_no_host() {
        let hidden = Output { sensitive: true, ..output("website_url", json!("https://a.example")) };
        let others = [
            hidden,
            output("domain_name", json!(null)),
            output("site_url", json!("not configured")),
            output("app_url", json!("http://localhost/")),
            output("url", json!(["https://a.example"])),
        ];
        assert_eq!(output_hosts("a", &others), []);
    }
}
