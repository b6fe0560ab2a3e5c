//! Allowing addresses by hand: which rules of which security group to add, and which may be removed again.

use super::cidr::Block;
use super::declared::{Balancer, Rule};
use crate::names::listed;

/// How the description of a rule begins that the cockpit has added: no other is taken back.
pub const MARK: &str = "added by cockpit";
/// Larger networks are let in where they are declared: so many bits at least, of IPv4 and of IPv6.
const LEAST_BITS: (u32, u32) = (24, 48);

/// A network that is let in by hand, or is not any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opening {
    /// The id of the security group.
    pub group: String,
    /// The network, as it is typed: `203.0.113.7/32`.
    pub cidr: String,
    /// The TCP ports that may be reached.
    pub ports: Vec<u16>,
    /// The names of the load balancers that have the group.
    pub balancers: Vec<String>,
}

/// Why nothing is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shut {
    /// Why not, in a sentence.
    pub why: String,
    /// The hint: what a person can do about it.
    pub hint: String,
}

fn shut<T>(why: impl Into<String>, hint: impl Into<String>) -> Result<T, Shut> {
    Err(Shut { why: why.into(), hint: hint.into() })
}

/// A network as EC2 keeps it; a single address is a network of one.
///
/// # Errors
/// It is none, it is larger than what is let in by hand, or its address is not the first one of it.
pub fn network(text: &str) -> Result<String, String> {
    let block = Block::parse(text)
        .ok_or_else(|| format!("`{text}` is neither an address nor a network, for example 203.0.113.7/32"))?;
    let least = if block.base.is_ipv4() { LEAST_BITS.0 } else { LEAST_BITS.1 };
    if block.bits < least {
        return Err(format!("`{text}` is larger than /{least}: let it in where it is declared"));
    }
    let first = block.first();
    if first != block.base {
        return Err(format!("`{text}` begins within the network: write {first}/{}", block.bits));
    }
    Ok(format!("{}/{}", block.base, block.bits))
}

/// The security groups that let somebody in to the web by address, with the names of their load balancers and the ports that
/// these listen to.
fn doors(balancers: &[Balancer], rules: &[Rule]) -> Vec<Opening> {
    let mut doors: Vec<Opening> = Vec::new();
    for balancer in balancers {
        for group in &balancer.security_groups {
            let opens = |port: &u16| rules.iter().any(|rule| rule.group == *group && rule.covers(*port));
            let ports: Vec<u16> = balancer.listeners.iter().map(|listener| listener.port).filter(opens).collect();
            if ports.is_empty() {
                continue;
            }
            let at = doors.iter().position(|door| door.group == *group).unwrap_or_else(|| {
                doors.push(Opening { group: group.clone(), ..Opening::default() });
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

/// The one group that is meant.
fn door(balancers: &[Balancer], rules: &[Rule], group: Option<&str>) -> Result<Opening, Shut> {
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
            shut(format!("several security groups let in by address: {}", listed(&names)), "name one with `--group`")
        }
    }
}

/// Whether a rule lets in the whole of a block.
fn lets_in(rule: &Rule, block: Block) -> bool {
    Block::parse(&rule.cidr).is_some_and(|outer| outer.bits <= block.bits && outer.contains(block.base))
}

/// The rules to add so that a network, written as by [`network`], reaches the load balancers.
///
/// # Errors
/// There is no such group, there are several, or it is let in already.
pub fn to_open(cidr: &str, group: Option<&str>, balancers: &[Balancer], rules: &[Rule]) -> Result<Opening, Shut> {
    let door = door(balancers, rules, group)?;
    let Some(block) = Block::parse(cidr) else {
        return shut(format!("`{cidr}` is not a network"), "write it like 203.0.113.7/32");
    };
    let mine = || rules.iter().filter(|rule| rule.group == door.group && lets_in(rule, block));
    let ports: Vec<u16> = door.ports.iter().copied().filter(|port| !mine().any(|rule| rule.covers(*port))).collect();
    if let (true, Some(rule)) = (ports.is_empty(), mine().next()) {
        let name = rule.description.as_deref().map(|text| format!(" \"{text}\"")).unwrap_or_default();
        return shut(
            format!("{cidr} is let in already: it is in {} of {}{name}", rule.cidr, rule.group),
            "if it is not reached all the same, look at the other checks of `cockpit health`",
        );
    }
    Ok(Opening { cidr: cidr.to_owned(), ports, ..door })
}

/// The rules to remove that were added by hand.
///
/// # Errors
/// Nothing was, or it is declared.
pub fn to_close(cidr: &str, group: Option<&str>, balancers: &[Balancer], rules: &[Rule]) -> Result<Opening, Shut> {
    let block = Block::parse(cidr);
    let same = |rule: &&Rule| block.is_some() && Block::parse(&rule.cidr) == block;
    let of_balancers = |rule: &&Rule| {
        balancers.iter().any(|balancer| balancer.security_groups.contains(&rule.group))
            && group.is_none_or(|group| rule.group == group)
    };
    let found: Vec<&Rule> = rules.iter().filter(same).filter(of_balancers).collect();
    let ours: Vec<&Rule> = found.iter().copied().filter(|rule| is_ours(rule)).collect();
    let Some(first) = ours.first() else {
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
    if let Some(other) = ours.iter().find(|rule| rule.group != first.group) {
        return shut(
            format!("{cidr} was added to several security groups: {} and {}", first.group, other.group),
            "name one with `--group`",
        );
    }
    let mut ports: Vec<u16> = ours.iter().filter_map(|rule| rule.from.filter(|from| rule.to == Some(*from))).collect();
    ports.sort_unstable();
    let names = balancers.iter().filter(|balancer| balancer.security_groups.contains(&first.group));
    let balancers = names.map(|balancer| balancer.name.clone()).collect();
    Ok(Opening { group: first.group.clone(), cidr: cidr.to_owned(), ports, balancers })
}

/// Whether the cockpit has added a rule.
pub fn is_ours(rule: &Rule) -> bool {
    rule.description.as_deref().is_some_and(|text| text.starts_with(MARK))
}

impl Opening {
    /// Whether each of its ports has a rule of its own for exactly this network.
    pub fn is_there(&self, rules: &[Rule]) -> bool {
        self.ports.iter().all(|port| self.has(*port, rules))
    }

    /// Whether none of its ports has one any more.
    pub fn is_gone(&self, rules: &[Rule]) -> bool {
        !self.ports.iter().any(|port| self.has(*port, rules))
    }

    fn has(&self, port: u16, rules: &[Rule]) -> bool {
        let block = Block::parse(&self.cidr);
        rules.iter().any(|rule| {
            let ports = (rule.from, rule.to) == (Some(port), Some(port));
            rule.group == self.group && ports && block.is_some() && Block::parse(&rule.cidr) == block
        })
    }

    /// Its ports in words: `80, 443`.
    pub fn ports_in_words(&self) -> String {
        let ports: Vec<String> = self.ports.iter().map(ToString::to_string).collect();
        listed(&ports.iter().map(String::as_str).collect::<Vec<_>>())
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
    fn a_network_is_written_as_it_is_kept_and_a_large_one_is_refused() {
        assert_eq!(network("203.0.113.7").as_deref(), Ok("203.0.113.7/32"));
        assert_eq!(network("2001:DB8:0::/48").as_deref(), Ok("2001:db8::/48"));
        assert!(network("203.0.0.0/16").unwrap_err().contains("larger than /24"));
        assert!(network("0.0.0.0/0").unwrap_err().contains("larger"), "nobody opens it to the world by hand");
        assert!(network("203.0.113.7/24").unwrap_err().contains("write 203.0.113.0/24"));
        assert!(network("home").unwrap_err().contains("neither an address"));
    }

    #[test]
    fn only_ports_that_others_reach_by_address_are_opened() {
        let balancers = [balancer("web", "sg-1", &[80, 443, 8443])];
        let rules = [rule("sg-1", 80, "203.0.113.0/24", "office"), rule("sg-1", 443, "203.0.113.0/24", "office")];
        let opening = to_open("198.51.100.9/32", None, &balancers, &rules).unwrap();
        assert_eq!((opening.group.as_str(), &opening.ports[..]), ("sg-1", &[80, 443][..]));
        assert!(!opening.is_there(&rules) && opening.is_gone(&rules));
        let half = [rules[0].clone(), rules[1].clone(), rule("sg-1", 80, "198.51.100.9/32", MARK)];
        assert_eq!(to_open("198.51.100.9/32", None, &balancers, &half).unwrap().ports, [443]);
        let inside = to_open("203.0.113.77/32", None, &balancers, &rules).unwrap_err();
        assert!(inside.why.contains("let in already: it is in 203.0.113.0/24 of sg-1 \"office\""), "{inside:?}");
    }

    #[test]
    fn one_behind_cloudfront_and_one_of_several_are_not_opened_by_guessing() {
        let hidden = to_open("198.51.100.9/32", None, &[balancer("web", "sg-1", &[80])], &[]).unwrap_err();
        assert!(hidden.hint.contains("CloudFront"), "{hidden:?}");
        let balancers = [balancer("web", "sg-1", &[80]), balancer("admin", "sg-2", &[80])];
        let rules = [rule("sg-1", 80, "203.0.113.0/24", "a"), rule("sg-2", 80, "203.0.113.0/24", "a")];
        let several = to_open("198.51.100.9/32", None, &balancers, &rules).unwrap_err();
        assert!(several.why.contains("sg-1, sg-2") && several.hint.contains("--group"), "{several:?}");
        let named = to_open("198.51.100.9/32", Some("sg-2"), &balancers, &rules).unwrap();
        assert_eq!(named.balancers, ["admin"]);
    }

    #[test]
    fn only_what_was_added_by_hand_is_taken_back() {
        let balancers = [balancer("web", "sg-1", &[80, 443])];
        let mut rules = vec![rule("sg-1", 80, "203.0.113.0/24", "office")];
        let declared = to_close("203.0.113.0/24", None, &balancers, &rules).unwrap_err();
        assert!(declared.why.contains("did not add (office)") && declared.hint.contains("allowed_cidr_blocks"));
        let none = to_close("198.51.100.9/32", None, &balancers, &rules).unwrap_err();
        assert!(none.why.contains("has a rule for 198.51.100.9/32"), "{none:?}");
        let added = "added by cockpit 2026-11-29";
        rules.push(rule("sg-1", 443, "198.51.100.9/32", added));
        rules.push(rule("sg-1", 80, "198.51.100.9/32", added));
        rules.push(rule("sg-9", 80, "198.51.100.9/32", added));
        let opening = to_close("198.51.100.9/32", None, &balancers, &rules).unwrap();
        assert_eq!((opening.group.as_str(), &opening.ports[..]), ("sg-1", &[80, 443][..]), "of another group nothing");
        assert!(opening.is_there(&rules));
    }
}
