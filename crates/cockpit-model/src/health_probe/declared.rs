//! Declared AWS resources: load balancers, their security group rules, zones, certificates.

use jiff::Timestamp;

/// A load balancer, with its listeners.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Balancer {
    pub arn: String,
    pub name: String,
    /// Its DNS name.
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
    /// Whether it has an HTTPS listener.
    pub fn is_secure(&self) -> bool {
        self.listeners.iter().any(|listener| listener.protocol == "HTTPS")
    }
}

/// A listener of a load balancer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listener {
    pub port: u16,
    /// `HTTP` or `HTTPS`.
    pub protocol: String,
    /// The ARNs of its certificates.
    pub certificates: Vec<String>,
}

/// An ingress rule of a security group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// The id of the security group.
    pub group: String,
    /// The lowest port; `None` for all ports.
    pub from: Option<u16>,
    /// The highest port; `None` for all ports.
    pub to: Option<u16>,
    /// The source: `203.0.113.0/24`.
    pub cidr: String,
    /// The description of the rule.
    pub description: Option<String>,
}

impl Rule {
    /// Whether it covers a port.
    pub fn covers(&self, port: u16) -> bool {
        self.from.is_none_or(|from| from <= port) && self.to.is_none_or(|to| port <= to)
    }
}

/// A hosted zone of Route 53.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Zone {
    /// Its id, without `/hostedzone/`.
    pub id: String,
    /// Its name, without the final dot.
    pub name: String,
    /// The name servers of the zone.
    pub servers: Vec<String>,
    /// Its address records.
    pub records: Vec<Record>,
}

/// An address record of a zone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Its name, without the final dot.
    pub name: String,
    /// `A`, `AAAA`, `CNAME`.
    pub kind: String,
    /// The target of an alias or a CNAME.
    pub alias_target: Option<String>,
    /// The addresses of the record.
    pub values: Vec<String>,
}

/// An ACM certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AcmCertificate {
    pub arn: String,
    pub names: Vec<String>,
    /// `ISSUED`, `PENDING_VALIDATION`, `EXPIRED`, …
    pub status: String,
    /// When the certificate expires.
    pub not_after: Option<Timestamp>,
    /// Pending validation records: domain name, record name, record value.
    pub missing: Vec<(String, String, String)>,
    /// Whether it was imported, so that ACM does not renew it.
    pub imported: bool,
    /// The status of its renewal, if one has begun: `PENDING_AUTO_RENEWAL`, `PENDING_VALIDATION`, `SUCCESS`, `FAILED`.
    pub renewal: Option<String>,
}

/// Normalizes a name for comparison: lower case, without a final dot, without `dualstack.` in front of a load
/// balancer's name.
pub fn normalize_name(name: &str) -> String {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name.strip_prefix("dualstack.").map(str::to_owned).unwrap_or(name)
}

/// Whether a name is in a zone.
pub fn is_in_zone(name: &str, zone: &str) -> bool {
    let (name, zone) = (normalize_name(name), normalize_name(zone));
    name == zone || name.strip_suffix(&zone).is_some_and(|rest| rest.ends_with('.'))
}

/// Returns the hosts whose records point to one of these load balancers, in the order of the zones.
pub fn hosts_of(zones: &[Zone], balancers: &[Balancer]) -> Vec<String> {
    let balancer_names: Vec<String> = balancers.iter().map(|balancer| normalize_name(&balancer.dns_name)).collect();
    let mut hosts: Vec<String> = Vec::new();
    for record in zones.iter().flat_map(|zone| &zone.records) {
        let points_to_balancer =
            record.alias_target.as_deref().is_some_and(|to| balancer_names.contains(&normalize_name(to)));
        if points_to_balancer && !record.name.contains('*') && !hosts.contains(&record.name) {
            hosts.push(record.name.clone());
        }
    }
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_belongs_to_a_zone_by_whole_labels() {
        assert!(is_in_zone("www.Example.com.", "example.com"));
        assert!(is_in_zone("example.com", "example.com."));
        assert!(!is_in_zone("badexample.com", "example.com"));
    }

    #[test]
    fn hosts_are_those_with_records_to_a_balancer() {
        let record = |name: &str, to: &str| Record {
            name: name.into(),
            kind: "A".into(),
            alias_target: Some(to.into()),
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
