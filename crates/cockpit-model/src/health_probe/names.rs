//! Whether names lead where Route 53 and the load balancer say.

use super::answers::{Delegation, Names};
use super::declared::{Record, Zone, is_in, plain};
use super::findings::{Check, Findings, Topic};
use crate::health::Health;
use core::net::IpAddr;

/// The addresses of a name that was asked for.
fn addresses<'a>(found: &'a Findings, name: &str) -> Option<&'a [IpAddr]> {
    let names = found.names.iter().find(|names| plain(&names.name) == plain(name))?;
    names.addresses.as_ref().ok().map(Vec::as_slice)
}

fn list(addresses: &[IpAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Whether a host has the addresses that it should have.
pub fn host(found: &Findings, host: &str) -> Option<Check> {
    let seen = found.names.iter().find(|names| plain(&names.name) == plain(host))?;
    Some(of_host(found, seen))
}

fn of_host(found: &Findings, seen: &Names) -> Check {
    let check = |health, words: String| Check::new(Topic::Dns, seen.name.clone(), health, words);
    let ours = match &seen.addresses {
        Err(trouble) => {
            return check(Health::Down, trouble.words()).hinted("look at the zone, and at its name servers");
        }
        Ok(addresses) => addresses,
    };
    let zones = found.zones();
    let Some(zone) = zones.iter().filter(|zone| is_in(&seen.name, &zone.name)).max_by_key(|zone| zone.name.len())
    else {
        return of_balancers(found, seen, ours);
    };
    let records: Vec<&Record> = zone.records.iter().filter(|record| plain(&record.name) == plain(&seen.name)).collect();
    if records.is_empty() {
        let words = format!("answers {}, and the zone {} declares no record of it", list(ours), zone.name);
        return check(Health::Degraded, words).hinted("another server answers for it: compare the name servers");
    }
    let declared: Vec<IpAddr> = records
        .iter()
        .flat_map(|record| &record.values)
        .filter_map(|value| value.parse().ok())
        .chain(records.iter().filter_map(|record| addresses(found, record.stands_for.as_deref()?)).flatten().copied())
        .collect();
    let to: Vec<&str> = records.iter().filter_map(|record| record.stands_for.as_deref()).collect();
    let to = to.first().map(|to| format!(" ({})", plain(to))).unwrap_or_default();
    if declared.is_empty() {
        return check(
            Health::Unknown,
            format!("answers {}; what the zone declares{to} has no address now", list(ours)),
        );
    }
    // A load balancer answers with some of its addresses, not always the same.
    if ours.iter().any(|address| declared.contains(address)) {
        return check(Health::Healthy, format!("answers {} as Route 53 declares{to}", list(ours)));
    }
    let words = format!("answers {}, but Route 53 declares {}{to}", list(ours), list(&declared));
    check(Health::Degraded, words)
        .hinted("an old answer may be cached: look again after its TTL; else compare the name servers")
}

/// A host without a zone in this account: only whether it is a balancer's can be said.
fn of_balancers(found: &Findings, seen: &Names, ours: &[IpAddr]) -> Check {
    let own = found.balancers().iter().find(|balancer| plain(&balancer.dns_name) == plain(&seen.name));
    if own.is_some() {
        return Check::new(Topic::Dns, seen.name.clone(), Health::Healthy, format!("answers {}", list(ours)));
    }
    let meets = found.balancers().iter().find(|balancer| {
        addresses(found, &balancer.dns_name).is_some_and(|theirs| ours.iter().any(|one| theirs.contains(one)))
    });
    if let Some(balancer) = meets {
        let words = format!("answers {}, addresses of {}", list(ours), balancer.name);
        return Check::new(Topic::Dns, seen.name.clone(), Health::Healthy, words);
    }
    let words = format!("answers {}; no zone of this account declares it, and no balancer has these", list(ours));
    Check::new(Topic::Dns, seen.name.clone(), Health::Unknown, words)
}

/// Whether the zone above names the servers that the zone has.
pub fn servers(zone: &Zone, seen: &Delegation) -> Check {
    let check = |health, words: String| Check::new(Topic::NameServers, zone.name.clone(), health, words);
    let sorted = |names: &[String]| {
        let mut names: Vec<String> = names.iter().map(|name| plain(name)).collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    let (ours, theirs) = match &seen.servers {
        Err(trouble) => {
            let words = format!("the zone above does not tell its name servers: {}", trouble.words());
            return check(Health::Unknown, words);
        }
        Ok(theirs) => (sorted(&zone.servers), sorted(theirs)),
    };
    if theirs.is_empty() {
        let words = "the zone above names no server for it: it cannot be resolved".to_owned();
        return check(Health::Down, words).hinted(format!("enter {} at the registrar", ours.join(", ")));
    }
    if ours == theirs {
        return check(Health::Healthy, format!("the registrar names the zone's: {}", ours.join(", ")));
    }
    let words = format!("the registrar names {}, the zone has {}", theirs.join(", "), ours.join(", "));
    let none = theirs.iter().all(|name| !ours.contains(name));
    check(if none { Health::Down } else { Health::Degraded }, words)
        .hinted(format!("enter {} at the registrar", ours.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::super::answers::Trouble;
    use super::super::declared::Balancer;
    use super::super::findings::Finding;
    use super::*;

    fn found(host_answers: &str, balancer_answers: &str) -> Findings {
        let mut found = Findings::default();
        let one = |name: &str, address: &str| {
            Finding::Names(Names { name: name.into(), addresses: Ok(vec![address.parse().unwrap()]) })
        };
        found.take(one("example.com", host_answers));
        found.take(one("lb.elb.amazonaws.com", balancer_answers));
        let balancer = Balancer { name: "lb".into(), dns_name: "lb.elb.amazonaws.com".into(), ..Balancer::default() };
        found.take(Finding::Balancers(Ok(vec![balancer])));
        found
    }

    fn zone() -> Zone {
        let record = Record {
            name: "example.com".into(),
            kind: "A".into(),
            stands_for: Some("dualstack.lb.elb.amazonaws.com.".into()),
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
    fn a_host_must_answer_as_its_alias_does() {
        let mut good = found("192.0.2.1", "192.0.2.1");
        good.take(Finding::Zones(Ok(vec![zone()])));
        assert_eq!(host(&good, "example.com").unwrap().health, Health::Healthy);
        let mut old = found("192.0.2.9", "192.0.2.1");
        old.take(Finding::Zones(Ok(vec![zone()])));
        let check = host(&old, "example.com").unwrap();
        assert_eq!(check.health, Health::Degraded);
        assert!(check.words.contains("but Route 53 declares 192.0.2.1 (lb.elb.amazonaws.com)"), "{}", check.words);
        assert!(host(&good, "other.example.com").is_none(), "nobody asked for it");
    }

    #[test]
    fn without_a_zone_the_balancers_addresses_are_what_it_is_compared_with() {
        assert_eq!(host(&found("192.0.2.1", "192.0.2.1"), "example.com").unwrap().health, Health::Healthy);
        assert_eq!(host(&found("192.0.2.9", "192.0.2.1"), "example.com").unwrap().health, Health::Unknown);
    }

    #[test]
    fn a_name_without_an_address_is_down() {
        let mut found = Findings::default();
        found.take(Finding::Names(Names { name: "example.com".into(), addresses: Err(Trouble::NoAddress) }));
        assert_eq!(host(&found, "example.com").unwrap().health, Health::Down);
    }

    #[test]
    fn servers_at_the_registrar_are_compared_whatever_their_order_and_letters() {
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
        let silent = Delegation { zone: "example.com".into(), servers: Err(Trouble::Timeout) };
        assert_eq!(servers(&two, &silent).health, Health::Unknown);
    }
}
