//! Task definitions.

use super::tags;
use super::{Call, invalid, paged, size};
use crate::account::ACCOUNT;
use crate::clock::timestamp;
use crate::rng;
use crate::services::ApiError;
use crate::wire::{Node, list, map};
use crate::world::World;
use crate::world::ecs::{Container, TaskDef};
use std::borrow::Cow;
use std::sync::Arc;

/// Finds a task definition by ARN, `family:revision` or `family`.
pub(super) fn find(world: &World, region: &str, name: &str) -> Option<Arc<TaskDef>> {
    let name = name.rsplit('/').next().unwrap_or(name);
    let (family, revision) = match name.rsplit_once(':') {
        Some((family, revision)) => (family, Some(revision.parse::<u32>().ok()?)),
        None => (name, None),
    };
    let region = world.clusters.iter().find(|c| c.region == region)?.region;
    let revisions = world.families.get(&(region, family.to_owned()))?;
    match revision {
        Some(revision) => revisions.iter().find(|d| d.revision == revision).cloned(),
        None => revisions.iter().rev().find(|d| d.inactive.is_none()).cloned(),
    }
}

/// `DescribeTaskDefinition`.
pub(super) fn describe(call: &Call<'_>) -> Result<Node, ApiError> {
    let name = call.input.str("taskDefinition").ok_or_else(|| invalid("TaskDefinition cannot be empty."))?;
    let def = find(call.world, call.region, name)
        .ok_or_else(|| ApiError::client("ClientException", "Unable to describe task definition."))?;
    let with_tags = call.input.strings("include").contains(&"TAGS");
    Ok(map! {"taskDefinition": node(&def), "tags": with_tags.then(|| tags(&def.tags))})
}

/// `ListTaskDefinitions`: pages of 100, by family prefix.
pub(super) fn list_definitions(call: &Call<'_>) -> Result<Node, ApiError> {
    let prefix = call.input.str("familyPrefix");
    let inactive = call.input.str("status") == Some("INACTIVE");
    let mut rows: Vec<(String, Node)> = Vec::new();
    for ((region, family), revisions) in &call.world.families {
        if *region == call.region && prefix.is_none_or(|p| family == p) {
            let listed = revisions.iter().filter(|d| d.inactive.is_some() == inactive);
            rows.extend(listed.map(|d| (format!("{family}\u{0}{:09}", d.revision), Node::from(d.arn()))));
        }
    }
    if call.input.str("sort") == Some("DESC") {
        rows.reverse();
        let n = rows.len();
        for (i, row) in rows.iter_mut().enumerate() {
            row.0 = format!("{i:09}/{n}");
        }
    }
    paged(call, "taskDefinitionArns", rows.into_iter(), size(call, 100, 100)?)
}

/// A task definition as in AWS's answers: the registered fields unchanged, plus those that AWS adds.
pub(super) fn node(d: &TaskDef) -> Node {
    if let Some(raw) = &d.raw {
        let mut node = raw.clone();
        added(d, &mut node);
        return node;
    }
    let role = |name: &str| format!("arn:aws:iam::{ACCOUNT}:role/{}-{name}", d.family);
    let mut node = map! {
        "containerDefinitions": list(d.containers.iter().map(|c| container(d, c))),
        "family": &d.family,
        "taskRoleArn": role("task"),
        "executionRoleArn": role("execution"),
        "networkMode": "awsvpc",
        "volumes": list(Vec::<Node>::new()),
        "placementConstraints": list(Vec::<Node>::new()),
        "runtimePlatform": map! {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
        "requiresCompatibilities": list(["FARGATE"]),
        "cpu": d.cpu.to_string(),
        "memory": d.memory.to_string(),
    };
    added(d, &mut node);
    let run = rng::hash(8, &d.family) & 0xffff;
    node.set("registeredBy", format!("arn:aws:sts::{ACCOUNT}:assumed-role/github-actions/deploy-{run:x}"));
    node
}

/// Adds the fields that AWS adds to a registered definition.
fn added(d: &TaskDef, node: &mut Node) {
    node.set("taskDefinitionArn", d.arn());
    node.set("revision", d.revision);
    node.set("status", if d.inactive.is_some() { "INACTIVE" } else { "ACTIVE" });
    node.set("requiresAttributes", list([map! {"name": "ecs.capability.task-eni"}]));
    node.set("compatibilities", list(["EC2", "FARGATE"]));
    node.set("registeredAt", timestamp(d.registered));
    node.set("deregisteredAt", d.inactive.map(timestamp));
    node.set("registeredBy", format!("arn:aws:sts::{ACCOUNT}:assumed-role/admin/operator"));
}

fn container(d: &TaskDef, c: &Container) -> Node {
    let log = c.log.as_ref().map(|(group, prefix)| {
        let options = Node::Map(
            [("awslogs-group", group.as_str()), ("awslogs-region", d.region), ("awslogs-stream-prefix", prefix)]
                .into_iter()
                .map(|(k, v)| (Cow::Borrowed(k), Node::from(v)))
                .collect(),
        );
        map! {"logDriver": "awslogs", "options": options, "secretOptions": list(Vec::<Node>::new())}
    });
    let port = c.port.map(|p| map! {"containerPort": p, "hostPort": p, "protocol": "tcp"});
    map! {
        "name": &c.name,
        "image": &c.image,
        "cpu": c.cpu,
        "memory": c.memory,
        "portMappings": list(port),
        "essential": c.essential,
        "environment": list(c.environment.iter().map(|(k, v)| map! {"name": k, "value": v})),
        "mountPoints": list(Vec::<Node>::new()),
        "volumesFrom": list(Vec::<Node>::new()),
        "secrets": list(c.secrets.iter().map(|(k, v)| map! {"name": k, "valueFrom": v})),
        "logConfiguration": log,
        "healthCheck": c.check.map(|check| map! {
            "command": list(["CMD-SHELL", "curl -f http://localhost/health || exit 1"]),
            "interval": check.interval,
            "timeout": check.timeout,
            "retries": check.retries,
            "startPeriod": check.start_period,
        }),
        "systemControls": list(Vec::<Node>::new()),
    }
}
