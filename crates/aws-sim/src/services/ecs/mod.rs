//! ECS: the table of operations, and shared helpers. One file each for clusters, services, tasks, task definitions
//! and their registration, service deployments, tags, and changes.

mod arns;
mod changes;
mod clusters;
mod create;
mod definitions;
mod deployments;
mod register;
mod services;
mod tagging;
mod task_sets;
pub(crate) mod tasks;

use super::token::{self, Page};
use super::{ApiError, Call};
use crate::wire::{Node, list, map};

/// Runs an ECS operation.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "ListClusters" => clusters::list_clusters(call),
        "DescribeClusters" => clusters::describe(call),
        "ListServices" => services::list_services(call),
        "DescribeServices" => services::describe(call),
        "ListTasks" => tasks::list_tasks(call),
        "DescribeTasks" => tasks::describe(call),
        "DescribeTaskDefinition" => definitions::describe(call),
        "ListTaskDefinitions" => definitions::list_definitions(call),
        "ListServiceDeployments" => deployments::list_deployments(call),
        "DescribeServiceDeployments" => deployments::describe(call),
        "DescribeServiceRevisions" => deployments::describe_revisions(call),
        "StopServiceDeployment" => deployments::stop(call),
        "RegisterTaskDefinition" => register::register(call),
        "DeregisterTaskDefinition" => register::deregister(call),
        "TagResource" => tagging::tag(call),
        "UntagResource" => tagging::untag(call),
        "ListTagsForResource" => tagging::list_tags(call),
        "CreateService" => create::create(call),
        "CreateTaskSet" => task_sets::create_task_set(call),
        "UpdateTaskSet" => task_sets::update_task_set(call),
        "UpdateServicePrimaryTaskSet" => task_sets::primary(call),
        "DeleteTaskSet" => task_sets::delete_task_set(call),
        "DescribeTaskSets" => task_sets::describe_task_sets(call),
        "DeleteService" => create::delete(call),
        "UpdateService" => changes::update_service(call),
        "StopTask" => changes::stop_task(call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::client("InvalidParameterException", message)
}

/// The cluster of a call; `default` if none is named.
fn cluster(call: &Call<'_>) -> Result<usize, ApiError> {
    let name = call.input.str("cluster").unwrap_or("default");
    call.world
        .find_cluster(call.region, name)
        .ok_or_else(|| ApiError::client("ClusterNotFoundException", "Cluster not found."))
}

/// The page size: 1 to `most`, or the default.
fn size(call: &Call<'_>, default: usize, most: usize) -> Result<usize, ApiError> {
    match call.input.int("maxResults") {
        None => Ok(default),
        Some(n) => usize::try_from(n)
            .ok()
            .filter(|n| (1..=most).contains(n))
            .ok_or_else(|| invalid(format!("maxResults must be between 1 and {most}."))),
    }
}

/// Returns a page of sorted keys and items, as `{list, nextToken}`.
fn paged(
    call: &Call<'_>,
    name: &'static str,
    items: impl Iterator<Item = (String, Node)>,
    size: usize,
) -> Result<Node, ApiError> {
    let (items, next): Page<Node> =
        token::page(items, call.input.str("nextToken"), size).ok_or_else(|| invalid("Invalid token."))?;
    let mut answer = map! {};
    answer.set(name, list(items));
    answer.set("nextToken", next);
    Ok(answer)
}

/// The last key of the previous page, so that a long list is not walked from its start.
fn served(call: &Call<'_>) -> Option<String> {
    call.input.str("nextToken").and_then(token::decode)
}

/// The names in a describe call: at least one, at most `most`.
fn names<'a>(call: &Call<'a>, key: &str, most: usize, what: &str) -> Result<Vec<&'a str>, ApiError> {
    let names = call.input.strings(key);
    if names.is_empty() {
        return Err(invalid(format!("{what} cannot be empty.")));
    }
    if names.len() > most {
        return Err(invalid(format!("{what} can have at most {most} entries.")));
    }
    Ok(names)
}

fn missing(arn: String) -> Node {
    map! {"arn": arn, "reason": "MISSING"}
}

fn tags<T: AsRef<str>>(pairs: &[(T, T)]) -> Node {
    list(pairs.iter().map(|(k, v)| map! {"key": k.as_ref(), "value": v.as_ref()}))
}
