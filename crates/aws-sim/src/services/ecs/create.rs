//! `CreateService` and `DeleteService`.

use super::changes::{self, number};
use super::{Call, cluster, definitions, invalid, services};
use crate::services::ApiError;
use crate::wire::{Node, map};
use crate::world::bluegreen::Strategy;
use crate::world::ecs::{Fate, TaskDef};
use crate::world::lifecycle::{Life, NewService};
use crate::world::tasksets::Controller;
use std::sync::Arc;

/// The target group for a new service.
fn target_group(call: &Call<'_>) -> Result<Option<usize>, ApiError> {
    let Some(given) = call.input.items("loadBalancers").first() else { return Ok(None) };
    let arn = given.str("targetGroupArn").unwrap_or_default();
    let found = call.world.target_groups.iter().position(|g| g.region == call.region && g.arn() == arn);
    found.map(Some).ok_or_else(|| invalid(format!("The target group with targetGroupArn {arn} does not exist.")))
}

/// A placeholder definition for a service without one, until its controller deploys. It appears in no answer.
fn nothing(call: &Call<'_>, name: &str) -> Result<Arc<TaskDef>, ApiError> {
    let region = call.world.clusters.iter().find(|c| c.region == call.region).map(|c| c.region);
    let region = region.ok_or_else(|| ApiError::client("ClusterNotFoundException", "Cluster not found."))?;
    Ok(Arc::new(TaskDef {
        region,
        family: name.to_owned(),
        revision: 0,
        cpu: 0,
        memory: 0,
        containers: Vec::new(),
        registered: call.world.now,
        fate: Fate::Fine,
        arm: false,
        raw: None,
        tags: Vec::new(),
        inactive: None,
    }))
}

/// `CreateService`: on Fargate; by default with a rolling update.
pub(super) fn create(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let cluster = cluster(call)?;
    let name = call.input.str("serviceName").unwrap_or_default();
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || name.len() > 255 || !name.chars().all(legal) {
        return Err(invalid("Service name must have 1 to 255 letters, numbers, hyphens and underscores."));
    }
    match call.world.find_service(cluster, name).map(|at| call.world.services[at].life) {
        Some(Life::Active) => return Err(invalid("Creation of service was not idempotent.")),
        Some(Life::Draining) => return Err(invalid("Unable to Start a service that is still Draining.")),
        Some(Life::Inactive) | None => {}
    }
    let controller = call.input.get("deploymentController").and_then(|c| c.str("type")).unwrap_or("ECS");
    let controller = Controller::parse(controller)
        .ok_or_else(|| invalid(format!("The deployment controller {controller} is not valid.")))?;
    let external = controller == Controller::External;
    let def = match call.input.str("taskDefinition") {
        Some(_) if external => {
            return Err(invalid(
                "A task definition is not supported for services with an EXTERNAL deployment controller.",
            ));
        }
        Some(name) => definitions::find(call.world, call.region, name)
            .ok_or_else(|| ApiError::client("ClientException", "TaskDefinition not found."))?,
        None if external => nothing(call, name)?,
        None => return Err(invalid("TaskDefinition can not be blank.")),
    };
    if def.inactive.is_some() {
        return Err(ApiError::client("ClientException", "TaskDefinition is inactive"));
    }
    let network = call.input.get("networkConfiguration").and_then(|n| n.get("awsvpcConfiguration"));
    if network.is_none() && !external {
        return Err(invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified."));
    }
    let public_ip = network.and_then(|n| n.str("assignPublicIp")) == Some("ENABLED");
    let desired = number(call.input, "desiredCount", 5_000)?
        .ok_or_else(|| invalid("Desired count must be specified for REPLICA services."))?;
    let grace = number(call.input, "healthCheckGracePeriodSeconds", i32::MAX as u32)?;
    let rules = changes::configuration(call, None)?;
    let new = NewService {
        cluster,
        name: name.to_owned(),
        def,
        desired,
        min_percent: rules.as_ref().and_then(|r| r.min).unwrap_or(100),
        max_percent: rules.as_ref().and_then(|r| r.max).unwrap_or(200),
        breaker: rules.as_ref().and_then(|r| r.breaker).unwrap_or((false, false)),
        strategy: rules.as_ref().and_then(|r| r.strategy).unwrap_or(Strategy::Rolling),
        controller,
        alarms: rules.and_then(|r| r.alarms),
        exec: call.input.bool("enableExecuteCommand") == Some(true),
        grace: grace.unwrap_or(0),
        target_group: target_group(call)?,
        spot: !call.input.items("capacityProviderStrategy").is_empty(),
        public_ip,
        tags: call
            .input
            .items("tags")
            .iter()
            .filter_map(|t| Some((t.str("key")?.to_owned(), t.str("value").unwrap_or_default().to_owned())))
            .collect(),
    };
    call.world.deleted_services.remove(&(cluster, new.name.clone()));
    let at = call.world.create_service(new);
    call.world.updated = Some(at);
    Ok(map! {"service": services::node(call.world, at, true)})
}

/// `DeleteService`: only a service with a desired count of 0, or any with `force`.
pub(super) fn delete(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let cluster = cluster(call)?;
    let name = call.input.str("service").ok_or_else(|| invalid("Service cannot be empty."))?;
    let at = call
        .world
        .find_service(cluster, name)
        .ok_or_else(|| ApiError::client("ServiceNotFoundException", "Service not found."))?;
    let s = &call.world.services[at];
    if s.life == Life::Active && s.desired > 0 && call.input.bool("force") != Some(true) {
        return Err(invalid("The service cannot be stopped while it is scaled above 0."));
    }
    call.world.delete_service(at);
    Ok(map! {"service": services::node(call.world, at, false)})
}
