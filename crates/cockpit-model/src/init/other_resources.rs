//! Resources of an environment other than clusters and databases. Resources that the cockpit finds by tags and names
//! need no configuration line; only those that it would not find get one, and those that match no environment are
//! reported.

use super::discovered::{DiscoveredResources, Region};
use super::draft::{Draft, Offer, best_match};
use crate::cdn::{Distribution, belongs, prefixes};
use crate::health_probe::declared::normalize_name;
use crate::machine::is_tagged;
use crate::names::list_names;
use crate::parameters;
use std::collections::BTreeMap;

/// The environment that a resource may belong to.
enum Owner {
    /// The cockpit finds it without configuration.
    Found(usize),
    /// Its name matches this environment, but the cockpit would not find it.
    NameMatches(usize),
    Nobody,
}

/// Adds the resources to the drafts, which already have names; resources that match none are reported as sentences in
/// `rest`.
pub(super) fn assign_resources(drafts: &mut [Draft], seen: &DiscoveredResources, rest: &mut Vec<String>) {
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

/// Returns the draft that a name belongs to: by the names that the cockpit looks for, or else by the start of the name.
fn owner(drafts: &[Draft], region: Option<&str>, names: &[&str]) -> Owner {
    let here = |draft: &Draft| region.is_none_or(|region| draft.guess.region.as_deref() == Some(region));
    let finds = |draft: &Draft| belongs(names, &[], &prefixes(&draft.guess.project, &draft.guess.name));
    if let Some(at) = drafts.iter().position(|draft| here(draft) && finds(draft)) {
        return Owner::Found(at);
    }
    names.iter().find_map(|name| best_match(drafts, region, name)).map_or(Owner::Nobody, Owner::NameMatches)
}

/// Adds target groups that no service uses.
fn balancers(drafts: &mut [Draft], region: &Region, rest: &mut Vec<String>) {
    let mut unmatched = Vec::new();
    for balancer in &region.balancers {
        for group in &balancer.groups {
            let at = [group, &balancer.name].into_iter().find_map(|name| best_match(drafts, Some(&region.name), name));
            match at {
                Some(at) => drafts[at].guess.target_groups.push(group.clone()),
                None => unmatched.push(group.as_str()),
            }
        }
    }
    if !unmatched.is_empty() {
        rest.push(format!(
            "target groups in {} belong to no service and match no environment: {}",
            region.name,
            list_names(&unmatched)
        ));
    }
}

/// Offers log groups of functions. Reading them costs nothing until they are opened, but they may not be wanted.
fn logs(drafts: &mut [Draft], region: &Region) {
    for group in &region.logs {
        let name = group.rsplit('/').next().unwrap_or(group);
        let Some(at) = best_match(drafts, Some(&region.name), name) else { continue };
        let draft = &mut drafts[at];
        let (folder, _) = group.split_at(group.len() - name.len());
        let pattern = format!("{folder}{}-*", draft.prefix);
        if !draft.guess.offers.iter().any(|offer| offer.values.contains(&pattern)) {
            let why = "groups beside those of the services".to_owned();
            draft.guess.offers.push(Offer { key: "logs", values: vec![pattern], list: true, why });
        }
    }
}

/// Adds parameter paths for environments whose task definitions reference none.
fn paths(drafts: &mut [Draft], region: &Region) {
    for path in parameters::prefixes(region.parameters.iter().map(String::as_str)) {
        // The parts between the slashes follow the naming of other resources.
        let name = path.trim_matches('/').replace('/', "-");
        let Some(at) = best_match(drafts, Some(&region.name), &name).filter(|_| path.ends_with('/')) else { continue };
        if !drafts[at].references_parameters {
            drafts[at].guess.parameters.push(path);
        }
    }
}

fn pools(drafts: &mut [Draft], region: &Region, rest: &mut Vec<String>) {
    let (mut found, mut unmatched) = (Vec::new(), Vec::new());
    for (id, name) in &region.pools {
        match owner(drafts, Some(&region.name), &[id, name]) {
            Owner::Found(at) => found.push(at),
            Owner::NameMatches(at) => drafts[at].guess.user_pools.push(name.clone()),
            Owner::Nobody => unmatched.push(name.as_str()),
        }
    }
    // A configuration line would replace the automatic lookup.
    for at in &found {
        drafts[*at].guess.user_pools.clear();
    }
    if !unmatched.is_empty() {
        let names = list_names(&unmatched);
        rest.push(format!("user pools in {} match no environment: {names} (`user_pools`)", region.name));
    }
}

fn machines(drafts: &mut [Draft], region: &Region, rest: &mut Vec<String>) {
    let (mut found, mut unmatched) = (Vec::new(), Vec::new());
    for machine in &region.machines {
        // Instances of an Auto Scaling group are replaced, so their names are not stable references.
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
        match best_match(drafts, Some(&region.name), name).or(by_tag) {
            Some(at) if drafts[at].guess.instances.iter().any(|known| known == name) => {}
            Some(at) => drafts[at].guess.instances.push(name.to_owned()),
            None => unmatched.push(name),
        }
    }
    for at in &found {
        drafts[*at].guess.instances.clear();
    }
    if !unmatched.is_empty() {
        let names = list_names(&unmatched);
        rest.push(format!("instances in {} match no environment by tag or name: {names} (`instances`)", region.name));
    }
}

fn distribution(drafts: &[Draft], one: &Distribution) -> Owner {
    let own = [&one.id, &one.domain, &one.comment];
    let names: Vec<&str> = own.into_iter().chain(&one.aliases).map(String::as_str).collect();
    owner(drafts, None, &names)
}

fn distributions(drafts: &mut [Draft], seen: &DiscoveredResources, rest: &mut Vec<String>) {
    let (mut found, mut unmatched) = (Vec::new(), Vec::new());
    for one in &seen.distributions {
        match distribution(drafts, one) {
            Owner::Found(at) => found.push(at),
            Owner::NameMatches(at) => drafts[at].guess.distributions.push(one.id.clone()),
            Owner::Nobody => unmatched.push(format!("{} ({})", one.id, one.title())),
        }
    }
    for at in &found {
        drafts[*at].guess.distributions.clear();
    }
    if !unmatched.is_empty() {
        let names = list_names(&unmatched.iter().map(String::as_str).collect::<Vec<_>>());
        rest.push(format!("distributions match no environment: {names} (`distributions`)"));
    }
}

/// Adds hosts whose records point to a distribution, or to a load balancer that no service uses. Hosts of the services'
/// load balancers are found without configuration.
fn hosts(drafts: &mut [Draft], seen: &DiscoveredResources) {
    let mut found: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut known = Vec::new();
    let balancers = || seen.regions.iter().flat_map(|region| region.balancers.iter().map(move |one| (region, one)));
    for (host, to) in seen.hosts.iter().filter(|(host, _)| !host.contains('*')) {
        let to = normalize_name(to);
        let at = if let Some((region, balancer)) = balancers().find(|(_, one)| normalize_name(&one.dns) == to) {
            let names = std::iter::once(&balancer.name).chain(&balancer.groups);
            let at = names.into_iter().find_map(|name| best_match(drafts, Some(&region.name), name));
            if balancer.is_used_by_service {
                known.extend(at);
                continue;
            }
            at
        } else {
            let one = seen.distributions.iter().find(|one| normalize_name(&one.domain) == to);
            one.and_then(|one| match distribution(drafts, one) {
                Owner::Found(at) | Owner::NameMatches(at) => Some(at),
                Owner::Nobody => None,
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
#[path = "other_resources_tests.rs"]
mod tests;
