//! `RegisterTaskDefinition` and `DeregisterTaskDefinition`. A registered definition is stored unchanged, so that it
//! can be returned as it was; the fields that the world needs are parsed here.

use super::{Call, definitions};
use crate::services::ApiError;
use crate::wire::{Node, list, map};
use crate::world::ecs::{Container, Fate, HealthCheck, TaskDef};
use std::borrow::Cow;
use std::sync::Arc;

fn refused(message: impl Into<String>) -> ApiError {
    ApiError::client("ClientException", message)
}

/// The CPU units of Fargate and the memory allowed with each: lowest, highest, step, in MiB.
const SIZES: &[(i64, i64, i64, i64)] = &[
    (256, 512, 2_048, 512),
    (512, 1_024, 4_096, 1_024),
    (1_024, 2_048, 8_192, 1_024),
    (2_048, 4_096, 16_384, 1_024),
    (4_096, 8_192, 30_720, 1_024),
    (8_192, 16_384, 61_440, 4_096),
    (16_384, 32_768, 122_880, 8_192),
];

/// `RegisterTaskDefinition`.
pub(super) fn register(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let family = call.input.str("family").unwrap_or_default();
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if family.is_empty() {
        return Err(refused("Family should not be null or empty."));
    }
    if family.len() > 255 || !family.chars().all(legal) {
        return Err(refused("Family contains invalid characters."));
    }
    let missing = || ApiError::client("ClientException", "No cluster is in this region.");
    let region = call.world.clusters.iter().find(|c| c.region == call.region).ok_or_else(missing)?.region;
    let definitions = call.input.items("containerDefinitions");
    if definitions.is_empty() {
        return Err(refused("Container list cannot be empty."));
    }
    check(call.input, definitions)?;
    let (cpu, memory) = size(call.input)?;
    let containers = definitions.iter().map(container).collect();
    let (tags, raw) = tags_and_definition(call.input);
    let key = (region, family.to_owned());
    let revisions = call.world.families.entry(key).or_default();
    let def = Arc::new(TaskDef {
        region,
        family: family.to_owned(),
        revision: revisions.last().map_or(1, |d| d.revision + 1),
        cpu,
        memory,
        containers,
        registered: call.world.now,
        fate: Fate::Fine,
        arm: call.input.get("runtimePlatform").and_then(|p| p.str("cpuArchitecture")) == Some("ARM64"),
        raw: Some(raw),
        tags,
        inactive: None,
    });
    revisions.push(Arc::clone(&def));
    Ok(map! {"taskDefinition": definitions::node(&def), "tags": super::tags(&def.tags)})
}

/// Rejects input that AWS rejects; returns the first error.
fn check(input: &Node, containers: &[Node]) -> Result<(), ApiError> {
    let fargate = input.strings("requiresCompatibilities").contains(&"FARGATE");
    let mut names: Vec<&str> = Vec::new();
    for c in containers {
        let name = c.str("name").filter(|n| !n.is_empty());
        let name = name.ok_or_else(|| refused("Container.name should not be null or empty."))?;
        if c.str("image").is_none_or(str::is_empty) {
            return Err(refused("Container.image should not be null or empty."));
        }
        if names.contains(&name) {
            return Err(refused(format!("Container.name '{name}' should be unique.")));
        }
        names.push(name);
    }
    for c in containers {
        let unknown = c.items("dependsOn").iter().filter_map(|d| d.str("containerName")).find(|n| !names.contains(n));
        if let Some(other) = unknown {
            return Err(refused(format!("Container dependsOn container {other} which does not exist.")));
        }
    }
    for check in containers.iter().filter_map(|c| c.get("healthCheck")) {
        if check.items("command").is_empty() {
            return Err(refused("HealthCheck command must not be empty."));
        }
        for (key, low, high) in [("interval", 5, 300), ("timeout", 2, 60), ("retries", 1, 10), ("startPeriod", 0, 300)]
        {
            if check.int(key).is_some_and(|n| !(low..=high).contains(&n)) {
                return Err(refused(format!("HealthCheck {key} must be between {low} and {high}.")));
            }
        }
    }
    if !containers.iter().any(|c| c.bool("essential") != Some(false)) {
        return Err(refused("Task definition must have at least one essential container."));
    }
    if fargate && input.str("networkMode") != Some("awsvpc") {
        return Err(refused("Fargate only supports network mode ‘awsvpc’."));
    }
    let needs_role = |c: &Node| {
        !c.items("secrets").is_empty()
            || c.get("logConfiguration").and_then(|l| l.str("logDriver")) == Some("awslogs")
            || c.str("image").is_some_and(|i| i.contains(".dkr.ecr."))
    };
    if fargate && input.str("executionRoleArn").is_none() && containers.iter().any(needs_role) {
        return Err(refused(
            "Fargate requires task definition to have execution role ARN to support ECR images, log driver awslogs and secrets.",
        ));
    }
    Ok(())
}

/// The CPU and memory of the task.
fn size(input: &Node) -> Result<(u32, u32), ApiError> {
    let cpu = input.int("cpu");
    let memory = input.int("memory");
    if input.strings("requiresCompatibilities").contains(&"FARGATE") {
        let (Some(cpu), Some(memory)) = (cpu, memory) else {
            return Err(refused("Fargate requires that 'cpu' and 'memory' be defined at the task level."));
        };
        let fits = SIZES
            .iter()
            .any(|(c, low, high, step)| *c == cpu && (*low..=*high).contains(&memory) && (memory - low) % step == 0)
            || (cpu, memory) == (256, 1_024);
        if !fits {
            return Err(refused(format!(
                "No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. See the Amazon ECS documentation for the valid values."
            )));
        }
    }
    let to_u32 = |n: Option<i64>| n.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    Ok((to_u32(cpu), to_u32(memory)))
}

/// The container in the form that the world needs.
fn container(c: &Node) -> Container {
    let text = |node: &Node, key: &str| node.str(key).unwrap_or_default().to_owned();
    let log = c.get("logConfiguration").filter(|l| l.str("logDriver") == Some("awslogs"));
    let option = |key: &str| log.and_then(|l| l.get("options")).and_then(|o| o.str(key)).map(ToOwned::to_owned);
    let to_u32 = |n: Option<i64>| n.and_then(|n| u32::try_from(n).ok());
    Container {
        name: text(c, "name"),
        image: text(c, "image"),
        cpu: to_u32(c.int("cpu")).unwrap_or(0),
        memory: to_u32(c.int("memory")),
        essential: c.bool("essential") != Some(false),
        port: c.items("portMappings").first().and_then(|p| to_u32(p.int("containerPort"))),
        environment: c.items("environment").iter().map(|e| (text(e, "name"), text(e, "value"))).collect(),
        secrets: c.items("secrets").iter().map(|s| (text(s, "name"), text(s, "valueFrom"))).collect(),
        check: c.get("healthCheck").map(|check| {
            // The documented defaults of AWS.
            let seconds = |key: &str, or: u32| to_u32(check.int(key)).unwrap_or(or);
            HealthCheck {
                interval: seconds("interval", 30),
                timeout: seconds("timeout", 5),
                retries: seconds("retries", 3),
                start_period: seconds("startPeriod", 0),
            }
        }),
        log: option("awslogs-group").map(|group| (group, option("awslogs-stream-prefix").unwrap_or_default())),
    }
}

/// The fields that only answers have. AWS ignores them silently if a client sends them back.
const ANSWERED: &[&str] = &[
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
];

/// The tags and the tree of a registration, with the defaults that AWS fills in.
fn tags_and_definition(input: &Node) -> (Vec<(String, String)>, Node) {
    let text = |node: &Node, key: &str| node.str(key).unwrap_or_default().to_owned();
    let tags = input.items("tags").iter().map(|t| (text(t, "key"), text(t, "value"))).collect();
    let mut raw = input.clone();
    if let Node::Map(fields) = &mut raw {
        fields.retain(|(k, v)| k != "tags" && *v != Node::Null && !ANSWERED.contains(&k.as_ref()));
        for (key, value) in fields.iter_mut() {
            if let (true, Node::List(_, containers)) = (key == "containerDefinitions", value) {
                containers.iter_mut().for_each(default_container);
            }
        }
    }
    default(&mut raw, "volumes", empty);
    default(&mut raw, "placementConstraints", empty);
    (tags, raw)
}

fn empty() -> Node {
    list(Vec::<Node>::new())
}

/// Sets a field if it is absent.
fn default(node: &mut Node, key: &'static str, value: impl FnOnce() -> Node) {
    if let Node::Map(fields) = node
        && !fields.iter().any(|(k, _)| k == key)
    {
        fields.push((Cow::Borrowed(key), value()));
    }
}

fn default_container(c: &mut Node) {
    default(c, "cpu", || Node::Int(0));
    default(c, "essential", || Node::Bool(true));
    for key in ["portMappings", "environment", "mountPoints", "volumesFrom", "systemControls"] {
        default(c, key, empty);
    }
    let Node::Map(fields) = c else { return };
    for (key, value) in fields {
        if let (true, Node::List(_, ports)) = (key == "portMappings", value) {
            for port in ports {
                let number = port.int("containerPort");
                default(port, "hostPort", || number.map_or(Node::Null, Node::Int));
                default(port, "protocol", || Node::from("tcp"));
            }
        }
    }
}

/// `DeregisterTaskDefinition`: marks the definition INACTIVE.
pub(super) fn deregister(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let name = call.input.str("taskDefinition").unwrap_or_default();
    if !name.rsplit('/').next().unwrap_or(name).contains(':') {
        return Err(ApiError::client("InvalidParameterException", "Revision is required."));
    }
    let def = definitions::find(call.world, call.region, name)
        .ok_or_else(|| refused("The specified task definition does not exist."))?;
    let mut gone = TaskDef::clone(&def);
    gone.inactive = gone.inactive.or(Some(call.world.now));
    let gone = Arc::new(gone);
    replace(call, &gone);
    Ok(map! {"taskDefinition": definitions::node(&gone)})
}

/// Replaces a definition by its changed version.
pub(super) fn replace(call: &mut Call<'_>, def: &Arc<TaskDef>) {
    let revisions = call.world.families.get_mut(&(def.region, def.family.clone()));
    for old in revisions.into_iter().flatten().filter(|d| d.revision == def.revision) {
        *old = Arc::clone(def);
    }
}
