//! All checks of the findings, in the order of an investigation: from serving to protection.

use super::declared::normalize_name;
use super::findings::{Check, Findings, Topic};
use super::{firewall, names, site, target_words};
use crate::failure::Failure;
use crate::health::Health;
use crate::target::{Target, group_name};
use jiff::Timestamp;

/// Checks the targets of a target group.
pub fn targets(group: &str, read: Result<&[Target], &Failure>) -> Check {
    let name = group_name(group);
    let registered = match read {
        Err(failure) => return Check::failed(Topic::Targets, name, failure),
        Ok(registered) => registered,
    };
    let check = |health, words: String| Check::new(Topic::Targets, name, health, words);
    let good = registered.iter().filter(|target| target.state == "healthy").count();
    let bad: Vec<String> =
        registered.iter().filter(|target| target.state != "healthy").map(target_words::describe).collect();
    let health = match (good, registered.is_empty(), bad.is_empty()) {
        (_, true, _) => return check(Health::Stopped, "no target is registered".to_owned()),
        (0, ..) if registered.iter().all(|target| target.state == "initial") => Health::Changing,
        (0, ..) => Health::Down,
        (_, _, true) => Health::Healthy,
        _ if registered.iter().all(|target| ["healthy", "initial", "draining"].contains(&target.state.as_str())) => {
            Health::Changing
        }
        _ => Health::Degraded,
    };
    let rest = if bad.is_empty() { String::new() } else { format!("; {}", bad.join("; ")) };
    check(health, format!("{good} of {} healthy{rest}", registered.len()))
}

/// Returns all checks except those of targets.
pub fn checks(found: &Findings, now: Timestamp) -> Vec<Check> {
    let mut checks = Vec::new();
    balancers(found, &mut checks);
    hosts(found, &mut checks);
    for visit in &found.visits {
        if visit.path != "/" {
            checks.push(site::request(visit));
        }
    }
    redirects(found, &mut checks);
    for host in found.names.iter().map(|names| names.name.as_str()) {
        let shown = found.hosts.iter().any(|known| normalize_name(known) == normalize_name(host));
        checks.extend(names::host(found, host).filter(|check| shown || check.health != Health::Healthy));
    }
    match &found.zones {
        Some(Err(failure)) => checks.push(Check::failed(Topic::NameServers, "Route 53", failure)),
        Some(Ok(zones)) => {
            let of = |zone: &super::declared::Zone| {
                let seen =
                    found.delegations.iter().find(|seen| normalize_name(&seen.zone) == normalize_name(&zone.name))?;
                Some(names::servers(zone, seen))
            };
            checks.extend(zones.iter().filter_map(of));
        }
        None => {}
    }
    for tls in &found.tls {
        checks.push(site::certificate(tls, now));
        checks.extend(site::versions(tls));
    }
    match &found.acm_certificates {
        Some(Err(failure)) => checks.push(Check::failed(Topic::Certificate, "ACM", failure)),
        Some(Ok(issued)) => checks.extend(issued.iter().map(|one| site::acm_certificate(one, now))),
        None => {}
    }
    match (&found.address, &found.rules) {
        (_, Some(Err(failure))) => checks.push(Check::failed(Topic::Allowed, "security groups", failure)),
        (Some(Ok(address)), Some(Ok(rules))) => checks.push(firewall::allowed(*address, rules)),
        (Some(Err(trouble)), Some(Ok(_))) => {
            let words = format!("the public address of this machine is not known: {}", trouble.describe());
            checks.push(Check::new(Topic::Allowed, "this machine", Health::Unknown, words));
        }
        _ => {}
    }
    checks.extend(found.firewalls.iter().map(firewall::firewall));
    checks
}

fn balancers(found: &Findings, checks: &mut Vec<Check>) {
    match &found.balancers {
        Some(Err(failure)) => checks.push(Check::failed(Topic::Balancer, "load balancers", failure)),
        Some(Ok(balancers)) => checks.extend(balancers.iter().map(|balancer| {
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

/// Reports which hosts come from Terraform outputs, and outputs that could not be read.
fn hosts(found: &Findings, checks: &mut Vec<Check>) {
    for host in &found.hosts {
        let by = found.outputs.iter().find(|named| normalize_name(&named.host) == normalize_name(host));
        checks.extend(by.map(|by| {
            let words = format!("named by the output {} of the unit {}", by.output, by.unit);
            Check::new(Topic::Hosts, host.clone(), Health::Healthy, words)
        }));
    }
    // If hosts are known from elsewhere, this is merely informational.
    let health = if found.hosts.is_empty() { Health::Unknown } else { Health::Stopped };
    checks.extend(found.unread_outputs.iter().map(|why| {
        let check = Check::new(Topic::Hosts, "Terraform", health, why.clone());
        check.with_hint("`hosts` of `[environments.NAME.health]` names them without Terraform")
    }));
}

fn redirects(found: &Findings, checks: &mut Vec<Check>) {
    let secure = found.balancers().iter().any(super::declared::Balancer::is_secure)
        || found.tls.iter().any(|tls| tls.certificate.is_ok());
    let roots = || found.visits.iter().filter(|visit| visit.path == "/");
    for visit in roots() {
        match site::https_redirect(visit, secure) {
            Some(check) if visit.error.is_none() => checks.push(check),
            _ if visit.error.is_some() => checks.push(site::request(visit)),
            _ => {}
        }
    }
    for bare in roots().filter(|visit| visit.secure) {
        let other = roots().find(|visit| visit.secure && visit.host == format!("www.{}", bare.host));
        checks.extend(other.and_then(|other| site::www(bare, other)));
    }
}

/// Returns the worst health among checks; unknown ranks below a known problem.
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
    fn targets_are_down_without_a_healthy_one_and_changing_initially() {
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
    fn terraform_hosts_are_reported_with_their_output() {
        use super::super::outputs::OutputHost;
        let mut found = Findings::default();
        let named = OutputHost {
            unit: "compute".into(),
            output: "website_url".into(),
            host: "a.example".into(),
            balancer: false,
        };
        found.add(Finding::Outputs(vec![named], vec!["the outputs of edge cannot be read".into()]));
        let health = |found: &Findings| checks(found, Timestamp::UNIX_EPOCH).iter().map(|one| one.health).collect();
        let all: Vec<Health> = health(&found);
        assert_eq!(all, [Health::Unknown], "without a host nothing is known");
        found.add(Finding::Hosts(vec!["a.example".into(), "b.example".into()]));
        let all: Vec<Health> = health(&found);
        assert_eq!(all, [Health::Healthy, Health::Stopped]);
        assert!(checks(&found, Timestamp::UNIX_EPOCH)[0].text.contains("website_url of the unit compute"));
    }

    #[test]
    fn denied_reads_are_reported_and_other_checks_remain() {
        let mut found = Findings::default();
        let denied =
            |action: &str| Failure::new(FailureKind::Denied, format!("{action}: not authorized (AccessDenied)"));
        found.add(Finding::Balancers(Ok(vec![Balancer {
            name: "lb".into(),
            state: "active".into(),
            ..Balancer::default()
        }])));
        found.add(Finding::Zones(Err(denied("route53:ListHostedZones"))));
        found.add(Finding::AcmCertificates(Err(denied("acm:DescribeCertificate"))));
        found.add(Finding::Address(Ok("203.0.113.7".parse().unwrap())));
        found.add(Finding::Rules(Ok(vec![Rule { group: "sg".into(), cidr: "0.0.0.0/0".into(), ..Rule::default() }])));
        let all = checks(&found, Timestamp::UNIX_EPOCH);
        let of = |topic: Topic| all.iter().find(|check| check.topic == topic).unwrap();
        assert_eq!(of(Topic::Balancer).health, Health::Healthy);
        assert_eq!(of(Topic::Allowed).health, Health::Healthy);
        assert!(of(Topic::NameServers).text.starts_with("route53:ListHostedZones"));
        assert!(of(Topic::Certificate).text.starts_with("acm:DescribeCertificate"));
        assert_eq!(worst(&all), Health::Unknown);
    }
}
