//! EC2: `DescribeInstances` by id and tag, `StartInstances`; of Systems Manager which instances are online.

use super::{ApiError, Call};
use crate::wire::{Node, map, named_list};
use crate::world::instances::Instance;

/// Runs an EC2 operation.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "DescribeInstances" => describe(call),
        "StartInstances" => start(call),
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
                .is_some_and(|key| instance.tags.iter().any(|(k, v)| *k == key && values.contains(v)))
        };
        by_id && wanted.iter().all(tagged)
    };
    let now = call.world.now;
    let items = call.world.instances.iter().filter(fits).map(|instance| {
        let tags = instance.tags.iter().map(|(key, value)| map! {"key": *key, "value": *value});
        map! {
            "instanceId": instance.id,
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

fn start(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let ids: Vec<String> = ids(call).into_iter().map(str::to_owned).collect();
    let now = call.world.now;
    let mut changed = Vec::new();
    for id in ids {
        let instance = call.world.instances.iter_mut().find(|one| one.id == id).ok_or_else(|| missing(&id))?;
        let before = state(instance, now);
        instance.started.get_or_insert(now);
        changed.push(map! {"instanceId": id, "currentState": state(instance, now), "previousState": before});
    }
    Ok(map! {"instancesSet": named_list("item", changed)})
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
