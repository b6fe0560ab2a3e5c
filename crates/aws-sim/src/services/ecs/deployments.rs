//! Service deployments and service revisions: the record of each rollout.

use super::arns::{arn, release_arn};
use super::services::{configuration, load_balancers, network, strategy};
use super::{Call, cluster, invalid, missing, names, paged, size};
use crate::clock::timestamp;
use crate::services::ApiError;
use crate::wire::{Node, list, map};
use crate::world::World;
use crate::world::bluegreen::Stage;
use crate::world::ecs::{Release, Revision};

/// `ListServiceDeployments`: newest first, by status and creation time; pages of 20, up to 100.
pub(super) fn list_deployments(call: &Call<'_>) -> Result<Node, ApiError> {
    let cluster = cluster(call)?;
    let name = call.input.str("service").ok_or_else(|| invalid("Service cannot be empty."))?;
    let at = call
        .world
        .find_service(cluster, name)
        .ok_or_else(|| ApiError::client("ServiceNotFoundException", "Service not found."))?;
    let statuses = call.input.strings("status");
    let bound = call.input.get("createdAt");
    let after = bound.and_then(|b| b.time("after"));
    let before = bound.and_then(|b| b.time("before"));
    let is_requested = |r: &&Release| {
        let created = timestamp(r.created);
        (statuses.is_empty() || statuses.contains(&r.shown(call.world.now)))
            && after.is_none_or(|t| created >= t)
            && before.is_none_or(|t| created <= t)
    };
    let world = &*call.world;
    let s = &world.services[at];
    let rows = s.releases.iter().filter(is_requested).map(|r| {
        let node = map! {
            "serviceDeploymentArn": release_arn(world, at, r),
            "serviceArn": world.service_arn(at),
            "clusterArn": world.clusters[cluster].arn(),
            "startedAt": (world.now >= r.started).then(|| timestamp(r.started)),
            "createdAt": timestamp(r.created),
            "finishedAt": r.finished.map(timestamp),
            "targetServiceRevisionArn": arn(world, at, "service-revision", &r.target.to_string()),
            "status": r.shown(world.now),
            "statusReason": r.status_reason.as_ref(),
        };
        // Newest first: later entries have smaller keys.
        (format!("{:020}{}", i64::MAX - r.created, r.id), node)
    });
    paged(call, "serviceDeployments", rows, size(call, 20, 100)?)
}

/// The service and id in `arn:…:KIND/CLUSTER/SERVICE/ID`.
fn find<'a>(call: &Call<'_>, arn: &'a str) -> Option<(usize, &'a str)> {
    let mut parts = arn.rsplitn(4, '/');
    let (id, service, cluster) = (parts.next()?, parts.next()?, parts.next()?);
    let cluster = call.world.find_cluster(call.region, cluster)?;
    Some((call.world.find_service(cluster, service)?, id))
}

/// `DescribeServiceDeployments`: up to 20.
pub(super) fn describe(call: &Call<'_>) -> Result<Node, ApiError> {
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for name in names(call, "serviceDeploymentArns", 20, "Service deployment ARNs")? {
        let hit = find(call, name).and_then(|(at, id)| {
            call.world.services[at].releases.iter().find(|r| r.id == id).map(|r| node(call.world, at, r))
        });
        match hit {
            Some(node) => found.push(node),
            None => failures.push(missing(name.to_owned())),
        }
    }
    Ok(map! {"serviceDeployments": list(found), "failures": list(failures)})
}

/// `StopServiceDeployment`: rolls back by default.
pub(super) fn stop(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let arn = call.input.str("serviceDeploymentArn").ok_or_else(|| invalid("serviceDeploymentArn cannot be empty."))?;
    let rollback = match call.input.str("stopType").unwrap_or("ROLLBACK") {
        "ROLLBACK" => true,
        "ABORT" => false,
        other => return Err(invalid(format!("stopType {other} is not valid."))),
    };
    let missing = || ApiError::client("ServiceDeploymentNotFoundException", "Service deployment not found.");
    let (at, id) = find(call, arn).ok_or_else(missing)?;
    let release = call.world.services[at].releases.iter().position(|r| r.id == id).ok_or_else(missing)?;
    call.world.request_stop(at, release, rollback).map_err(|status| {
        let text = format!("Service deployment {arn} is in the state {status} and can no longer be stopped.");
        ApiError::client("ConflictException", text)
    })?;
    Ok(map! {"serviceDeploymentArn": arn})
}

/// The requested traffic weight in percent of the new or the old revision.
fn weight(new: bool, shifted: bool) -> f64 {
    if new == shifted { 100.0 } else { 0.0 }
}

fn node(world: &World, at: usize, r: &Release) -> Node {
    let s = &world.services[at];
    let revision = |id: u64| {
        let deployment = s.deployments.iter().find(|d| d.revision == id).map(|d| d.id);
        let count = |running: bool| {
            deployment.map_or(0, |d| {
                world.count(at, |t| t.deployment == d && !t.stopping && (t.started.is_some() == running))
            })
        };
        map! {
            "arn": arn(world, at, "service-revision", &id.to_string()),
            "requestedTaskCount": if id == r.target { s.desired } else { count(true) + count(false) },
            "runningTaskCount": count(true),
            "pendingTaskCount": count(false),
            "requestedTestTrafficWeight": r.stage.map(|stage| weight(id == r.target, stage >= Stage::TestTrafficShift)),
            "requestedProductionTrafficWeight":
                r.stage.map(|stage| weight(id == r.target, stage >= Stage::ProductionTrafficShift && r.rollback.is_none())),
        }
    };
    let stage = r.stage.filter(|_| r.finished.is_none() && r.rollback.is_none());
    let breaker = match (s.breaker, r.triggered, r.finished) {
        (false, ..) => "DISABLED",
        (true, true, _) => "TRIGGERED",
        (true, false, None) => "MONITORING",
        (true, false, Some(_)) => "MONITORING_COMPLETE",
    };
    let rollback = r.rollback.as_ref().map(|(started, to, reason)| {
        map! {
            "reason": reason,
            "startedAt": timestamp(*started),
            "serviceRevisionArn": arn(world, at, "service-revision", &to.to_string()),
        }
    });
    let alarms = s.alarms.as_ref().map(|a| {
        let status = match (a.enable, r.alarmed.is_empty(), r.finished) {
            (false, ..) => "DISABLED",
            (true, false, _) => "TRIGGERED",
            (true, true, None) => "MONITORING",
            (true, true, Some(_)) => "MONITORING_COMPLETE",
        };
        map! {
            "status": status,
            "alarmNames": list(a.names.iter().map(String::as_str)),
            "triggeredAlarmNames": list(r.alarmed.iter().map(String::as_str)),
        }
    });
    map! {
        "serviceDeploymentArn": release_arn(world, at, r),
        "serviceArn": world.service_arn(at),
        "clusterArn": world.clusters[s.cluster].arn(),
        "createdAt": timestamp(r.created),
        "startedAt": (world.now >= r.started).then(|| timestamp(r.started)),
        "finishedAt": r.finished.map(timestamp),
        "updatedAt": timestamp(r.updated),
        "sourceServiceRevisions": list(r.sources.iter().map(|id| revision(*id))),
        "targetServiceRevision": revision(r.target),
        "status": r.shown(world.now),
        "statusReason": r.status_reason.as_ref(),
        "lifecycleStage": stage.map(Stage::name),
        "deploymentConfiguration": configuration(s),
        "rollback": rollback,
        "deploymentCircuitBreaker": map! {
            "status": breaker,
            "failureCount": r.failures,
            "threshold": world.breaker_threshold(at),
        },
        "alarms": alarms,
    }
}

/// `DescribeServiceRevisions`: up to 20.
pub(super) fn describe_revisions(call: &Call<'_>) -> Result<Node, ApiError> {
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for name in names(call, "serviceRevisionArns", 20, "Service revision ARNs")? {
        let hit = find(call, name).and_then(|(at, id)| {
            let id: u64 = id.parse().ok()?;
            call.world.services[at].revisions.iter().find(|r| r.id == id).map(|r| revision(call.world, at, r))
        });
        match hit {
            Some(node) => found.push(node),
            None => failures.push(missing(name.to_owned())),
        }
    }
    Ok(map! {"serviceRevisions": list(found), "failures": list(failures)})
}

fn revision(world: &World, at: usize, r: &Revision) -> Node {
    let s = &world.services[at];
    let images = r.def.containers.iter().zip(&r.images.digests).map(|(c, digest)| {
        map! {"containerName": &c.name, "imageDigest": digest.as_deref(), "image": &c.image}
    });
    map! {
        "serviceRevisionArn": arn(world, at, "service-revision", &r.id.to_string()),
        "serviceArn": world.service_arn(at),
        "clusterArn": world.clusters[s.cluster].arn(),
        "taskDefinition": r.def.arn(),
        "capacityProviderStrategy": s.spot.then(strategy),
        "launchType": (!s.spot).then_some("FARGATE"),
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "loadBalancers": load_balancers(world, at),
        "networkConfiguration": network(world, at),
        "containerImages": list(images),
        "guardDutyEnabled": false,
        "createdAt": timestamp(r.created),
    }
}
