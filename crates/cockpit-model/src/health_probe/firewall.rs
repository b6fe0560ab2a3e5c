//! Checks of the firewall, and of the addresses that may reach the load balancer.

use super::cidr::Block;
use super::declared::Rule;
use super::findings::{Check, Topic};
use super::results::{Firewall, ProbeError};
use crate::health::Health;
use core::net::IpAddr;

/// The status with which a firewall blocks a request.
const BLOCKED: u16 = 403;

/// Checks that an injection and a script are blocked while a normal request passes.
pub fn firewall(seen: &Firewall) -> Check {
    let check = |health, words: String| Check::new(Topic::Firewall, seen.url.clone(), health, words);
    match &seen.normal {
        Err(trouble) => {
            let words = format!("a normal request gets no answer ({}), so nothing is known", trouble.describe());
            return check(Health::Unknown, words);
        }
        Ok(status) if *status == BLOCKED || *status >= 500 => {
            let words = format!("a normal request gets {status} too: that others are refused says nothing");
            return check(Health::Unknown, words).with_hint("look at `allowed`, and at the rules of the web ACL");
        }
        Ok(_) => {}
    }
    let problem_of = |name: &str, answer: &Result<u16, ProbeError>| match answer {
        Ok(BLOCKED) => None,
        Ok(status) => Some((Health::Down, format!("{name} is not blocked ({status})"))),
        // Some firewalls close the connection instead; AWS WAF does not.
        Err(trouble) => Some((Health::Unknown, format!("{name} gets no answer ({})", trouble.describe()))),
    };
    let problems: Vec<(Health, String)> =
        [problem_of("an SQL injection", &seen.injection), problem_of("a script", &seen.script)]
            .into_iter()
            .flatten()
            .collect();
    if problems.is_empty() {
        return check(Health::Healthy, "refuses an SQL injection and a script, lets a normal request through".into());
    }
    let health =
        if problems.iter().any(|(health, _)| *health == Health::Down) { Health::Down } else { Health::Unknown };
    let words: Vec<String> = problems.into_iter().map(|(_, words)| words).collect();
    check(health, words.join("; "))
        .with_hint("a web ACL with AWSManagedRulesCommonRuleSet and AWSManagedRulesSQLiRuleSet must stand before it")
}

/// Checks whether this machine's public address may reach a web port.
pub fn allowed(address: IpAddr, rules: &[Rule]) -> Check {
    let subject = address.to_string();
    let web: Vec<&Rule> = rules.iter().filter(|rule| rule.covers(80) || rule.covers(443)).collect();
    let blocks: Vec<(&Rule, Block)> = web.iter().filter_map(|rule| Some((*rule, Block::parse(&rule.cidr)?))).collect();
    let ports = |rule: &Rule| match (rule.covers(80), rule.covers(443)) {
        (true, true) => "80 and 443",
        (true, false) => "80",
        (false, _) => "443",
    };
    let matching: Vec<&(&Rule, Block)> = blocks.iter().filter(|(_, block)| block.contains(address)).collect();
    if let Some((rule, _)) = matching.first() {
        let name = rule.description.as_deref().map(|text| format!(" \"{text}\"")).unwrap_or_default();
        let words = format!("may reach port {}: it is in {} of {}{name}", ports(rule), rule.cidr, rule.group);
        return Check::new(Topic::Allowed, subject, Health::Healthy, words);
    }
    if blocks.is_empty() {
        let words = "may not reach it: no security group of the load balancer lets anybody in by address";
        return Check::new(Topic::Allowed, subject, Health::Degraded, words);
    }
    let list = |blocks: &[(&Rule, Block)]| {
        let names: Vec<&str> = blocks.iter().take(5).map(|(rule, _)| rule.cidr.as_str()).collect();
        let more = blocks.len().saturating_sub(names.len());
        if more > 0 { format!("{} and {more} more", names.join(", ")) } else { names.join(", ") }
    };
    let nearest =
        blocks.iter().filter_map(|(rule, block)| Some((block.common(address)?, rule))).max_by_key(|(n, _)| *n);
    let why = match nearest {
        None => "; all of them are of the other kind of address (IPv4, IPv6)".to_owned(),
        Some((common, rule)) => match Block::parse(&rule.cidr) {
            Some(block) if common > 0 => format!(
                "; the nearest is {}: {} of its {} bits are the same",
                rule.cidr,
                common.min(block.bits),
                block.bits
            ),
            _ => String::new(),
        },
    };
    let full_length = if address.is_ipv4() { 32 } else { 128 };
    let words = format!("may not reach it: it is in none of {}{why}", list(&blocks));
    Check::new(Topic::Allowed, subject, Health::Degraded, words).with_hint(format!(
        "`cockpit health allow {address}/{full_length}` allows it manually; to keep it, add it to `allowed_cidr_blocks` in Terraform"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(normal: u16, injection: u16, script: u16) -> Check {
        let url = "https://example.com/".to_owned();
        firewall(&Firewall { url, normal: Ok(normal), injection: Ok(injection), script: Ok(script) })
    }

    #[test]
    fn firewall_check_needs_a_passing_normal_request() {
        assert_eq!(seen(200, 403, 403).health, Health::Healthy);
        assert_eq!(seen(301, 403, 403).health, Health::Healthy);
        let refused = seen(403, 403, 403);
        assert_eq!(refused.health, Health::Unknown);
        assert!(refused.text.contains("says nothing"), "{}", refused.text);
        let open = seen(200, 200, 403);
        assert_eq!(open.health, Health::Down);
        assert!(open.text.contains("SQL injection is not blocked (200)") && !open.text.contains("script"), "{open:?}");
    }

    #[test]
    fn unanswered_attack_does_not_prove_a_firewall() {
        let url = "https://example.com/".to_owned();
        let cut = Err(ProbeError::Timeout);
        let check = firewall(&Firewall { url, normal: Ok(200), injection: Ok(403), script: cut });
        assert_eq!(check.health, Health::Unknown);
    }

    fn rule(cidr: &str, port: Option<u16>) -> Rule {
        Rule { group: "sg-1".into(), from: port, to: port, cidr: cidr.into(), description: Some("office".into()) }
    }

    #[test]
    fn allowed_address_is_reported_with_its_rule() {
        let check = allowed("203.0.113.7".parse().unwrap(), &[rule("203.0.113.0/24", Some(443))]);
        assert_eq!(check.health, Health::Healthy);
        assert_eq!(check.text, "may reach port 443: it is in 203.0.113.0/24 of sg-1 \"office\"");
    }

    #[test]
    fn disallowed_address_is_reported_with_the_nearest_range() {
        let rules = [rule("203.0.113.0/28", Some(443)), rule("198.51.100.0/24", None), rule("0.0.0.0/0", Some(22))];
        let check = allowed("203.0.113.17".parse().unwrap(), &rules);
        assert_eq!(check.health, Health::Degraded);
        assert!(check.text.contains("none of 203.0.113.0/28, 198.51.100.0/24;"), "{}", check.text);
        assert!(check.text.contains("nearest is 203.0.113.0/28: 27 of its 28 bits"), "{}", check.text);
        assert!(check.hint.unwrap().contains("203.0.113.17/32"));
        let six = allowed("2001:db8::1".parse().unwrap(), &rules[..2]);
        assert!(six.text.contains("other kind of address"), "{}", six.text);
    }
}
