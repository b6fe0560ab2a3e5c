//! Task sets: the deployments of an external controller, with their scale.

use super::{Call, cluster, definitions, invalid, services};
use crate::services::ApiError;
use crate::wire::{Node, list, map};
use crate::world::lifecycle::Life;
use crate::world::tasksets::{Controller, TaskSet};

/// The service of a call about task sets, which must have a controller other than ECS.
fn controlled(call: &Call<'_>) -> Result<usize, ApiError> {
    let cluster = cluster(call)?;
    let name = call.input.str("service").unwrap_or_default();
    let at = call.world.find_service(cluster, name);
    let at = at.ok_or_else(|| ApiError::client("ServiceNotFoundException", "Service not found."))?;
    let s = &call.world.services[at];
    if s.life != Life::Active {
        return Err(ApiError::client("ServiceNotActiveException", "Service was not ACTIVE."));
    }
    if s.controller != Controller::External {
        return Err(invalid("Task sets of this service are managed by its deployment controller."));
    }
    Ok(at)
}

/// The task set that a call names.
fn task_set(call: &Call<'_>, at: usize, key: &str) -> Result<usize, ApiError> {
    let name = call.input.str(key).unwrap_or_default();
    // The ARN ends with the id.
    let name = name.rfind("ecs-svc/").map_or(name, |from| &name[from..]);
    let sets = &call.world.services[at].deployments;
    let found = sets.iter().position(|d| d.set.is_some() && d.set_id() == name);
    found.ok_or_else(|| ApiError::client("TaskSetNotFoundException", "The specified task set was not found."))
}

fn scale(call: &Call<'_>) -> Result<f64, ApiError> {
    let value = match call.input.get("scale").and_then(|scale| scale.get("value")) {
        None => 100.0,
        Some(Node::Int(n)) => *n as f64,
        Some(Node::Float(n)) => *n,
        Some(_) => -1.0,
    };
    if (0.0..=100.0).contains(&value) { Ok(value) } else { Err(invalid("Scale must be between 0 and 100 percent.")) }
}

/// `CreateTaskSet`.
pub(super) fn create_task_set(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let at = controlled(call)?;
    let def = definitions::find(call.world, call.region, call.input.str("taskDefinition").unwrap_or_default())
        .ok_or_else(|| ApiError::client("ClientException", "TaskDefinition not found."))?;
    let external = call.input.str("externalId").map(ToOwned::to_owned);
    let id = call.world.create_task_set(at, def, TaskSet { external, scale: scale(call)?, primary: false });
    answer(call, at, id)
}

/// `UpdateTaskSet`: changes the scale.
pub(super) fn update_task_set(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let at = controlled(call)?;
    let (found, scale) = (task_set(call, at, "taskSet")?, scale(call)?);
    let now = call.world.now;
    let d = &mut call.world.services[at].deployments[found];
    d.updated = now;
    if let Some(set) = &mut d.set {
        set.scale = scale;
    }
    let id = d.id;
    call.world.reconcile_soon(at);
    answer(call, at, id)
}

/// `UpdateServicePrimaryTaskSet`.
pub(super) fn primary(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let at = controlled(call)?;
    let found = task_set(call, at, "primaryTaskSet")?;
    for (n, d) in call.world.services[at].deployments.iter_mut().enumerate() {
        if let Some(set) = &mut d.set {
            set.primary = n == found;
        }
    }
    let id = call.world.services[at].deployments[found].id;
    answer(call, at, id)
}

/// `DeleteTaskSet`: only a task set with scale 0, or any with `force`.
pub(super) fn delete_task_set(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let at = controlled(call)?;
    let found = task_set(call, at, "taskSet")?;
    let d = &call.world.services[at].deployments[found];
    let wanted = d.set.as_ref().is_some_and(|set| set.scale > 0.0);
    if wanted && call.input.bool("force") != Some(true) {
        return Err(invalid("The task set cannot be deleted while it is scaled above 0."));
    }
    let mut node = services::task_set(call.world, at, d);
    node.set("status", "DRAINING");
    call.world.services[at].deployments.remove(found);
    call.world.reconcile_soon(at);
    Ok(map! {"taskSet": node})
}

/// `DescribeTaskSets`: the named ones, or all.
pub(super) fn describe_task_sets(call: &Call<'_>) -> Result<Node, ApiError> {
    let at = controlled(call)?;
    let names = call.input.strings("taskSets");
    let sets = call.world.services[at].deployments.iter().filter(|d| d.set.is_some());
    let sets = sets.filter(|d| names.is_empty() || names.iter().any(|n| n.ends_with(&d.set_id())));
    let world = &*call.world;
    Ok(map! {
        "taskSets": list(sets.map(|d| services::task_set(world, at, d))),
        "failures": list(Vec::<Node>::new()),
    })
}

fn answer(call: &Call<'_>, at: usize, id: u64) -> Result<Node, ApiError> {
    let d = call.world.services[at].deployments.iter().find(|d| d.id == id);
    d.map(|d| map! {"taskSet": services::task_set(call.world, at, d)}).ok_or_else(|| invalid("The task set is gone."))
}
