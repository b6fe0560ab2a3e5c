//! The things of an environment beside its clusters and databases. What the cockpit finds by itself, by tags and by
//! names, needs no line: only what it would not find becomes one, and what is called like nobody is told.

use super::draft::{Draft, Offer, nearest};
use super::seen::{Region, Seen};
use crate::cdn::{Distribution, belongs, prefixes};
use crate::health_probe::declared::plain;
use crate::machine::is_tagged;
use crate::names::listed;
use crate::parameters;
use std::collections::BTreeMap;

/// Which environments a thing may belong to.
enum Whose {
    /// The cockpit finds it.
    Found(usize),
    /// It is called like this environment, and would not be found.
    Called(usize),
    Nobody,
}

/// Adds what was seen to the drafts, which have names by now; what belongs to none goes into `rest`, as sentences.
pub(super) fn look(drafts: &mut [Draft], seen: &Seen, rest: &mut Vec<String>) {
    for region in &seen.regions {
        balancers(drafts, region, rest);
        logs(drafts, region);
        paths(drafts, region);
        pools(drafts, region, rest);
        machines(drafts, region, rest);
    }
    distributions(drafts, seen, rest);
    hosts(drafts, seen);
    if seen.profile.is_none() && !seen.profiles.is_empty() {
        let why = format!("of this account in ~/.aws/config: {}", seen.profiles.join(", "));
        for draft in drafts.iter_mut() {
            let values = seen.profiles[..1].to_vec();
            draft.guess.offers.push(Offer { key: "profile", values, list: false, why: why.clone() });
        }
    }
}

/// Which draft a name belongs to: by the names that the cockpit uses, else by the beginning of the name.
fn whose(drafts: &[Draft], region: Option<&str>, names: &[&str]) -> Whose {
    let here = |draft: &Draft| region.is_none_or(|region| draft.guess.region.as_deref() == Some(region));
    let finds = |draft: &Draft| belongs(names, &[], &prefixes(&draft.guess.project, &draft.guess.name));
    if let Some(at) = drafts.iter().position(|draft| here(draft) && finds(draft)) {
        return Whose::Found(at);
    }
    names.iter().find_map(|name| nearest(drafts, region, name)).map_or(Whose::Nobody, Whose::Called)
}

/// Target groups that no service has.
fn balancers(drafts: &mut [Draft], region: &Region, rest: &mut Vec<String>) {
    let mut nobody = Vec::new();
    for balancer in &region.balancers {
        for group in &balancer.groups {
            let at = [group, &balancer.name].into_iter().find_map(|name| nearest(drafts, Some(&region.name), name));
            match at {
                Some(at) => drafts[at].guess.target_groups.push(group.clone()),
                None => nobody.push(group.as_str()),
            }
        }
    }
    if !nobody.is_empty() {
        rest.push(format!(
            "target groups of {} are of no service, and called like no environment: {}",
            region.name,
            listed(&nobody)
        ));
    }
}

/// Log groups of functions: reading them costs nothing until somebody looks, but whether that is wanted is not known.
fn logs(drafts: &mut [Draft], region: &Region) {
    for group in &region.logs {
        let name = group.rsplit('/').next().unwrap_or(group);
        let Some(at) = nearest(drafts, Some(&region.name), name) else { continue };
        let draft = &mut drafts[at];
        let (folder, _) = group.split_at(group.len() - name.len());
        let pattern = format!("{folder}{}-*", draft.prefix);
        if !draft.guess.offers.iter().any(|offer| offer.values.contains(&pattern)) {
            let why = "groups beside those of the services".to_owned();
            draft.guess.offers.push(Offer { key: "logs", values: vec![pattern], list: true, why });
        }
    }
}

/// Paths of parameters, for environments whose task definitions name none.
fn paths(drafts: &mut [Draft], region: &Region) {
    for path in parameters::prefixes(region.parameters.iter().map(String::as_str)) {
        // What stands between the slashes is how other things are called.
        let name = path.trim_matches('/').replace('/', "-");
        let Some(at) = nearest(drafts, Some(&region.name), &name).filter(|_| path.ends_with('/')) else { continue };
        if !drafts[at].names_parameters {
            drafts[at].guess.parameters.push(path);
        }
    }
}

fn pools(drafts: &mut [Draft], region: &Region, rest: &mut Vec<String>) {
    let (mut found, mut nobody) = (Vec::new(), Vec::new());
    for (id, name) in &region.pools {
        match whose(drafts, Some(&region.name), &[id, name]) {
            Whose::Found(at) => found.push(at),
            Whose::Called(at) => drafts[at].guess.user_pools.push(name.clone()),
            Whose::Nobody => nobody.push(name.as_str()),
        }
    }
    // A line would take the place of what is found.
    for at in &found {
        drafts[*at].guess.user_pools.clear();
    }
    if !nobody.is_empty() {
        let names = listed(&nobody);
        rest.push(format!("user pools of {} are called like no environment: {names} (`user_pools`)", region.name));
    }
}

fn machines(drafts: &mut [Draft], region: &Region, rest: &mut Vec<String>) {
    let (mut found, mut nobody) = (Vec::new(), Vec::new());
    for machine in &region.machines {
        // The instances of an auto-scaling group come and go; nobody refers to them by name.
        let Some(name) = machine.name.as_deref().filter(|_| machine.group.is_none() && machine.state != "terminated")
        else {
            continue;
        };
        let here = |draft: &Draft| draft.guess.region.as_deref() == Some(region.name.as_str());
        let tagged = |draft: &Draft| here(draft) && is_tagged(machine, &draft.guess.project, &draft.guess.name);
        let of_project =
            |draft: &Draft| here(draft) && machine.project.as_deref() == Some(draft.guess.project.as_str());
        if let Some(at) = drafts.iter().position(tagged) {
            found.push(at);
            continue;
        }
        let only = drafts.iter().filter(|draft| of_project(draft)).count() == 1;
        let by_tag = drafts.iter().position(of_project).filter(|_| only);
        match nearest(drafts, Some(&region.name), name).or(by_tag) {
            Some(at) if drafts[at].guess.instances.iter().any(|known| known == name) => {}
            Some(at) => drafts[at].guess.instances.push(name.to_owned()),
            None => nobody.push(name),
        }
    }
    for at in &found {
        drafts[*at].guess.instances.clear();
    }
    if !nobody.is_empty() {
        let names = listed(&nobody);
        rest.push(format!(
            "instances of {} are tagged and called like no environment: {names} (`instances`)",
            region.name
        ));
    }
}

fn distribution(drafts: &[Draft], one: &Distribution) -> Whose {
    let own = [&one.id, &one.domain, &one.comment];
    let names: Vec<&str> = own.into_iter().chain(&one.aliases).map(String::as_str).collect();
    whose(drafts, None, &names)
}

fn distributions(drafts: &mut [Draft], seen: &Seen, rest: &mut Vec<String>) {
    let (mut found, mut nobody) = (Vec::new(), Vec::new());
    for one in &seen.distributions {
        match distribution(drafts, one) {
            Whose::Found(at) => found.push(at),
            Whose::Called(at) => drafts[at].guess.distributions.push(one.id.clone()),
            Whose::Nobody => nobody.push(format!("{} ({})", one.id, one.title())),
        }
    }
    for at in &found {
        drafts[*at].guess.distributions.clear();
    }
    if !nobody.is_empty() {
        let names = listed(&nobody.iter().map(String::as_str).collect::<Vec<_>>());
        rest.push(format!("distributions are called like no environment: {names} (`distributions`)"));
    }
}

/// Hosts whose records lead to a load balancer of no service, or to a distribution: the cockpit looks for those that lead to
/// the balancers of services.
fn hosts(drafts: &mut [Draft], seen: &Seen) {
    let mut found: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut known = Vec::new();
    let balancers = || seen.regions.iter().flat_map(|region| region.balancers.iter().map(move |one| (region, one)));
    for (host, to) in seen.hosts.iter().filter(|(host, _)| !host.contains('*')) {
        let to = plain(to);
        let at = if let Some((region, balancer)) = balancers().find(|(_, one)| plain(&one.dns) == to) {
            let names = std::iter::once(&balancer.name).chain(&balancer.groups);
            let at = names.into_iter().find_map(|name| nearest(drafts, Some(&region.name), name));
            if balancer.of_services {
                known.extend(at);
                continue;
            }
            at
        } else {
            let one = seen.distributions.iter().find(|one| plain(&one.domain) == to);
            one.and_then(|one| match distribution(drafts, one) {
                Whose::Found(at) | Whose::Called(at) => Some(at),
                Whose::Nobody => None,
            })
        };
        if let Some(at) = at {
            found.entry(at).or_default().push(host.clone());
        }
    }
    for (at, hosts) in found {
        if !known.contains(&at) {
            drafts[at].guess.hosts = hosts;
        }
    }
}

#[cfg(test)]
#[path = "beside_tests.rs"]
mod tests;
