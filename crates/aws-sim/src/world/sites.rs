//! The web sites of environments: names, zones, certificates, and the networks that may reach them.

use super::World;
use super::balancing::Balancer;
use crate::account::ACCOUNT;
use crate::rng;
use crate::site::SiteOptions;
use std::net::Ipv4Addr;

/// The hosted zone id of load balancers.
const OF_BALANCERS: &str = "Z14GRHDCWA56QT";

/// The public access to a load balancer.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) region: &'static str,
    pub(crate) balancer: String,
    /// The DNS name of the balancer.
    pub(crate) dns: String,
    /// Its host name; empty if it has none, and no HTTPS.
    pub(crate) host: &'static str,
    /// The status of its certificate.
    pub(crate) status: &'static str,
    /// The networks that may reach it, each with its description.
    pub(crate) allowed: &'static [(&'static str, &'static str)],
}

/// An ingress rule of a security group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IngressRule {
    pub(crate) group: String,
    pub(crate) port: u32,
    pub(crate) cidr: String,
    /// The description of the rule.
    pub(crate) about: String,
}

/// A hosted zone of Route 53.
#[derive(Debug, Clone)]
pub(crate) struct Zone {
    pub(crate) id: String,
    pub(crate) name: &'static str,
    pub(crate) servers: [&'static str; 4],
    /// Aliases: name, target, and the zone of the target.
    pub(crate) records: Vec<(String, String, &'static str)>,
}

impl Site {
    fn of(balancer: &Balancer) -> Self {
        let (host, allowed): (_, &'static [_]) = match balancer.name.as_str() {
            name if name.contains("prod") => ("bookmarks.example.com", &[("0.0.0.0/0", "the internet")]),
            name if name.contains("pantri") => ("pantri.example.net", &[("0.0.0.0/0", "the internet")]),
            _ => ("", &[("203.0.113.0/24", "office"), ("198.51.100.7/32", "an operator at home")]),
        };
        Self {
            region: balancer.region,
            balancer: balancer.name.clone(),
            dns: balancer.dns(),
            host,
            status: "ISSUED",
            allowed,
        }
    }

    /// The ARN of its certificate.
    pub(crate) fn certificate(&self) -> Option<String> {
        let (high, low) = (rng::hash(23, self.host), rng::hash(24, self.host));
        let id = format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        );
        (!self.host.is_empty()).then(|| format!("arn:aws:acm:{}:{ACCOUNT}:certificate/{id}", self.region))
    }

    /// The names on its certificate.
    pub(crate) fn names(&self) -> Vec<String> {
        vec![self.host.to_owned(), format!("www.{}", self.host)]
    }

    /// The id of its security group.
    pub(crate) fn group(&self) -> String {
        format!("sg-{:017x}", rng::hash(14, &self.balancer) & 0xff_ffff_ffff_ffff)
    }
}

impl World {
    /// The sites of all load balancers.
    pub(crate) fn sites(&self) -> Vec<Site> {
        self.balancers.iter().map(Site::of).collect()
    }

    /// The current ingress rules of a site: the initial ones without the revoked ones, plus the added ones.
    pub(crate) fn ingress_rules(&self, site: &Site) -> Vec<IngressRule> {
        let ports: &[u32] = if site.host.is_empty() { &[80] } else { &[80, 443] };
        let group = site.group();
        let built = ports.iter().flat_map(|port| {
            let one = |(cidr, about): &(&str, &str)| IngressRule {
                group: group.clone(),
                port: *port,
                cidr: (*cidr).to_owned(),
                about: (*about).to_owned(),
            };
            site.allowed.iter().map(one).collect::<Vec<_>>()
        });
        let gone = |rule: &IngressRule| {
            self.revoked_rules
                .iter()
                .any(|one| (&one.group, one.port, &one.cidr) == (&rule.group, rule.port, &rule.cidr))
        };
        let mut rules: Vec<IngressRule> = built.filter(|rule| !gone(rule)).collect();
        rules.extend(self.ingress_rules.iter().filter(|rule| rule.group == group).cloned());
        rules
    }

    /// The sites as simulated for probes from outside.
    pub(crate) fn site_options(&self) -> SiteOptions {
        const REGISTRY: &str = "ns.registry.example";
        let mut options = SiteOptions { firewall: true, ..SiteOptions::default() };
        options.addresses.push((REGISTRY.to_owned(), Ipv4Addr::LOCALHOST.into()));
        for (number, site) in (10..=u8::MAX).zip(self.sites()) {
            // An address from the block reserved for documentation (RFC 5737).
            let address = Ipv4Addr::new(192, 0, 2, number);
            let balancer = site.dns.to_ascii_lowercase();
            if site.host.is_empty() {
                options.plain.push(balancer.clone());
            } else {
                options.names.extend(site.names());
            }
            let names = if site.host.is_empty() { Vec::new() } else { site.names() };
            options.addresses.extend(names.into_iter().chain([balancer]).map(|name| (name, address.into())));
        }
        for zone in self.zones() {
            options.servers.push((zone.name.to_owned(), zone.servers.map(str::to_owned).to_vec()));
            if let Some((_, above)) = zone.name.split_once('.') {
                options.servers.push((above.to_owned(), vec![REGISTRY.to_owned()]));
            }
        }
        options
    }

    /// The hosted zones.
    pub(crate) fn zones(&self) -> Vec<Zone> {
        let named = self.sites().into_iter().filter(|site| !site.host.is_empty());
        named
            .map(|site| Zone {
                id: format!("Z{:013X}", rng::hash(25, site.host) & 0xf_ffff_ffff_ffff),
                name: site.host.split_once('.').map_or(site.host, |(_, zone)| zone),
                servers: ["ns-1.awsdns-01.com", "ns-2.awsdns-02.net", "ns-3.awsdns-03.org", "ns-4.awsdns-04.co.uk"],
                records: site
                    .names()
                    .into_iter()
                    .map(|name| (name, format!("dualstack.{}", site.dns), OF_BALANCERS))
                    .collect(),
            })
            .collect()
    }
}
