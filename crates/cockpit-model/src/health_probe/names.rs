//! Checks that names resolve as Route 53 and the load balancer define.

use super::declared::{Record, Zone, is_in_zone, normalize_name};
use super::findings::{Check, Findings, Topic};
use super::results::{Delegation, Names};
use crate::health::Health;
use core::net::IpAddr;

/// Returns the addresses of a name, if it was looked up.
fn addresses<'a>(found: &'a Findings, name: &str) -> Option<&'a [IpAddr]> {
    let names = found.names.iter().find(|names| normalize_name(&names.name) == normalize_name(name))?;
    names.addresses.as_ref().ok().map(Vec::as_slice)
}

fn list(addresses: &[IpAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Checks that a host has the expected addresses.
pub fn host(found: &Findings, host: &str) -> Option<Check> {
    let seen = found.names.iter().find(|names| normalize_name(&names.name) == normalize_name(host))?;
    Some(of_host(found, seen))
}

fn of_host(found: &Findings, seen: &Names) -> Check {
    let check = |health, words: String| Check::new(Topic::Dns, seen.name.clone(), health, words);
    let resolved = match &seen.addresses {
        Err(trouble) => {
            return check(Health::Down, trouble.describe()).with_hint("look at the zone, and at its name servers");
        }
        Ok(addresses) => addresses,
    };
    let zones = found.zones();
    let Some(zone) = zones.iter().filter(|zone| is_in_zone(&seen.name, &zone.name)).max_by_key(|zone| zone.name.len())
    else {
        return of_balancers(found, seen, resolved);
    };
    let records: Vec<&Record> =
        zone.records.iter().filter(|record| normalize_name(&record.name) == normalize_name(&seen.name)).collect();
    if records.is_empty() {
        let words = format!("answers {}, and the zone {} declares no record of it", list(resolved), zone.name);
        return check(Health::Degraded, words).with_hint("another server answers for it: compare the name servers");
    }
    let declared: Vec<IpAddr> = records
        .iter()
        .flat_map(|record| &record.values)
        .filter_map(|value| value.parse().ok())
        .chain(records.iter().filter_map(|record| addresses(found, record.alias_target.as_deref()?)).flatten().copied())
        .collect();
    let to: Vec<&str> = records.iter().filter_map(|record| record.alias_target.as_deref()).collect();
    let to = to.first().map(|to| format!(" ({})", normalize_name(to))).unwrap_or_default();
    if declared.is_empty() {
        return check(
            Health::Unknown,
            format!("answers {}; what the zone declares{to} has no address now", list(resolved)),
        );
    }
    // A load balancer answers with a varying subset of its addresses.
    if resolved.iter().any(|address| declared.contains(address)) {
        return check(Health::Healthy, format!("answers {} as Route 53 declares{to}", list(resolved)));
    }
    let words = format!("answers {}, but Route 53 declares {}{to}", list(resolved), list(&declared));
    check(Health::Degraded, words)
        .with_hint("an old answer may be cached: look again after its TTL; else compare the name servers")
}

/// Checks a host without a zone in this account: only addresses of a load balancer can be recognized.
fn of_balancers(found: &Findings, seen: &Names, resolved: &[IpAddr]) -> Check {
    let own =
        found.balancers().iter().find(|balancer| normalize_name(&balancer.dns_name) == normalize_name(&seen.name));
    if own.is_some() {
        return Check::new(Topic::Dns, seen.name.clone(), Health::Healthy, format!("answers {}", list(resolved)));
    }
    let matching = found.balancers().iter().find(|balancer| {
        addresses(found, &balancer.dns_name)
            .is_some_and(|balancer_addresses| resolved.iter().any(|one| balancer_addresses.contains(one)))
    });
    if let Some(balancer) = matching {
        let words = format!("answers {}, addresses of {}", list(resolved), balancer.name);
        return Check::new(Topic::Dns, seen.name.clone(), Health::Healthy, words);
    }
    let words = format!("answers {}; no zone of this account declares it, and no balancer has these", list(resolved));
    Check::new(Topic::Dns, seen.name.clone(), Health::Unknown, words)
}

/// Checks that the parent zone delegates to the zone's name servers.
pub fn servers(zone: &Zone, seen: &Delegation) -> Check {
    let check = |health, words: String| Check::new(Topic::NameServers, zone.name.clone(), health, words);
    let sorted = |names: &[String]| {
        let mut names: Vec<String> = names.iter().map(|name| normalize_name(name)).collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    let (own, delegated) = match &seen.servers {
        Err(trouble) => {
            let words = format!("the zone above does not tell its name servers: {}", trouble.describe());
            return check(Health::Unknown, words);
        }
        Ok(delegated) => (sorted(&zone.servers), sorted(delegated)),
    };
    if delegated.is_empty() {
        let words = "the zone above names no server for it: it cannot be resolved".to_owned();
        return check(Health::Down, words).with_hint(format!("enter {} at the registrar", own.join(", ")));
    }
    if own == delegated {
        return check(Health::Healthy, format!("the registrar names the zone's: {}", own.join(", ")));
    }
    let words = format!("the registrar names {}, the zone has {}", delegated.join(", "), own.join(", "));
    let no_match = delegated.iter().all(|name| !own.contains(name));
    check(if no_match { Health::Down } else { Health::Degraded }, words)
        .with_hint(format!("enter {} at the registrar", own.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::super::declared::Balancer;
    use super::super::findings::Finding;
    use super::super::results::ProbeError;
    use super::*;

    fn found(host_answers: &str, balancer_answers: &str) -> Findings {
        let mut found = Findings::default();
        let one = |name: &str, address: &str| {
            Finding::Names(Names { name: name.into(), addresses: Ok(vec![address.parse().unwrap()]) })
        };
        found.add(one("example.com", host_answers));
        found.add(one("lb.elb.amazonaws.com", balancer_answers));
        let balancer = Balancer { name: "lb".into(), dns_name: "lb.elb.amazonaws.com".into(), ..Balancer::default() };
        found.add(Finding::Balancers(Ok(vec![balancer])));
        found
    }

    fn zone() -> Zone {
        let record = Record {
            name: "example.com".into(),
            kind: "A".into(),
            alias_target: Some("dualstack.lb.elb.amazonaws.com.".into()),
            values: Vec::new(),
        };
        Zone {
            name: "example.com".into(),
            servers: vec!["ns-1.awsdns-01.org".into()],
            records: vec![record],
            ..Zone::default()
        }
    }

    #[test]
    fn host_must_resolve_like_its_alias() {
        let mut good = found("192.0.2.1", "192.0.2.1");
        good.add(Finding::Zones(Ok(vec![zone()])));
        assert_eq!(host(&good, "example.com").unwrap().health, Health::Healthy);
        let mut old = found("192.0.2.9", "192.0.2.1");
        old.add(Finding::Zones(Ok(vec![zone()])));
        let check = host(&old, "example.com").unwrap();
        assert_eq!(check.health, Health::Degraded);
        assert!(check.text.contains("but Route 53 declares 192.0.2.1 (lb.elb.amazonaws.com)"), "{}", check.text);
        assert!(host(&good, "other.example.com").is_none(), "it was not looked up");
    }

    #[test]
    fn host_without_a_zone_is_compared_with_the_balancers() {
        assert_eq!(host(&found("192.0.2.1", "192.0.2.1"), "example.com").unwrap().health, Health::Healthy);
        assert_eq!(host(&found("192.0.2.9", "192.0.2.1"), "example.com").unwrap().health, Health::Unknown);
    }

    #[test]
    fn name_without_an_address_is_down() {
        let mut found = Findings::default();
        found.add(Finding::Names(Names { name: "example.com".into(), addresses: Err(ProbeError::NoAddress) }));
        assert_eq!(host(&found, "example.com").unwrap().health, Health::Down);
    }

    #[test]
    fn name_servers_are_compared_ignoring_order_and_case() {
        let seen = |servers: &[&str]| Delegation {
            zone: "example.com".into(),
            servers: Ok(servers.iter().map(|name| (*name).to_owned()).collect()),
        };
        let mut two = zone();
        two.servers.push("ns-2.awsdns-02.com".into());
        assert_eq!(servers(&two, &seen(&["NS-2.awsdns-02.com.", "ns-1.awsdns-01.org."])).health, Health::Healthy);
        assert_eq!(servers(&two, &seen(&["ns-1.awsdns-01.org"])).health, Health::Degraded, "one is missing");
        let other = servers(&two, &seen(&["ns.registrar.example"]));
        assert_eq!(other.health, Health::Down);
        assert!(other.hint.unwrap().contains("ns-1.awsdns-01.org, ns-2.awsdns-02.com"));
        assert_eq!(servers(&two, &seen(&[])).health, Health::Down);
        let silent = Delegation { zone: "example.com".into(), servers: Err(ProbeError::Timeout) };
        assert_eq!(servers(&two, &silent).health, Health::Unknown);
    }
}
