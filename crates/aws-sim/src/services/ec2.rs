//! EC2: instances by id and tag, their status checks, starting, stopping and restarting them; security groups; of Systems Manager which instances are online.

use super::{ApiError, Call};
use crate::clock::{Ms, timestamp};
use crate::wire::{Node, map, named_list};
use crate::world::instances::{BOOT, Instance};

/// Runs an EC2 operation.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "DescribeInstances" => describe(call),
        "DescribeInstanceStatus" => status(call),
        "StartInstances" => turn(call, Instance::start),
        "StopInstances" => turn(call, Instance::stop),
        "RebootInstances" => reboot(call),
        "DescribeSecurityGroups" => groups(call),
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
    let wanted: Vec<(&str, Vec<&str>)> =
        filters.iter().filter_map(|filter| Some((filter.str("Name")?, filter.strings("Value")))).collect();
    let fits = |instance: &&Instance| {
        let by_id = ids.is_empty() || ids.contains(&instance.id);
        let tagged = |(name, values): &(&str, Vec<&str>)| {
            name.strip_prefix("tag:")
                .is_some_and(|key| instance.all_tags().iter().any(|(k, v)| *k == key && values.contains(v)))
        };
        by_id && wanted.iter().all(tagged)
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
        // Its state stays; its agent and its checks begin again.
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
            // What fails is the instance, and not the host below it.
            let status = if one.checks(now) == "impaired" && !own { "ok" } else { one.checks(now) };
            let passed = match status {
                "ok" => "passed",
                "impaired" => "failed",
                other => other,
            };
            // One that does not run is not looked at.
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

fn groups(call: &Call<'_>) -> Result<Node, ApiError> {
    let wanted = call.input.strings("GroupId");
    let sites = call.world.sites();
    let mine: Vec<_> = sites.iter().filter(|site| site.region == call.region).collect();
    if let Some(id) = wanted.iter().find(|id| mine.iter().all(|site| site.group() != **id)) {
        let text = format!("The security group '{id}' does not exist");
        return Err(ApiError::client("InvalidGroup.NotFound", text));
    }
    let groups = mine.iter().filter(|site| wanted.is_empty() || wanted.contains(&site.group().as_str())).map(|site| {
        let ports: &[u32] = if site.host.is_empty() { &[80] } else { &[80, 443] };
        let rules = ports.iter().map(|port| {
            let ranges = site.allowed.iter().map(|(cidr, about)| map! {"cidrIp": *cidr, "description": *about});
            map! {
                "ipProtocol": "tcp", "fromPort": *port, "toPort": *port,
                "ipRanges": named_list("item", ranges),
            }
        });
        map! {
            "ownerId": crate::account::ACCOUNT,
            "groupId": site.group(),
            "groupName": format!("{}-sg", site.balancer),
            "groupDescription": "Who may reach the load balancer",
            "ipPermissions": named_list("item", rules.collect::<Vec<_>>()),
        }
    });
    Ok(map! {"securityGroupInfo": named_list("item", groups.collect::<Vec<_>>())})
}

/// `ssm:DescribeInstanceInformation` by id: those that are online.
pub(crate) fn information(call: &Call<'_>) -> Node {
    let filters = call.input.items("Filters");
    let wanted: Vec<&str> = filters
        .iter()
        .filter(|filter| filter.str("Key") == Some("InstanceIds"))
        .flat_map(|filter| filter.strings("Values"))
        .collect();
    let now = call.world.now;
    let online =
        call.world.instances.iter().filter(|one| one.online(now) && (filters.is_empty() || wanted.contains(&one.id)));
    let list = online.map(|one| map! {"InstanceId": one.id, "PingStatus": "Online", "AgentVersion": "3.3.1142.0", "ResourceType": "EC2Instance"});
    map! {"InstanceInformationList": crate::wire::list(list.collect::<Vec<_>>())}
}
