//! Tasks: lists with filters, and descriptions with containers and stop codes.

use super::services::subnet;
use super::{Call, cluster, invalid, missing, names, paged, served, size};
use crate::account::ACCOUNT;
use crate::clock::{Ms, timestamp};
use crate::rng;
use crate::services::ApiError;
use crate::wire::{Node, list, map};
use crate::world::ecs::{Container, Health, Status, Task};
use crate::world::{TaskKey, World};

/// `ListTasks`: filters by service, family, desired status, launch type; pages of 100.
pub(super) fn list_tasks(call: &Call<'_>) -> Result<Node, ApiError> {
    let cluster = cluster(call)?;
    let size = size(call, 100, 100)?;
    let stopped = match call.input.str("desiredStatus").unwrap_or("RUNNING") {
        "RUNNING" => false,
        "STOPPED" => true,
        "PENDING" => return paged(call, "taskArns", std::iter::empty(), size),
        other => return Err(invalid(format!("desiredStatus {other} is not valid."))),
    };
    let family = call.input.str("family");
    let by = call.input.str("startedBy");
    let world = &*call.world;
    let is_requested = |key: TaskKey| {
        world.tasks.get(&key).filter(|t| {
            t.stopping == stopped
                && family.is_none_or(|f| t.def.family == f)
                && by.is_none_or(|b| format!("ecs-svc/{}", t.deployment) == b)
        })
    };
    let row = |key: TaskKey| (format!("{:032x}", key.1), Node::from(world.task_arn(key)));
    if let Some(name) = call.input.str("serviceName") {
        let service = world
            .find_service(cluster, name)
            .ok_or_else(|| ApiError::client("ServiceNotFoundException", "Service not found."))?;
        let s = &world.services[service];
        let mut ids: Vec<u128> = s.live.iter().chain(&s.stopped).copied().collect();
        ids.sort_unstable();
        let keys = ids.into_iter().map(|id| (cluster, id)).filter(|k| is_requested(*k).is_some());
        return paged(call, "taskArns", keys.map(row), size);
    }
    let from = served(call).and_then(|key| u128::from_str_radix(&key, 16).ok()).unwrap_or(0);
    let keys = world.tasks.range((cluster, from)..(cluster + 1, 0)).map(|(k, _)| *k);
    paged(call, "taskArns", keys.filter(|k| is_requested(*k).is_some()).map(row), size)
}

/// `DescribeTasks`: up to 100.
pub(super) fn describe(call: &Call<'_>) -> Result<Node, ApiError> {
    let cluster = cluster(call)?;
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for name in names(call, "tasks", 100, "Tasks")? {
        match find(call.world, cluster, name) {
            Some(key) => found.push(node(call.world, key)),
            None if name.starts_with("arn:") => failures.push(missing(name.to_owned())),
            None => {
                let c = &call.world.clusters[cluster].name;
                failures.push(missing(format!("arn:aws:ecs:{}:{ACCOUNT}:task/{c}/{name}", call.region)));
            }
        }
    }
    Ok(map! {"tasks": list(found), "failures": list(failures)})
}

/// Finds a task of a cluster by id or ARN.
pub(crate) fn find(world: &World, cluster: usize, name: &str) -> Option<TaskKey> {
    let id = name.rsplit('/').next().filter(|id| id.len() == 32)?;
    let key = (cluster, u128::from_str_radix(id, 16).ok()?);
    world.tasks.contains_key(&key).then_some(key)
}

/// A task as in AWS's answers.
pub(super) fn node(world: &World, key: TaskKey) -> Node {
    let t = &world.tasks[&key];
    let s = &world.services[t.service];
    let c = &world.clusters[s.cluster];
    let interface = attachment_id(key, 1);
    let containers = t.def.containers.iter().enumerate().map(|(i, d)| container(world, key, t, d, i, &interface));
    let stop = t.stop.as_deref();
    let up = t.pull_stopped;
    let set = s.deployments.iter().find(|d| d.id == t.deployment).and_then(|d| d.set.as_ref().map(|_| d.set_id()));
    let started_by = set.unwrap_or_else(|| format!("ecs-svc/{}", t.deployment));
    map! {
        "attachments": list([attachment(key, t, &interface)]),
        "attributes": list([map! {"name": "ecs.cpu-architecture", "value": "x86_64"}]),
        "availabilityZone": t.zone,
        "clusterArn": c.arn(),
        "connectivity": up.map(|_| "CONNECTED"),
        "connectivityAt": up.map(timestamp),
        "containers": list(containers),
        "cpu": t.def.cpu.to_string(),
        "createdAt": timestamp(t.created),
        "desiredStatus": if t.stopping { "STOPPED" } else { "RUNNING" },
        "enableExecuteCommand": t.exec,
        "executionStoppedAt": t.execution_stopped.map(timestamp),
        "group": format!("service:{}", s.name),
        "healthStatus": t.health.name(),
        "lastStatus": t.status.name(),
        "launchType": "FARGATE",
        "capacityProviderName": s.spot.then_some(if t.spot { "FARGATE_SPOT" } else { "FARGATE" }),
        "memory": t.def.memory.to_string(),
        "overrides": map! {
            "containerOverrides": list(t.def.containers.iter().map(|d| map! {"name": &d.name})),
            "inferenceAcceleratorOverrides": list(Vec::<Node>::new()),
        },
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "pullStartedAt": t.pull_started.map(timestamp),
        "pullStoppedAt": t.pull_stopped.map(timestamp),
        "startedAt": t.started.map(timestamp),
        "startedBy": started_by,
        "stopCode": stop.map(|s| s.code),
        "stoppedAt": t.stopped.map(timestamp),
        "stoppedReason": stop.map(|s| s.reason.as_str()),
        "stoppingAt": t.stopping_at.map(timestamp),
        "tags": list(Vec::<Node>::new()),
        "taskArn": world.task_arn(key),
        "taskDefinitionArn": t.def.arn(),
        "version": t.epoch + 1,
        "ephemeralStorage": map! {"sizeInGiB": 20},
    }
}

fn container(world: &World, key: TaskKey, t: &Task, d: &Container, at: usize, interface: &str) -> Node {
    let c = &world.clusters[key.0];
    let region = c.region;
    let ended = t.execution_stopped.is_some() || t.status == Status::Stopped;
    let status = match t.status {
        Status::Provisioning | Status::Pending | Status::Activating => "PENDING",
        _ if ended => "STOPPED",
        _ => "RUNNING",
    };
    let stop = t.stop.as_deref().filter(|_| ended);
    let decides = at == t.images.container;
    // A container that never ran has no exit code.
    let exit = stop.and_then(|s| if decides || s.exit.is_none() { s.exit } else { Some(0) });
    let id = runtime_id(key, &d.name);
    map! {
        "containerArn": format!("arn:aws:ecs:{region}:{ACCOUNT}:container/{}/{:032x}/{}", c.name, key.1, attachment_id(key, rng::hash(7, &d.name))),
        "taskArn": world.task_arn(key),
        "name": &d.name,
        "image": &d.image,
        "imageDigest": t.pull_stopped.and(t.images.digests.get(at)).and_then(Option::as_deref),
        "runtimeId": t.pull_stopped.map(|_| id),
        "managedAgents": t.exec.then(|| list([managed_agent(world.now, t, ended)])),
        "lastStatus": status,
        "exitCode": exit.filter(|_| t.pull_stopped.is_some()),
        "reason": stop.filter(|_| decides).and_then(|s| s.container.as_deref()),
        "networkBindings": list(Vec::<Node>::new()),
        "networkInterfaces": list([map! {"attachmentId": interface, "privateIpv4Address": t.ip()}]),
        "healthStatus": if d.check.is_some() { t.health } else { Health::Unknown }.name(),
        "cpu": d.cpu.to_string(),
        "memory": d.memory.map(|m| m.to_string()),
        "memoryReservation": None::<String>,
    }
}

/// The runtime id of a container.
pub(crate) fn runtime_id(key: TaskKey, container: &str) -> String {
    format!("{:032x}-{:010}", key.1, rng::hash(6, container) % 10_000_000_000)
}

/// The ECS Exec agent of a container; it is up a few seconds after the task.
fn managed_agent(now: Ms, t: &Task, ended: bool) -> Node {
    let status = if ended {
        "STOPPED"
    } else if t.exec_ready(now) {
        "RUNNING"
    } else {
        "PENDING"
    };
    map! {
        "name": "ExecuteCommandAgent",
        "lastStatus": status,
        "lastStartedAt": t.started.filter(|_| t.exec_ready(now)).map(timestamp),
    }
}

fn attachment(key: TaskKey, t: &Task, id: &str) -> Node {
    let status = match t.status {
        Status::Provisioning => "PRECREATED",
        Status::Pending => "ATTACHING",
        Status::Deprovisioning => "DETACHING",
        Status::Stopped => "DELETED",
        _ => "ATTACHED",
    };
    let detail = |name: &str, value: String| map! {"name": name, "value": value};
    map! {
        "id": id,
        "type": "ElasticNetworkInterface",
        "status": status,
        "details": list([
            detail("subnetId", subnet(t.zone)),
            detail("networkInterfaceId", format!("eni-{:017x}", (key.1 >> 3) & 0xff_ffff_ffff_ffff)),
            detail("macAddress", format!("0a:{:02x}:{:02x}:{:02x}:00:01", t.address[0], t.address[1], t.address[2])),
            detail("privateIPv4Address", t.ip()),
        ]),
    }
}

fn attachment_id(key: TaskKey, salt: u64) -> String {
    rng::Rng::new(salt ^ key.1 as u64, "attachment").uuid()
}
