//! The declarations in AWS: balancers, rules of their security groups, zones, certificates.

use jiff::Timestamp;

/// A load balancer, with its listeners.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Balancer {
    pub arn: String,
    pub name: String,
    /// The name under which it is reached.
    pub dns_name: String,
    /// `internet-facing` or `internal`.
    pub scheme: String,
    /// `active`, `provisioning`, `active_impaired`, `failed`.
    pub state: String,
    pub security_groups: Vec<String>,
    /// Its listeners: ports and protocols.
    pub listeners: Vec<Listener>,
}

impl Balancer {
    /// Whether it speaks HTTPS.
    pub fn is_secure(&self) -> bool {
        self.listeners.iter().any(|listener| listener.protocol == "HTTPS")
    }
}

/// A listener of a balancer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listener {
    pub port: u16,
    /// `HTTP` or `HTTPS`.
    pub protocol: String,
    /// The ARNs of its certificates.
    pub certificates: Vec<String>,
}

/// A rule that lets addresses reach a port.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// The id of the security group.
    pub group: String,
    /// The lowest port; none is all ports.
    pub from: Option<u16>,
    /// The highest port; none: all.
    pub to: Option<u16>,
    /// From where: `203.0.113.0/24`.
    pub cidr: String,
    /// The description of the rule.
    pub description: Option<String>,
}

impl Rule {
    /// Whether it is about this port.
    pub fn covers(&self, port: u16) -> bool {
        self.from.is_none_or(|from| from <= port) && self.to.is_none_or(|to| port <= to)
    }
}

/// A hosted zone of Route 53.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Zone {
    /// Its id, without `/hostedzone/`.
    pub id: String,
    /// Its name, without the last dot.
    pub name: String,
    /// The name servers of the zone.
    pub servers: Vec<String>,
    /// Its records of addresses.
    pub records: Vec<Record>,
}

/// A record of a zone that gives addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Its name, without the last dot.
    pub name: String,
    /// `A`, `AAAA`, `CNAME`.
    pub kind: String,
    /// The name that an alias or a CNAME stands for.
    pub stands_for: Option<String>,
    /// The addresses of the record.
    pub values: Vec<String>,
}

/// A certificate of ACM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Issued {
    pub arn: String,
    pub names: Vec<String>,
    /// `ISSUED`, `PENDING_VALIDATION`, `EXPIRED`, …
    pub status: String,
    /// When the certificate expires.
    pub not_after: Option<Timestamp>,
    /// Records by which a name is still to be proven: the name, the record, its value.
    pub missing: Vec<(String, String, String)>,
    /// Whether it was made elsewhere, and ACM does not renew it.
    pub imported: bool,
    /// How its renewal stands, where one was begun: `PENDING_AUTO_RENEWAL`, `PENDING_VALIDATION`, `SUCCESS`, `FAILED`.
    pub renewal: Option<String>,
}

/// A name as it is compared: small letters, no dot at the end, no `dualstack.` before a balancer's.
pub fn plain(name: &str) -> String {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name.strip_prefix("dualstack.").map(str::to_owned).unwrap_or(name)
}

/// Whether a name is in a zone.
pub fn is_in(name: &str, zone: &str) -> bool {
    let (name, zone) = (plain(name), plain(zone));
    name == zone || name.strip_suffix(&zone).is_some_and(|rest| rest.ends_with('.'))
}

/// The hosts whose records lead to one of these balancers, in the order of the zones.
pub fn hosts_of(zones: &[Zone], balancers: &[Balancer]) -> Vec<String> {
    let ours: Vec<String> = balancers.iter().map(|balancer| plain(&balancer.dns_name)).collect();
    let mut hosts: Vec<String> = Vec::new();
    for record in zones.iter().flat_map(|zone| &zone.records) {
        let leads = record.stands_for.as_deref().is_some_and(|to| ours.contains(&plain(to)));
        if leads && !record.name.contains('*') && !hosts.contains(&record.name) {
            hosts.push(record.name.clone());
        }
    }
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_in_a_zone_by_whole_labels() {
        assert!(is_in("www.Example.com.", "example.com"));
        assert!(is_in("example.com", "example.com."));
        assert!(!is_in("badexample.com", "example.com"));
    }

    #[test]
    fn hosts_are_those_whose_records_lead_to_a_balancer() {
        let record = |name: &str, to: &str| Record {
            name: name.into(),
            kind: "A".into(),
            stands_for: Some(to.into()),
            values: Vec::new(),
        };
        let zone = Zone {
            name: "example.com".into(),
            records: vec![
                record("example.com", "dualstack.lb-1.elb.amazonaws.com."),
                record("example.com", "dualstack.lb-1.elb.amazonaws.com."),
                record("*.example.com", "lb-1.elb.amazonaws.com"),
                record("docs.example.com", "other.example.net"),
            ],
            ..Zone::default()
        };
        let balancer = Balancer { dns_name: "LB-1.elb.amazonaws.com".into(), ..Balancer::default() };
        assert_eq!(hosts_of(&[zone], &[balancer]), ["example.com"]);
    }
}
