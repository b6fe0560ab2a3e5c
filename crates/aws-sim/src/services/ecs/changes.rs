//! Changes: `UpdateService` and `StopTask`.

use super::{Call, cluster, definitions, invalid, services, tasks};
use crate::services::ApiError;
use crate::wire::{Node, map};
use crate::world::bluegreen::Strategy;
use crate::world::ecs::DeployAlarms;
use crate::world::lifecycle::Life;
use crate::world::tasksets::Controller;

/// Parses an optional whole number of at most `most`.
pub(super) fn number(node: &Node, key: &'static str, most: u32) -> Result<Option<u32>, ApiError> {
    if node.get(key).is_none() {
        return Ok(None);
    }
    let n = node.int(key).and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= most);
    n.map(Some).ok_or_else(|| invalid(format!("{key} must be between 0 and {most}.")))
}

/// The new deployment configuration.
pub(super) struct Configuration {
    pub(super) min: Option<u32>,
    pub(super) max: Option<u32>,
    pub(super) breaker: Option<(bool, bool)>,
    pub(super) alarms: Option<DeployAlarms>,
    pub(super) strategy: Option<Strategy>,
}

/// Parses the deployment configuration of a call, for an existing service or a new one.
pub(super) fn configuration(call: &Call<'_>, service: Option<usize>) -> Result<Option<Configuration>, ApiError> {
    let Some(given) = call.input.get("deploymentConfiguration") else { return Ok(None) };
    let (min, max) = (number(given, "minimumHealthyPercent", 100)?, number(given, "maximumPercent", 1_000)?);
    let now = service.map_or((100, 200), |at| {
        let s = &call.world.services[at];
        (s.min_percent, s.max_percent)
    });
    let (low, high) = (min.unwrap_or(now.0), max.unwrap_or(now.1));
    if high < 100 {
        return Err(invalid("maximumPercent must be at least 100."));
    }
    if (low, high) == (100, 100) {
        return Err(invalid(
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.",
        ));
    }
    let flag = |node: &Node, key: &str| node.bool(key) == Some(true);
    let breaker = given.get("deploymentCircuitBreaker").map(|b| (flag(b, "enable"), flag(b, "rollback")));
    let alarms = given.get("alarms").map(|a| DeployAlarms {
        names: a.strings("alarmNames").into_iter().map(ToOwned::to_owned).collect(),
        enable: flag(a, "enable"),
        rollback: flag(a, "rollback"),
    });
    let bake = number(given, "bakeTimeInMinutes", 1_440)?;
    let strategy = match (given.str("strategy"), service.map(|at| call.world.services[at].strategy)) {
        (Some("ROLLING"), _) => Some(Strategy::Rolling),
        // The console proposes a quarter of an hour.
        (Some("BLUE_GREEN"), _) => Some(Strategy::BlueGreen(bake.unwrap_or(15))),
        (Some(other), _) => return Err(invalid(format!("The deployment strategy {other} is not simulated."))),
        (None, Some(Strategy::BlueGreen(minutes))) => Some(Strategy::BlueGreen(bake.unwrap_or(minutes))),
        (None, _) => None,
    };
    Ok(Some(Configuration { min, max, breaker, alarms, strategy }))
}

/// `UpdateService`: desired count, task definition, a forced deployment, rollout settings. Nothing is changed unless
/// all changes are valid.
pub(super) fn update_service(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let cluster = cluster(call)?;
    let name = call.input.str("service").ok_or_else(|| invalid("Service cannot be empty."))?;
    let at = call
        .world
        .find_service(cluster, name)
        .ok_or_else(|| ApiError::client("ServiceNotFoundException", "Service not found."))?;
    if call.world.services[at].life != Life::Active {
        return Err(ApiError::client("ServiceNotActiveException", "Service was not ACTIVE."));
    }
    refuse_to_deploy(call, call.world.services[at].controller)?;
    let desired = number(call.input, "desiredCount", 5_000)?;
    let grace = number(call.input, "healthCheckGracePeriodSeconds", i32::MAX as u32)?;
    let rules = configuration(call, Some(at))?;
    let current = call.world.services[at].deployments[0].def.clone();
    let def = match call.input.str("taskDefinition") {
        None => current.clone(),
        Some(name) => definitions::find(call.world, call.region, name)
            .ok_or_else(|| ApiError::client("ClientException", "TaskDefinition not found."))?,
    };
    // The service holds the definition as it was when it was deployed; it may have been deregistered since.
    let def = definitions::find(call.world, call.region, &def.arn()).unwrap_or(def);
    let forced = call.input.bool("forceNewDeployment") == Some(true);
    if def.inactive.is_some() && (forced || def.arn() != current.arn()) {
        return Err(ApiError::client("ClientException", "TaskDefinition is inactive"));
    }
    let s = &call.world.services[at];
    if desired.is_some() && s.daemon {
        return Err(invalid(
            "The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again",
        ));
    }
    let s = &mut call.world.services[at];
    s.grace = grace.unwrap_or(s.grace);
    s.exec = call.input.bool("enableExecuteCommand").unwrap_or(s.exec);
    if let Some(rules) = rules {
        s.min_percent = rules.min.unwrap_or(s.min_percent);
        s.max_percent = rules.max.unwrap_or(s.max_percent);
        if let Some((breaker, rollback)) = rules.breaker {
            (s.breaker, s.breaker_rollback) = (breaker, rollback);
        }
        s.alarms = rules.alarms.or(s.alarms.take());
        s.strategy = rules.strategy.unwrap_or(s.strategy);
    }
    if let Some(desired) = desired {
        call.world.set_desired(at, desired);
    }
    if forced || def.arn() != current.arn() {
        call.world.deploy(at, def);
    }
    call.world.updated = Some(at);
    Ok(map! {"service": services::node(call.world, at, false)})
}

/// Refuses the fields that `UpdateService` cannot change if another controller deploys the service.
fn refuse_to_deploy(call: &Call<'_>, controller: Controller) -> Result<(), ApiError> {
    let given = |key: &str| call.input.get(key).is_some();
    let forced = call.input.bool("forceNewDeployment") == Some(true);
    match controller {
        Controller::CodeDeploy if given("taskDefinition") => Err(invalid(
            "Unable to update task definition on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.",
        )),
        Controller::CodeDeploy if forced => Err(invalid(
            "Cannot force a new deployment on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.",
        )),
        Controller::CodeDeploy if given("networkConfiguration") || given("platformVersion") => Err(invalid(
            "Unable to update network parameters on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.",
        )),
        Controller::External if given("taskDefinition") || forced => Err(invalid(
            "Unable to update task definition on services with an EXTERNAL deployment controller. Use the CreateTaskSet and UpdateTaskSet APIs instead.",
        )),
        Controller::Ecs | Controller::CodeDeploy | Controller::External => Ok(()),
    }
}

/// `StopTask`.
pub(super) fn stop_task(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let cluster = cluster(call)?;
    let name = call.input.str("task").ok_or_else(|| invalid("Task cannot be empty."))?;
    let key = tasks::find(call.world, cluster, name).ok_or_else(|| invalid("The referenced task was not found."))?;
    let reason = call.input.str("reason").unwrap_or("Task stopped by user").to_owned();
    call.world.stop_task(key, "UserInitiated", &reason);
    let service = call.world.tasks[&key].service;
    call.world.reconcile_soon(service);
    Ok(map! {"task": tasks::node(call.world, key)})
}
