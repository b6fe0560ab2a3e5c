//! Changes: `UpdateService` and `StopTask`.

use super::{Call, cluster, definitions, invalid, services, tasks};
use crate::services::ApiError;
use crate::wire::{Node, map};

/// `UpdateService`: desired count, task definition, a forced deployment.
pub(super) fn update_service(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let cluster = cluster(call)?;
    let name = call.input.str("service").ok_or_else(|| invalid("Service cannot be empty."))?;
    let at = call
        .world
        .find_service(cluster, name)
        .ok_or_else(|| ApiError::client("ServiceNotFoundException", "Service not found."))?;
    let desired = match call.input.int("desiredCount") {
        None => None,
        Some(n) => Some(
            u32::try_from(n)
                .ok()
                .filter(|n| *n <= 5_000)
                .ok_or_else(|| invalid("desiredCount must be between 0 and 5000."))?,
        ),
    };
    let current = call.world.services[at].deployments[0].def.clone();
    let def = match call.input.str("taskDefinition") {
        None => current.clone(),
        Some(name) => definitions::find(call.world, call.region, name)
            .ok_or_else(|| ApiError::client("ClientException", "TaskDefinition not found."))?,
    };
    let forced = call.input.bool("forceNewDeployment") == Some(true);
    if let Some(desired) = desired {
        call.world.set_desired(at, desired);
    }
    if forced || def.arn() != current.arn() {
        call.world.deploy(at, def);
    }
    Ok(map! {"service": services::node(call.world, at, false)})
}

/// `StopTask`.
pub(super) fn stop_task(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let cluster = cluster(call)?;
    let name = call.input.str("task").ok_or_else(|| invalid("Task cannot be empty."))?;
    let key = tasks::find(call.world, cluster, name).ok_or_else(|| invalid("The referenced task was not found."))?;
    let reason = call.input.str("reason").unwrap_or("Task stopped by user").to_owned();
    call.world.stop_task(key, "UserInitiated", &reason);
    let service = call.world.tasks[&key].service;
    call.world.look_soon(service);
    Ok(map! {"task": tasks::node(call.world, key)})
}
