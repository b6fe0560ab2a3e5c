//! Services: lists, and descriptions with deployments and events.

use super::arns::release_arn;
use super::{Call, cluster, missing, names, paged, served, size, tags};
use crate::account::ACCOUNT;
use crate::clock::timestamp;
use crate::rng;
use crate::services::ApiError;
use crate::wire::{Node, list, map};
use crate::world::World;
use crate::world::bluegreen::Strategy;
use crate::world::ecs::{Deployment, Rollout, Service, Status};
use crate::world::lifecycle::Life;
use crate::world::tasksets::Controller;

/// `ListServices`: pages of 10, up to 100.
pub(super) fn list_services(call: &Call<'_>) -> Result<Node, ApiError> {
    let cluster = cluster(call)?;
    let launch = call.input.str("launchType");
    let items = call
        .world
        .service_index
        .range((cluster, served(call).unwrap_or_default())..(cluster + 1, String::new()))
        .filter(|(_, at)| launch.is_none_or(|l| l == "FARGATE" && !call.world.services[**at].spot))
        .map(|((_, name), at)| (name.clone(), Node::from(call.world.service_arn(*at))));
    paged(call, "serviceArns", items, size(call, 10, 100)?)
}

/// `DescribeServices`: up to 10.
pub(super) fn describe(call: &Call<'_>) -> Result<Node, ApiError> {
    let cluster = cluster(call)?;
    let with_tags = call.input.strings("include").contains(&"TAGS");
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for name in names(call, "services", 10, "Services")? {
        if let Some(at) = call.world.find_service(cluster, name) {
            found.push(node(call.world, at, with_tags));
        } else {
            let c = &call.world.clusters[cluster].name;
            let arn = format!("arn:aws:ecs:{}:{ACCOUNT}:service/{c}/{name}", call.region);
            failures.push(missing(if name.starts_with("arn:") { name.to_owned() } else { arn }));
        }
    }
    Ok(map! {"services": list(found), "failures": list(failures)})
}

/// A service as in AWS's answers.
pub(super) fn node(world: &World, at: usize, with_tags: bool) -> Node {
    let s = &world.services[at];
    let c = &world.clusters[s.cluster];
    let primary = &s.deployments[0];
    let events = s.events.iter().map(|e| {
        map! {"id": uuid(e.id), "createdAt": timestamp(e.at), "message": &e.message}
    });
    let mut node = map! {
        "serviceArn": world.service_arn(at),
        "serviceName": &s.name,
        "clusterArn": c.arn(),
        "loadBalancers": load_balancers(world, at),
        "serviceRegistries": list(Vec::<Node>::new()),
        "status": s.life.name(),
        "desiredCount": s.desired,
        "runningCount": world.running(at),
        "pendingCount": world.pending(at),
        "launchType": (!s.spot).then_some("FARGATE"),
        "capacityProviderStrategy": s.spot.then(strategy),
        "platformVersion": "LATEST",
        "platformFamily": "Linux",
        "taskDefinition": primary.def.arn(),
        "deploymentConfiguration": configuration(s),
        "deployments": list(s.deployments.iter().filter(|_| s.life != Life::Inactive).enumerate().map(|(i, d)| deployment(world, at, i, d))),
        "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"),
        "events": list(events),
        "createdAt": timestamp(s.created),
        "currentServiceDeployment": s.releases.first().map(|r| release_arn(world, at, r)),
        "currentServiceRevisions": list(s.deployments.iter().map(|d| current_revision(world, at, d))),
        "placementConstraints": list(Vec::<Node>::new()),
        "placementStrategy": list(Vec::<Node>::new()),
        "networkConfiguration": network(world, at),
        "healthCheckGracePeriodSeconds": s.grace,
        "schedulingStrategy": if s.daemon { "DAEMON" } else { "REPLICA" },
        "deploymentController": map! {"type": s.controller.name()},
        "createdBy": format!("arn:aws:iam::{ACCOUNT}:role/terraform"),
        "enableECSManagedTags": true,
        "propagateTags": "SERVICE",
        "enableExecuteCommand": s.exec,
        "availabilityZoneRebalancing": "ENABLED",
    };
    if s.controller != Controller::Ecs {
        // Its deployments are task sets; only the external controller knows what is deployed.
        node.set("taskSets", list(task_sets(world, at)));
        node.set("deployments", list(Vec::<Node>::new()));
        for absent in ["currentServiceDeployment", "currentServiceRevisions"] {
            node.set(absent, Node::Null);
        }
        if s.controller == Controller::External {
            for absent in ["taskDefinition", "launchType", "platformVersion", "networkConfiguration"] {
                node.set(absent, Node::Null);
            }
            node.set("loadBalancers", list(Vec::<Node>::new()));
        }
    }
    if with_tags {
        node.set("tags", tags(&s.tags));
    }
    node
}

/// The task sets of a service.
fn task_sets(world: &World, at: usize) -> impl Iterator<Item = Node> {
    let sets = world.services[at].deployments.iter().filter(|d| d.set.is_some());
    sets.map(move |d| task_set(world, at, d))
}

/// A task set as in AWS's answers.
pub(super) fn task_set(world: &World, at: usize, d: &Deployment) -> Node {
    let s = &world.services[at];
    let Some(set) = &d.set else { return map! {} };
    let count = |running: bool| {
        world.count(at, |t| t.deployment == d.id && !t.stopping && (t.status == Status::Running) == running)
    };
    map! {
        "id": d.set_id(),
        "taskSetArn": super::arns::arn(world, at, "task-set", &d.set_id()),
        "serviceArn": world.service_arn(at),
        "clusterArn": world.clusters[s.cluster].arn(),
        "startedBy": if s.controller == Controller::CodeDeploy { "CODE_DEPLOY" } else { "external" },
        "externalId": set.external.as_deref(),
        "status": if set.primary { "PRIMARY" } else { "ACTIVE" },
        "taskDefinition": d.def.arn(),
        "computedDesiredCount": world.computed(at, set),
        "pendingCount": count(false),
        "runningCount": count(true),
        "createdAt": timestamp(d.created),
        "updatedAt": timestamp(d.updated),
        "launchType": (!s.spot).then_some("FARGATE"),
        "capacityProviderStrategy": s.spot.then(strategy),
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "networkConfiguration": network(world, at),
        "loadBalancers": load_balancers(world, at),
        "serviceRegistries": list(Vec::<Node>::new()),
        "scale": map! {"value": set.scale, "unit": "PERCENT"},
        "stabilityStatus": if world.is_stable(at, d) { "STEADY_STATE" } else { "STABILIZING" },
        "stabilityStatusAt": timestamp(d.updated),
        "tags": list(Vec::<Node>::new()),
    }
}

/// The deployment configuration of a service.
pub(super) fn configuration(s: &Service) -> Node {
    let (strategy, bake) = match s.strategy {
        Strategy::Rolling => ("ROLLING", None),
        Strategy::BlueGreen(minutes) => ("BLUE_GREEN", Some(minutes)),
    };
    let alarms = s.alarms.as_ref().map(|a| {
        map! {"alarmNames": list(a.names.iter().map(String::as_str)), "enable": a.enable, "rollback": a.rollback}
    });
    map! {
        "deploymentCircuitBreaker": map! {"enable": s.breaker, "rollback": s.breaker && s.breaker_rollback},
        "maximumPercent": s.max_percent,
        "minimumHealthyPercent": s.min_percent,
        "alarms": alarms,
        "strategy": strategy,
        "bakeTimeInMinutes": bake,
    }
}

fn current_revision(world: &World, at: usize, d: &Deployment) -> Node {
    let count = |running: bool| {
        world.count(at, |t| t.deployment == d.id && !t.stopping && (t.status == Status::Running) == running)
    };
    map! {
        "arn": super::arns::arn(world, at, "service-revision", &d.revision.to_string()),
        "requestedTaskCount": count(true) + count(false),
        "runningTaskCount": count(true),
        "pendingTaskCount": count(false),
    }
}

fn deployment(world: &World, at: usize, index: usize, d: &Deployment) -> Node {
    let s = &world.services[at];
    let count =
        |status: fn(Status) -> bool| world.count(at, |t| t.deployment == d.id && !t.stopping && status(t.status));
    let state = match d.rollout {
        Rollout::InProgress => "IN_PROGRESS",
        Rollout::Completed => "COMPLETED",
        Rollout::Failed => "FAILED",
    };
    map! {
        "id": d.name(),
        "status": if index == 0 { "PRIMARY" } else { "ACTIVE" },
        "taskDefinition": d.def.arn(),
        "desiredCount": if index == 0 { s.desired } else { world.count(at, |t| t.deployment == d.id && !t.stopping) },
        "pendingCount": count(|x| x < Status::Running),
        "runningCount": count(|x| x == Status::Running),
        "failedTasks": d.failed + d.health_failures,
        "createdAt": timestamp(d.created),
        "updatedAt": timestamp(d.updated),
        "launchType": (!s.spot).then_some("FARGATE"),
        "capacityProviderStrategy": s.spot.then(strategy),
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "networkConfiguration": network(world, at),
        "rolloutState": state,
        "rolloutStateReason": &d.reason,
    }
}

/// A capacity provider strategy: the first task on demand, then half of the others on Spot.
pub(super) fn strategy() -> Node {
    list([
        map! {"capacityProvider": "FARGATE", "weight": 1, "base": 1},
        map! {"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0},
    ])
}

/// The load balancer of a service, if it has one.
pub(super) fn load_balancers(world: &World, at: usize) -> Node {
    let s = &world.services[at];
    list(s.target_group.map(|g| {
        // The container with a port; the others are sidecars.
        let all = &s.deployments[0].def.containers;
        let container = all.iter().find(|c| c.port.is_some()).or(all.first());
        map! {
            "targetGroupArn": world.target_groups[g].arn(),
            "containerName": container.map(|c| c.name.as_str()),
            "containerPort": container.and_then(|c| c.port),
        }
    }))
}

/// The subnets and security group of a service.
pub(super) fn network(world: &World, at: usize) -> Node {
    let s = &world.services[at];
    let subnets = s.zones.iter().map(|z| subnet(z));
    let group = format!("sg-{:017x}", rng::hash(4, &s.name) & 0xff_ffff_ffff_ffff);
    map! {"awsvpcConfiguration": map! {
        "subnets": list(subnets),
        "securityGroups": list([group]),
        "assignPublicIp": if s.public_ip { "ENABLED" } else { "DISABLED" },
    }}
}

/// The subnet of a zone.
pub(super) fn subnet(zone: &str) -> String {
    format!("subnet-{:017x}", rng::hash(5, zone) & 0xff_ffff_ffff_ffff)
}

fn uuid(id: u128) -> String {
    let hex = format!("{id:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
