//! All checks of what was found, in the order in which a person looks: from what serves to what protects.

use super::declared::plain;
use super::findings::{Check, Findings, Topic};
use super::{firewall, names, site, target_words};
use crate::failure::Failure;
use crate::health::Health;
use crate::target::{Target, group_name};
use jiff::Timestamp;

/// The targets of one group.
pub fn targets(group: &str, read: Result<&[Target], &Failure>) -> Check {
    let name = group_name(group);
    let all = match read {
        Err(failure) => return Check::failed(Topic::Targets, name, failure),
        Ok(all) => all,
    };
    let check = |health, words: String| Check::new(Topic::Targets, name, health, words);
    let good = all.iter().filter(|target| target.state == "healthy").count();
    let bad: Vec<String> = all.iter().filter(|target| target.state != "healthy").map(target_words::words).collect();
    let health = match (good, all.is_empty(), bad.is_empty()) {
        (_, true, _) => return check(Health::Stopped, "no target is registered".to_owned()),
        (0, ..) if all.iter().all(|target| target.state == "initial") => Health::Changing,
        (0, ..) => Health::Down,
        (_, _, true) => Health::Healthy,
        _ if all.iter().all(|target| ["healthy", "initial", "draining"].contains(&target.state.as_str())) => {
            Health::Changing
        }
        _ => Health::Degraded,
    };
    let rest = if bad.is_empty() { String::new() } else { format!("; {}", bad.join("; ")) };
    check(health, format!("{good} of {} healthy{rest}", all.len()))
}

/// Everything but the targets.
pub fn checks(found: &Findings, now: Timestamp) -> Vec<Check> {
    let mut all = Vec::new();
    balancers(found, &mut all);
    hosts(found, &mut all);
    for visit in &found.visits {
        if visit.path != "/" {
            all.push(site::request(visit));
        }
    }
    redirects(found, &mut all);
    for host in found.names.iter().map(|names| names.name.as_str()) {
        let shown = found.hosts.iter().any(|known| plain(known) == plain(host));
        all.extend(names::host(found, host).filter(|check| shown || check.health != Health::Healthy));
    }
    match &found.zones {
        Some(Err(failure)) => all.push(Check::failed(Topic::NameServers, "Route 53", failure)),
        Some(Ok(zones)) => {
            let of = |zone: &super::declared::Zone| {
                let seen = found.delegations.iter().find(|seen| plain(&seen.zone) == plain(&zone.name))?;
                Some(names::servers(zone, seen))
            };
            all.extend(zones.iter().filter_map(of));
        }
        None => {}
    }
    for tls in &found.tls {
        all.push(site::certificate(tls, now));
        all.extend(site::versions(tls));
    }
    match &found.issued {
        Some(Err(failure)) => all.push(Check::failed(Topic::Certificate, "ACM", failure)),
        Some(Ok(issued)) => all.extend(issued.iter().map(|one| site::issued(one, now))),
        None => {}
    }
    match (&found.address, &found.rules) {
        (_, Some(Err(failure))) => all.push(Check::failed(Topic::Allowed, "security groups", failure)),
        (Some(Ok(address)), Some(Ok(rules))) => all.push(firewall::allowed(*address, rules)),
        (Some(Err(trouble)), Some(Ok(_))) => {
            let words = format!("the public address of this machine is not known: {}", trouble.words());
            all.push(Check::new(Topic::Allowed, "this machine", Health::Unknown, words));
        }
        _ => {}
    }
    all.extend(found.firewalls.iter().map(firewall::firewall));
    all
}

fn balancers(found: &Findings, all: &mut Vec<Check>) {
    match &found.balancers {
        Some(Err(failure)) => all.push(Check::failed(Topic::Balancer, "load balancers", failure)),
        Some(Ok(balancers)) => all.extend(balancers.iter().map(|balancer| {
            let ports: Vec<String> =
                balancer.listeners.iter().map(|one| format!("{} {}", one.protocol, one.port)).collect();
            let ports = if ports.is_empty() { "no listener".to_owned() } else { ports.join(", ") };
            let words = format!("{}, {}, {}; {ports}", balancer.dns_name, balancer.scheme, balancer.state);
            let health = match balancer.state.as_str() {
                "active" => Health::Healthy,
                "provisioning" => Health::Changing,
                "active_impaired" => Health::Degraded,
                _ => Health::Down,
            };
            Check::new(Topic::Balancer, balancer.name.clone(), health, words)
        })),
        None => {}
    }
}

/// Where the hosts are from, as far as it is Terraform; what of it could not be read.
fn hosts(found: &Findings, all: &mut Vec<Check>) {
    for host in &found.hosts {
        let by = found.outputs.iter().find(|named| plain(&named.host) == plain(host));
        all.extend(by.map(|by| {
            let words = format!("named by the output {} of the unit {}", by.output, by.unit);
            Check::new(Topic::Hosts, host.clone(), Health::Healthy, words)
        }));
    }
    // Hosts may be known otherwise: then it is no more than worth knowing.
    let health = if found.hosts.is_empty() { Health::Unknown } else { Health::Stopped };
    all.extend(found.unread.iter().map(|why| {
        let check = Check::new(Topic::Hosts, "Terraform", health, why.clone());
        check.hinted("`hosts` of `[environments.NAME.health]` names them without Terraform")
    }));
}

fn redirects(found: &Findings, all: &mut Vec<Check>) {
    let secure = found.balancers().iter().any(super::declared::Balancer::is_secure)
        || found.tls.iter().any(|tls| tls.certificate.is_ok());
    let roots = || found.visits.iter().filter(|visit| visit.path == "/");
    for visit in roots() {
        match site::to_https(visit, secure) {
            Some(check) if visit.trouble.is_none() => all.push(check),
            _ if visit.trouble.is_some() => all.push(site::request(visit)),
            _ => {}
        }
    }
    for bare in roots().filter(|visit| visit.secure) {
        let other = roots().find(|visit| visit.secure && visit.host == format!("www.{}", bare.host));
        all.extend(other.and_then(|other| site::www(bare, other)));
    }
}

/// The worst health among checks; unknown only where nothing is known to be wrong.
pub fn worst(checks: &[Check]) -> Health {
    let rank = |health: Health| match health {
        Health::Down => 5,
        Health::Degraded => 4,
        Health::Unknown => 3,
        Health::Changing => 2,
        Health::Stopped => 1,
        Health::Healthy => 0,
    };
    checks.iter().map(|check| check.health).max_by_key(|health| rank(*health)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::declared::{Balancer, Rule};
    use super::super::findings::Finding;
    use super::*;
    use crate::failure::FailureKind;

    fn target(state: &str) -> Target {
        Target { id: "10.0.0.1".into(), state: state.into(), ..Target::default() }
    }

    #[test]
    fn targets_are_down_without_a_healthy_one_and_changing_while_they_begin() {
        let health = |states: &[&str]| {
            let all: Vec<Target> = states.iter().map(|state| target(state)).collect();
            targets("arn:x:targetgroup/web/1", Ok(&all)).health
        };
        assert_eq!(health(&["healthy", "healthy"]), Health::Healthy);
        assert_eq!(health(&["healthy", "unhealthy"]), Health::Degraded);
        assert_eq!(health(&["healthy", "draining", "initial"]), Health::Changing);
        assert_eq!(health(&["unhealthy"]), Health::Down);
        assert_eq!(health(&["initial"]), Health::Changing);
        assert_eq!(health(&[]), Health::Stopped);
    }

    #[test]
    fn hosts_of_terraform_are_told_with_their_output_and_what_could_not_be_read_is_no_fault_where_others_are_known() {
        use super::super::outputs::Named;
        let mut found = Findings::default();
        let named =
            Named { unit: "compute".into(), output: "website_url".into(), host: "a.example".into(), balancer: false };
        found.take(Finding::Outputs(vec![named], vec!["the outputs of edge cannot be read".into()]));
        let health = |found: &Findings| checks(found, Timestamp::UNIX_EPOCH).iter().map(|one| one.health).collect();
        let all: Vec<Health> = health(&found);
        assert_eq!(all, [Health::Unknown], "without a host nothing is known");
        found.take(Finding::Hosts(vec!["a.example".into(), "b.example".into()]));
        let all: Vec<Health> = health(&found);
        assert_eq!(all, [Health::Healthy, Health::Stopped]);
        assert!(checks(&found, Timestamp::UNIX_EPOCH)[0].words.contains("website_url of the unit compute"));
    }

    #[test]
    fn what_may_not_be_read_is_named_with_its_action_and_the_rest_stands() {
        let mut found = Findings::default();
        let denied =
            |action: &str| Failure::new(FailureKind::Denied, format!("{action}: not authorized (AccessDenied)"));
        found.take(Finding::Balancers(Ok(vec![Balancer {
            name: "lb".into(),
            state: "active".into(),
            ..Balancer::default()
        }])));
        found.take(Finding::Zones(Err(denied("route53:ListHostedZones"))));
        found.take(Finding::Issued(Err(denied("acm:DescribeCertificate"))));
        found.take(Finding::Address(Ok("203.0.113.7".parse().unwrap())));
        found.take(Finding::Rules(Ok(vec![Rule { group: "sg".into(), cidr: "0.0.0.0/0".into(), ..Rule::default() }])));
        let all = checks(&found, Timestamp::UNIX_EPOCH);
        let of = |topic: Topic| all.iter().find(|check| check.topic == topic).unwrap();
        assert_eq!(of(Topic::Balancer).health, Health::Healthy);
        assert_eq!(of(Topic::Allowed).health, Health::Healthy);
        assert!(of(Topic::NameServers).words.starts_with("route53:ListHostedZones"));
        assert!(of(Topic::Certificate).words.starts_with("acm:DescribeCertificate"));
        assert_eq!(worst(&all), Health::Unknown);
    }
}
