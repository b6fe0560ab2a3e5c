//! ECS tasks.

use super::budget::Class;
use super::convert::{arn_name, owned_arn_name, to_timestamp};
use super::ecs_services::{is_missing, refusal};
use super::pages::AnswerSender;
use super::session::{Action, Caller};
use crate::feeds::aws::Fact;
use crate::model::Failure;
use crate::model::task::{Container, Task};
use aws_sdk_ecs::types as sdk;
use futures_util::future::{try_join, try_join_all};

pub(super) const LIST_TASKS: Action = Action { name: "ecs:ListTasks", class: Class::EcsTasks };
pub(super) const DESCRIBE_TASKS: Action = Action { name: "ecs:DescribeTasks", class: Class::EcsTasks };
/// Items per page of `ListTasks`, and the maximum number of tasks described in one request.
pub(super) const PAGE: i32 = 100;
/// Maximum number of tasks of one service read: ECS allows 5,000, and as many may have stopped.
pub(super) const MAX: usize = 10_000;

/// Sends the ids of tasks that run or should run, or of those that stopped within the last hour.
pub(super) async fn ids(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    cluster: &str,
    stopped: bool,
) -> Result<(), Failure> {
    let wanted = if stopped { sdk::DesiredStatus::Stopped } else { sdk::DesiredStatus::Running };
    caller
        .pages(
            answers,
            LIST_TASKS,
            |clients, token| {
                clients
                    .ecs()
                    .list_tasks()
                    .cluster(cluster)
                    .desired_status(wanted.clone())
                    .max_results(PAGE)
                    .set_next_token(token)
                    .send()
            },
            |page| {
                let ids = page.task_arns.unwrap_or_default().iter().map(|arn| arn_name(arn).to_owned()).collect();
                (Fact::TaskIds(ids), page.next_token)
            },
        )
        .await
}

/// Sends at most 100 tasks; missing ones are left out.
pub(super) async fn tasks(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    cluster: &str,
    ids: &[String],
) -> Result<(), Failure> {
    let (tasks, refused) = describe(caller, cluster, ids).await?;
    if let Some(refused) = refused {
        answers.page(Fact::Tasks(tasks)).await;
        return Err(refused);
    }
    answers.last(Fact::Tasks(tasks)).await;
    Ok(())
}

/// Returns all tasks of a service: those that run or should run, and those that stopped within the last hour.
pub(super) async fn of_service(caller: &Caller<'_>, cluster: &str, service: &str) -> Result<Vec<Task>, Failure> {
    let list = |wanted: sdk::DesiredStatus| {
        Box::pin(caller.all_pages(
            LIST_TASKS,
            MAX,
            move |clients, token| {
                let request = clients.ecs().list_tasks().cluster(cluster).service_name(service);
                request.desired_status(wanted.clone()).max_results(PAGE).set_next_token(token).send()
            },
            |page| {
                let ids = page.task_arns.unwrap_or_default().iter().map(|arn| arn_name(arn).to_owned()).collect();
                (ids, page.next_token)
            },
        ))
    };
    let (running, stopped) = try_join(list(sdk::DesiredStatus::Running), list(sdk::DesiredStatus::Stopped)).await?;
    let mut ids: Vec<String> = running;
    // A task that stops between the two requests is in both lists.
    ids.extend(stopped);
    ids.sort_unstable();
    ids.dedup();
    let described = try_join_all(ids.chunks(PAGE as usize).map(|ids| read_tasks(caller, cluster, ids))).await?;
    Ok(described.into_iter().flatten().collect())
}

/// Returns at most 100 tasks; missing ones are left out, and a refused one is a failure.
pub(super) async fn read_tasks(caller: &Caller<'_>, cluster: &str, ids: &[String]) -> Result<Vec<Task>, Failure> {
    match describe(caller, cluster, ids).await? {
        (tasks, None) => Ok(tasks),
        (_, Some(refused)) => Err(refused),
    }
}

async fn describe(caller: &Caller<'_>, cluster: &str, ids: &[String]) -> Result<(Vec<Task>, Option<Failure>), Failure> {
    let answer = caller
        .call(DESCRIBE_TASKS, |clients| {
            clients.ecs().describe_tasks().cluster(cluster).set_tasks(Some(ids.to_vec())).send()
        })
        .await?;
    let tasks = answer.tasks.unwrap_or_default().into_iter().map(from_task).collect();
    let failures = answer.failures.unwrap_or_default();
    let refused = failures.iter().find(|failure| !is_missing(failure)).map(|refused| refusal(DESCRIBE_TASKS, refused));
    Ok((tasks, refused))
}

fn from_task(task: sdk::Task) -> Task {
    let address = address(&task);
    Task {
        id: owned_arn_name(task.task_arn),
        service: task.group.as_deref().and_then(|group| group.strip_prefix("service:")).map(str::to_owned),
        started_by: task.started_by.unwrap_or_default(),
        task_definition: owned_arn_name(task.task_definition_arn),
        last_status: task.last_status.unwrap_or_default(),
        desired_status: task.desired_status.unwrap_or_default(),
        health: health(task.health_status.as_ref()),
        az: task.availability_zone.unwrap_or_default(),
        cpu: task.cpu.unwrap_or_default(),
        memory: task.memory.unwrap_or_default(),
        launch: task
            .capacity_provider_name
            .or_else(|| task.launch_type.map(|kind| kind.as_str().to_owned()))
            .unwrap_or_default(),
        address,
        created_at: to_timestamp(task.created_at),
        started_at: to_timestamp(task.started_at),
        stopping_at: to_timestamp(task.stopping_at),
        stopped_at: to_timestamp(task.stopped_at),
        stop_code: task.stop_code.map(|code| code.as_str().to_owned()),
        stopped_reason: task.stopped_reason,
        containers: task.containers.unwrap_or_default().into_iter().map(from_container).collect(),
        exec: task.enable_execute_command,
    }
}

/// The private IPv4 address: of the task's network interface, or of its first container's.
fn address(task: &sdk::Task) -> Option<String> {
    let attached = task
        .attachments()
        .iter()
        .flat_map(sdk::Attachment::details)
        .find(|detail| detail.name() == Some("privateIPv4Address"))
        .and_then(sdk::KeyValuePair::value);
    let of_container = || {
        task.containers()
            .iter()
            .flat_map(sdk::Container::network_interfaces)
            .find_map(|card| card.private_ipv4_address())
    };
    attached.or_else(of_container).map(str::to_owned)
}

fn health(status: Option<&sdk::HealthStatus>) -> String {
    status.map_or("UNKNOWN", sdk::HealthStatus::as_str).to_owned()
}

fn from_container(container: sdk::Container) -> Container {
    Container {
        name: container.name.unwrap_or_default(),
        status: container.last_status.unwrap_or_default(),
        health: health(container.health_status.as_ref()),
        exit_code: container.exit_code,
        reason: container.reason.filter(|reason| !reason.is_empty()),
        image: container.image.unwrap_or_default(),
        digest: container.image_digest,
        cpu: container.cpu.unwrap_or_default(),
        memory: container.memory.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails when the SDK adds a stop code: `model::stop` must state its cause.
    #[test]
    fn model_knows_every_stop_code_of_the_sdk() {
        for code in sdk::TaskStopCode::values() {
            assert!(crate::model::stop::codes().any(|known| known == *code), "{code}");
        }
    }
}
