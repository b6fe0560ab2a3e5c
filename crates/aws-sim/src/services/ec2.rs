//! EC2: instances by id and tag, their status checks; starting, stopping and rebooting them; security groups. Also
//! the Systems Manager list of online instances.

use super::elbv2::vpc;
use super::{ApiError, Call};
use crate::clock::{Ms, timestamp};
use crate::wire::{Node, map, named_list};
use crate::world::instances::{BOOT, Instance};
use crate::world::sites::{IngressRule, Site};

/// Runs an EC2 operation.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "DescribeInstances" => describe(call),
        "DescribeInstanceStatus" => status(call),
        "StartInstances" => turn(call, Instance::start),
        "StopInstances" => turn(call, Instance::stop),
        "RebootInstances" => reboot(call),
        "DescribeSecurityGroups" => groups(call),
        "AuthorizeSecurityGroupIngress" => authorize(call),
        "RevokeSecurityGroupIngress" => revoke(call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

fn ids<'a>(call: &'a Call<'_>) -> Vec<&'a str> {
    call.input.strings("InstanceId")
}

fn missing(id: &str) -> ApiError {
    ApiError::client("InvalidInstanceID.NotFound", format!("The instance ID '{id}' does not exist"))
}

fn describe(call: &Call<'_>) -> Result<Node, ApiError> {
    let ids = ids(call);
    if let Some(id) = ids.iter().find(|id| call.world.instances.iter().all(|instance| instance.id != **id)) {
        return Err(missing(id));
    }
    let filters = call.input.items("Filter");
    let tag_filters: Vec<(&str, Vec<&str>)> =
        filters.iter().filter_map(|filter| Some((filter.str("Name")?, filter.strings("Value")))).collect();
    let fits = |instance: &&Instance| {
        let by_id = ids.is_empty() || ids.contains(&instance.id);
        let tagged = |(name, values): &(&str, Vec<&str>)| {
            name.strip_prefix("tag:")
                .is_some_and(|key| instance.all_tags().iter().any(|(k, v)| *k == key && values.contains(v)))
        };
        by_id && tag_filters.iter().all(tagged)
    };
    let now = call.world.now;
    let items = call.world.instances.iter().filter(fits).map(|instance| {
        let tags = instance.all_tags().into_iter().map(|(key, value)| map! {"key": key, "value": value});
        map! {
            "instanceId": instance.id,
            "instanceType": instance.class,
            "launchTime": timestamp(instance.launched(call.world.start)),
            "placement": map! {"availabilityZone": format!("{}a", call.region)},
            "privateIpAddress": instance.address,
            "instanceState": state(instance, now),
            "tagSet": named_list("item", tags),
        }
    });
    let instances = named_list("item", items);
    Ok(
        map! {"reservationSet": named_list("item", [map! {"reservationId": "r-0123456789abcdef0", "instancesSet": instances}])},
    )
}

fn state(instance: &Instance, now: i64) -> Node {
    let (code, name) = instance.state(now);
    map! {"code": code, "name": name}
}

fn turn(call: &mut Call<'_>, how: fn(&mut Instance, Ms)) -> Result<Node, ApiError> {
    let ids: Vec<String> = ids(call).into_iter().map(str::to_owned).collect();
    let now = call.world.now;
    let mut changed = Vec::new();
    for id in ids {
        let instance = call.world.instances.iter_mut().find(|one| one.id == id).ok_or_else(|| missing(&id))?;
        let before = state(instance, now);
        if instance.terminated.is_some() {
            let text = format!("The instance '{id}' is not in a state from which it can be changed.");
            return Err(ApiError::client("IncorrectInstanceState", text));
        }
        how(instance, now);
        changed.push(map! {"instanceId": id, "currentState": state(instance, now), "previousState": before});
    }
    Ok(map! {"instancesSet": named_list("item", changed)})
}

fn reboot(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let ids: Vec<String> = ids(call).into_iter().map(str::to_owned).collect();
    let now = call.world.now;
    for id in ids {
        let instance = call.world.instances.iter_mut().find(|one| one.id == id).ok_or_else(|| missing(&id))?;
        if instance.state(now).1 != "running" {
            let text = format!("The instance '{id}' is not in a state from which it can be rebooted.");
            return Err(ApiError::client("IncorrectState", text));
        }
        // Its state does not change; its agent and its status checks start anew.
        instance.started = Some(now - BOOT);
    }
    Ok(map! {})
}

fn status(call: &Call<'_>) -> Result<Node, ApiError> {
    let ids = ids(call);
    if let Some(id) = ids.iter().find(|id| call.world.instances.iter().all(|instance| instance.id != **id)) {
        return Err(missing(id));
    }
    let (now, every) = (call.world.now, call.input.bool("IncludeAllInstances") == Some(true));
    let rows = call
        .world
        .instances
        .iter()
        .filter(|one| (ids.is_empty() || ids.contains(&one.id)) && (every || one.state(now).1 == "running"));
    let rows = rows.map(|one| {
        let check = |name: &str, own: bool| {
            // Simulated failures affect the instance, not its host.
            let status = if one.checks(now) == "impaired" && !own { "ok" } else { one.checks(now) };
            let passed = match status {
                "ok" => "passed",
                "impaired" => "failed",
                other => other,
            };
            // Instances that do not run are not checked.
            let details = (passed != "not-applicable").then(|| map! {"name": name, "status": passed});
            map! {"status": status, "details": named_list("item", details)}
        };
        map! {
            "instanceId": one.id,
            "availabilityZone": format!("{}a", call.region),
            "instanceState": state(one, now),
            "systemStatus": check("reachability", false),
            "instanceStatus": check("reachability", true),
        }
    });
    Ok(map! {"instanceStatusSet": named_list("item", rows.collect::<Vec<_>>())})
}

/// The name of a load balancer's security group.
fn name(site: &Site) -> String {
    format!("{}-sg", site.balancer)
}

fn groups(call: &Call<'_>) -> Result<Node, ApiError> {
    let requested = call.input.strings("GroupId");
    let sites = call.world.sites();
    let in_region: Vec<_> = sites.iter().filter(|site| site.region == call.region).collect();
    if let Some(id) = requested.iter().find(|id| in_region.iter().all(|site| site.group() != **id)) {
        let text = format!("The security group '{id}' does not exist");
        return Err(ApiError::client("InvalidGroup.NotFound", text));
    }
    let filters = call.input.items("Filter");
    let fits = |site: &&&Site| {
        let holds = |filter: &Node| {
            let value = match filter.str("Name") {
                Some("group-name") => name(site),
                Some("vpc-id") => vpc(&site.balancer),
                _ => return false,
            };
            filter.strings("Value").contains(&value.as_str())
        };
        (requested.is_empty() || requested.contains(&site.group().as_str())) && filters.iter().all(holds)
    };
    let groups = in_region.iter().filter(fits).map(|site| {
        let mut rules = call.world.ingress_rules(site);
        rules.sort_by_key(|rule| rule.port);
        let permissions = rules.chunk_by(|one, other| one.port == other.port).map(|rules| {
            let of = |six: bool, key: &'static str| {
                let family = rules.iter().filter(move |rule| rule.cidr.contains(':') == six);
                let range = |rule: &IngressRule| {
                    let mut range = map! {"description": rule.about.clone()};
                    range.set(key, rule.cidr.clone());
                    range
                };
                named_list("item", family.map(range).collect::<Vec<_>>())
            };
            let port = rules[0].port;
            map! {
                "ipProtocol": "tcp", "fromPort": port, "toPort": port,
                "ipRanges": of(false, "cidrIp"), "ipv6Ranges": of(true, "cidrIpv6"),
            }
        });
        map! {
            "ownerId": crate::account::ACCOUNT,
            "groupId": site.group(),
            "groupName": name(site),
            "vpcId": vpc(&site.balancer),
            "groupDescription": "Who may reach the load balancer",
            "ipPermissions": named_list("item", permissions.collect::<Vec<_>>()),
        }
    });
    Ok(map! {"securityGroupInfo": named_list("item", groups.collect::<Vec<_>>())})
}

/// The site of the named security group, and the rules of the call: `IpPermissions.N`, each with one port and its ranges.
fn named_rules(call: &Call<'_>) -> Result<(Site, Vec<IngressRule>), ApiError> {
    let id = call.input.str("GroupId").unwrap_or_default();
    let site = call.world.sites().into_iter().find(|site| site.region == call.region && site.group() == id);
    let site = site.ok_or_else(|| {
        ApiError::client("InvalidGroup.NotFound", format!("The security group '{id}' does not exist"))
    })?;
    let missing =
        |name: &str| ApiError::client("MissingParameter", format!("The request must contain the parameter {name}"));
    let mut rules = Vec::new();
    for permission in call.input.items("IpPermissions") {
        let (from, to) = (permission.int("FromPort"), permission.int("ToPort"));
        let port = from.filter(|_| from == to).and_then(|port| u32::try_from(port).ok());
        let port = port.ok_or_else(|| missing("FromPort"))?;
        for (ranges, key) in [("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")] {
            for range in permission.items(ranges) {
                let cidr = range.str(key).ok_or_else(|| missing(key))?;
                let (address, bits) = cidr.split_once('/').unwrap_or((cidr, ""));
                let six = key == "CidrIpv6";
                let fits = address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_ipv6() == six);
                if !fits || bits.parse::<u32>().map_or(true, |bits| bits > if six { 128 } else { 32 }) {
                    let text = format!("CIDR block {cidr} is malformed");
                    return Err(ApiError::client("InvalidParameterValue", text));
                }
                let about = range.str("Description").unwrap_or_default().to_owned();
                rules.push(IngressRule { group: id.to_owned(), port, cidr: cidr.to_owned(), about });
            }
        }
    }
    if rules.is_empty() { Err(missing("ipPermissions")) } else { Ok((site, rules)) }
}

/// A rule as in EC2's answers.
fn rule_node(rule: &IngressRule) -> Node {
    let id = crate::rng::hash(26, &format!("{} {} {}", rule.group, rule.port, rule.cidr)) & 0xff_ffff_ffff_ffff;
    map! {
        "securityGroupRuleId": format!("sgr-{id:017x}"), "groupId": rule.group.clone(), "groupOwnerId": crate::account::ACCOUNT,
        "isEgress": false, "ipProtocol": "tcp", "fromPort": rule.port, "toPort": rule.port,
        "cidrIpv4": Some(rule.cidr.clone()).filter(|cidr| !cidr.contains(':')),
        "cidrIpv6": Some(rule.cidr.clone()).filter(|cidr| cidr.contains(':')),
        "description": rule.about.clone(),
    }
}

/// Adds all rules, or none if one of them exists already.
fn authorize(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let (site, rules) = named_rules(call)?;
    let existing = call.world.ingress_rules(&site);
    let same = |rule: &&IngressRule| existing.iter().any(|other| (other.port, &other.cidr) == (rule.port, &rule.cidr));
    if let Some(rule) = rules.iter().find(same) {
        let text = format!(
            "the specified rule \"peer: {}, TCP, from port: {}, to port: {}, ALLOW\" already exists",
            rule.cidr, rule.port, rule.port
        );
        return Err(ApiError::client("InvalidPermission.Duplicate", text));
    }
    // "Amazon VPC quotas": inbound rules per security group, for IPv4 and IPv6 each.
    if existing.len() + rules.len() > 60 {
        let text = "The maximum number of rules per security group has been reached.";
        return Err(ApiError::client("RulesPerSecurityGroupLimitExceeded", text));
    }
    let list = named_list("item", rules.iter().map(rule_node).collect::<Vec<_>>());
    call.world.ingress_rules.extend(rules);
    Ok(map! {"return": true, "securityGroupRuleSet": list})
}

fn revoke(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let (site, rules) = named_rules(call)?;
    let existing = call.world.ingress_rules(&site);
    for rule in &rules {
        if !existing.iter().any(|other| (other.port, &other.cidr) == (rule.port, &rule.cidr)) {
            let text = "The specified rule does not exist in this security group.";
            return Err(ApiError::client("InvalidPermission.NotFound", text));
        }
    }
    let same = |one: &IngressRule, other: &IngressRule| {
        (&one.group, one.port, &one.cidr) == (&other.group, other.port, &other.cidr)
    };
    call.world.ingress_rules.retain(|one| !rules.iter().any(|rule| same(rule, one)));
    call.world.revoked_rules.extend(rules);
    Ok(map! {"return": true})
}

/// `ssm:DescribeInstanceInformation` by id: the instances that are online.
pub(crate) fn information(call: &Call<'_>) -> Node {
    let filters = call.input.items("Filters");
    let ids: Vec<&str> = filters
        .iter()
        .filter(|filter| filter.str("Key") == Some("InstanceIds"))
        .flat_map(|filter| filter.strings("Values"))
        .collect();
    let now = call.world.now;
    let online =
        call.world.instances.iter().filter(|one| one.online(now) && (filters.is_empty() || ids.contains(&one.id)));
    let list = online.map(|one| map! {"InstanceId": one.id, "PingStatus": "Online", "AgentVersion": "3.3.1142.0", "ResourceType": "EC2Instance"});
    map! {"InstanceInformationList": crate::wire::list(list.collect::<Vec<_>>())}
}
