//! Manual access for addresses: which security group rules to add, and which may be removed again.

use super::cidr::Block;
use super::declared::{Balancer, Rule};
use crate::names::list_names;

/// The prefix of the descriptions of rules that the cockpit added; only these are removed.
pub const MARK: &str = "added by cockpit";
/// Minimum prefix lengths (IPv4, IPv6) of networks that may be added manually. Larger networks must be declared in
/// code.
const MIN_BITS: (u32, u32) = (24, 48);

/// A network to which access is given or revoked manually.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessChange {
    /// The id of the security group.
    pub group: String,
    /// The network, as typed: `203.0.113.7/32`.
    pub cidr: String,
    /// The TCP ports to open.
    pub ports: Vec<u16>,
    /// The names of the load balancers with this security group.
    pub balancers: Vec<String>,
}

/// The reason why access cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessError {
    /// The reason, as a sentence.
    pub why: String,
    /// The hint.
    pub hint: String,
}

fn shut<T>(why: impl Into<String>, hint: impl Into<String>) -> Result<T, AccessError> {
    Err(AccessError { why: why.into(), hint: hint.into() })
}

/// Normalizes a network as EC2 stores it; a single address is a network of one.
///
/// # Errors
/// If it is not a network, is too large to be added manually, or does not start with its network address.
pub fn network(text: &str) -> Result<String, String> {
    let block = Block::parse(text)
        .ok_or_else(|| format!("`{text}` is neither an address nor a network, for example 203.0.113.7/32"))?;
    let min_bits = if block.base.is_ipv4() { MIN_BITS.0 } else { MIN_BITS.1 };
    if block.bits < min_bits {
        return Err(format!("`{text}` is larger than /{min_bits}: let it in where it is declared"));
    }
    let first = block.first();
    if first != block.base {
        return Err(format!("`{text}` begins within the network: write {first}/{}", block.bits));
    }
    Ok(format!("{}/{}", block.base, block.bits))
}

/// Returns the security groups with address-based ingress rules for the web, with the names of their load balancers and
/// the listener ports.
fn doors(balancers: &[Balancer], rules: &[Rule]) -> Vec<AccessChange> {
    let mut doors: Vec<AccessChange> = Vec::new();
    for balancer in balancers {
        for group in &balancer.security_groups {
            let is_allowed = |port: &u16| rules.iter().any(|rule| rule.group == *group && rule.covers(*port));
            let ports: Vec<u16> = balancer.listeners.iter().map(|listener| listener.port).filter(is_allowed).collect();
            if ports.is_empty() {
                continue;
            }
            let at = doors.iter().position(|door| door.group == *group).unwrap_or_else(|| {
                doors.push(AccessChange { group: group.clone(), ..AccessChange::default() });
                doors.len() - 1
            });
            let door = &mut doors[at];
            door.balancers.push(balancer.name.clone());
            door.ports.extend(ports);
            door.ports.sort_unstable();
            door.ports.dedup();
        }
    }
    doors
}

/// Returns the single security group to change.
fn door(balancers: &[Balancer], rules: &[Rule], group: Option<&str>) -> Result<AccessChange, AccessError> {
    let mut doors = doors(balancers, rules);
    if let Some(group) = group {
        doors.retain(|door| door.group == group);
    }
    match (doors.len(), group) {
        (1, _) => Ok(doors.remove(0)),
        (0, _) if balancers.is_empty() => shut(
            "the environment has no load balancer that is known by its target groups",
            "`target_groups` of the configuration names those of an environment without services",
        ),
        (0, Some(group)) => shut(
            format!("{group} is not a security group of the load balancer that allows addresses"),
            "`cockpit health` names those that are",
        ),
        (0, None) => shut(
            "no security group of the load balancer lets anybody in by address",
            "it is reached through others, such as CloudFront: a way past them is declared, not added by hand",
        ),
        _ => {
            let names: Vec<&str> = doors.iter().map(|door| door.group.as_str()).collect();
            shut(
                format!("several security groups let in by address: {}", list_names(&names)),
                "name one with `--group`",
            )
        }
    }
}

/// Whether a rule allows a whole block.
fn lets_in(rule: &Rule, block: Block) -> bool {
    Block::parse(&rule.cidr).is_some_and(|outer| outer.bits <= block.bits && outer.contains(block.base))
}

/// Returns the rules to add so that a network, normalized by [`network`], can reach the load balancers.
///
/// # Errors
/// If there is no such security group, there are several, or the network is already allowed.
pub fn plan_opening(
    cidr: &str,
    group: Option<&str>,
    balancers: &[Balancer],
    rules: &[Rule],
) -> Result<AccessChange, AccessError> {
    let door = door(balancers, rules, group)?;
    let Some(block) = Block::parse(cidr) else {
        return shut(format!("`{cidr}` is not a network"), "write it like 203.0.113.7/32");
    };
    let matching = || rules.iter().filter(|rule| rule.group == door.group && lets_in(rule, block));
    let ports: Vec<u16> =
        door.ports.iter().copied().filter(|port| !matching().any(|rule| rule.covers(*port))).collect();
    if let (true, Some(rule)) = (ports.is_empty(), matching().next()) {
        let name = rule.description.as_deref().map(|text| format!(" \"{text}\"")).unwrap_or_default();
        return shut(
            format!("{cidr} is let in already: it is in {} of {}{name}", rule.cidr, rule.group),
            "if it is not reached all the same, look at the other checks of `cockpit health`",
        );
    }
    Ok(AccessChange { cidr: cidr.to_owned(), ports, ..door })
}

/// Returns the manually added rules to remove.
///
/// # Errors
/// If there are none, or the network is allowed by a declared rule.
pub fn plan_closing(
    cidr: &str,
    group: Option<&str>,
    balancers: &[Balancer],
    rules: &[Rule],
) -> Result<AccessChange, AccessError> {
    let block = Block::parse(cidr);
    let same = |rule: &&Rule| block.is_some() && Block::parse(&rule.cidr) == block;
    let of_balancers = |rule: &&Rule| {
        balancers.iter().any(|balancer| balancer.security_groups.contains(&rule.group))
            && group.is_none_or(|group| rule.group == group)
    };
    let found: Vec<&Rule> = rules.iter().filter(same).filter(of_balancers).collect();
    let own: Vec<&Rule> = found.iter().copied().filter(|rule| is_ours(rule)).collect();
    let Some(first) = own.first() else {
        return match found.first() {
            Some(rule) => shut(
                format!(
                    "{cidr} is let in by a rule of {} that the cockpit did not add ({})",
                    rule.group,
                    rule.description.as_deref().unwrap_or("without a description")
                ),
                "take it out where it is declared: `allowed_cidr_blocks` of the environment's Terraform",
            ),
            None => shut(
                format!("no security group of the load balancer has a rule for {cidr}"),
                "`cockpit health allow` adds one",
            ),
        };
    };
    if let Some(other) = own.iter().find(|rule| rule.group != first.group) {
        return shut(
            format!("{cidr} was added to several security groups: {} and {}", first.group, other.group),
            "name one with `--group`",
        );
    }
    let mut ports: Vec<u16> = own.iter().filter_map(|rule| rule.from.filter(|from| rule.to == Some(*from))).collect();
    ports.sort_unstable();
    let names = balancers.iter().filter(|balancer| balancer.security_groups.contains(&first.group));
    let balancers = names.map(|balancer| balancer.name.clone()).collect();
    Ok(AccessChange { group: first.group.clone(), cidr: cidr.to_owned(), ports, balancers })
}

/// Whether a rule was added by the cockpit.
pub fn is_ours(rule: &Rule) -> bool {
    rule.description.as_deref().is_some_and(|text| text.starts_with(MARK))
}

impl AccessChange {
    /// Whether each of its ports has a rule for exactly this network.
    pub fn is_open(&self, rules: &[Rule]) -> bool {
        self.ports.iter().all(|port| self.has(*port, rules))
    }

    /// Whether none of its ports has such a rule.
    pub fn is_closed(&self, rules: &[Rule]) -> bool {
        !self.ports.iter().any(|port| self.has(*port, rules))
    }

    fn has(&self, port: u16, rules: &[Rule]) -> bool {
        let block = Block::parse(&self.cidr);
        rules.iter().any(|rule| {
            let ports = (rule.from, rule.to) == (Some(port), Some(port));
            rule.group == self.group && ports && block.is_some() && Block::parse(&rule.cidr) == block
        })
    }

    /// Formats its ports: `80, 443`.
    pub fn format_ports(&self) -> String {
        let ports: Vec<String> = self.ports.iter().map(ToString::to_string).collect();
        list_names(&ports.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::super::declared::Listener;
    use super::*;

    fn balancer(name: &str, group: &str, ports: &[u16]) -> Balancer {
        let listener = |port: &u16| Listener { port: *port, ..Listener::default() };
        Balancer {
            name: name.into(),
            security_groups: vec![group.into()],
            listeners: ports.iter().map(listener).collect(),
            ..Balancer::default()
        }
    }

    fn rule(group: &str, port: u16, cidr: &str, about: &str) -> Rule {
        let description = Some(about.to_owned());
        Rule { group: group.into(), from: Some(port), to: Some(port), cidr: cidr.into(), description }
    }

    #[test]
    fn network_is_normalized_and_a_large_one_rejected() {
        assert_eq!(network("203.0.113.7").as_deref(), Ok("203.0.113.7/32"));
        assert_eq!(network("2001:DB8:0::/48").as_deref(), Ok("2001:db8::/48"));
        assert!(network("203.0.0.0/16").unwrap_err().contains("larger than /24"));
        assert!(network("0.0.0.0/0").unwrap_err().contains("larger"), "it must not be opened to the world manually");
        assert!(network("203.0.113.7/24").unwrap_err().contains("write 203.0.113.0/24"));
        assert!(network("home").unwrap_err().contains("neither an address"));
    }

    #[test]
    fn only_ports_with_address_based_rules_are_opened() {
        let balancers = [balancer("web", "sg-1", &[80, 443, 8443])];
        let rules = [rule("sg-1", 80, "203.0.113.0/24", "office"), rule("sg-1", 443, "203.0.113.0/24", "office")];
        let opening = plan_opening("198.51.100.9/32", None, &balancers, &rules).unwrap();
        assert_eq!((opening.group.as_str(), &opening.ports[..]), ("sg-1", &[80, 443][..]));
        assert!(!opening.is_open(&rules) && opening.is_closed(&rules));
        let half = [rules[0].clone(), rules[1].clone(), rule("sg-1", 80, "198.51.100.9/32", MARK)];
        assert_eq!(plan_opening("198.51.100.9/32", None, &balancers, &half).unwrap().ports, [443]);
        let inside = plan_opening("203.0.113.77/32", None, &balancers, &rules).unwrap_err();
        assert!(inside.why.contains("let in already: it is in 203.0.113.0/24 of sg-1 \"office\""), "{inside:?}");
    }

    #[test]
    fn ambiguous_or_cloudfront_group_is_not_opened() {
        let hidden = plan_opening("198.51.100.9/32", None, &[balancer("web", "sg-1", &[80])], &[]).unwrap_err();
        assert!(hidden.hint.contains("CloudFront"), "{hidden:?}");
        let balancers = [balancer("web", "sg-1", &[80]), balancer("admin", "sg-2", &[80])];
        let rules = [rule("sg-1", 80, "203.0.113.0/24", "a"), rule("sg-2", 80, "203.0.113.0/24", "a")];
        let several = plan_opening("198.51.100.9/32", None, &balancers, &rules).unwrap_err();
        assert!(several.why.contains("sg-1, sg-2") && several.hint.contains("--group"), "{several:?}");
        let named = plan_opening("198.51.100.9/32", Some("sg-2"), &balancers, &rules).unwrap();
        assert_eq!(named.balancers, ["admin"]);
    }

    #[test]
    fn only_manually_added_rules_are_removed() {
        let balancers = [balancer("web", "sg-1", &[80, 443])];
        let mut rules = vec![rule("sg-1", 80, "203.0.113.0/24", "office")];
        let declared = plan_closing("203.0.113.0/24", None, &balancers, &rules).unwrap_err();
        assert!(declared.why.contains("did not add (office)") && declared.hint.contains("allowed_cidr_blocks"));
        let none = plan_closing("198.51.100.9/32", None, &balancers, &rules).unwrap_err();
        assert!(none.why.contains("has a rule for 198.51.100.9/32"), "{none:?}");
        let added = "added by cockpit 2026-11-29";
        rules.push(rule("sg-1", 443, "198.51.100.9/32", added));
        rules.push(rule("sg-1", 80, "198.51.100.9/32", added));
        rules.push(rule("sg-9", 80, "198.51.100.9/32", added));
        let opening = plan_closing("198.51.100.9/32", None, &balancers, &rules).unwrap();
        assert_eq!((opening.group.as_str(), &opening.ports[..]), ("sg-1", &[80, 443][..]), "of another group nothing");
        assert!(opening.is_open(&rules));
    }
}
