//! Clusters.

use super::{Call, missing, paged, size, tags};
use crate::account::ACCOUNT;
use crate::services::ApiError;
use crate::wire::{Node, list, map};
use crate::world::World;
use crate::world::ecs::Status;

/// `ListClusters`: pages of 100.
pub(super) fn list_clusters(call: &Call<'_>) -> Result<Node, ApiError> {
    let mut arns: Vec<String> =
        call.world.clusters.iter().filter(|c| c.region == call.region).map(crate::world::ecs::Cluster::arn).collect();
    arns.sort();
    let items = arns.into_iter().map(|arn| (arn.clone(), Node::from(arn)));
    paged(call, "clusterArns", items, size(call, 100, 100)?)
}

/// `DescribeClusters`: up to 100; `default` if none is named.
pub(super) fn describe(call: &Call<'_>) -> Result<Node, ApiError> {
    let mut names = call.input.strings("clusters");
    if names.is_empty() {
        names.push("default");
    }
    if names.len() > 100 {
        return Err(super::invalid("Clusters can have at most 100 entries."));
    }
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for name in names {
        match call.world.find_cluster(call.region, name) {
            Some(at) => found.push(node(call.world, at)),
            None if name.starts_with("arn:") => failures.push(missing(name.to_owned())),
            None => failures.push(missing(format!("arn:aws:ecs:{}:{ACCOUNT}:cluster/{name}", call.region))),
        }
    }
    Ok(map! {"clusters": list(found), "failures": list(failures)})
}

fn node(world: &World, at: usize) -> Node {
    let c = &world.clusters[at];
    let services = world.service_index.range((at, String::new())..(at + 1, String::new())).count();
    let (mut running, mut pending) = (0u32, 0u32);
    for (_, task) in world.tasks.range((at, 0)..(at + 1, 0)) {
        running += u32::from(task.status == Status::Running);
        pending += u32::from(task.status < Status::Running);
    }
    let insights = if c.insights { "enabled" } else { "disabled" };
    map! {
        "clusterArn": c.arn(),
        "clusterName": &c.name,
        "status": "ACTIVE",
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": running,
        "pendingTasksCount": pending,
        "activeServicesCount": services,
        "statistics": list(Vec::<Node>::new()),
        "tags": tags(&c.tags),
        "settings": list([map! {"name": "containerInsights", "value": insights}]),
        "capacityProviders": list(["FARGATE", "FARGATE_SPOT"]),
        "defaultCapacityProviderStrategy": list(Vec::<Node>::new()),
    }
}
