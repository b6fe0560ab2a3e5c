//! ECS service deployments: the list is sufficient while all succeeded; others are described, and
//! at the same time the revisions are read, which state the task definition of each deployment.
//!
//! While all succeeded the revisions are read only from the second time on, unless requested: a first answer, which
//! a snapshot or the first screen waits for, is one request. A revision never changes and is read once.

use super::budget::Class;
use super::convert::{arn_name, owned_arn_name, to_count, to_timestamp};
use super::ecs_services::{is_missing, refusal};
use super::pages::AnswerSender;
use super::revisions::Revisions;
use super::session::{Action, Caller};
use super::writer::Writer;
use crate::app::operation::call::Reply;
use crate::feeds::aws::Fact;
use crate::model::rollout::{Pause, RolloutStatus, ServiceDeployment};
use crate::model::{Failure, FailureKind};
use aws_sdk_ecs::types as sdk;
use futures_util::future::{join, try_join};
use std::sync::{MutexGuard, PoisonError};

pub(super) const LIST_SERVICE_DEPLOYMENTS: Action =
    Action { name: "ecs:ListServiceDeployments", class: Class::EcsRollouts };
pub(super) const DESCRIBE_SERVICE_DEPLOYMENTS: Action =
    Action { name: "ecs:DescribeServiceDeployments", class: Class::EcsRollouts };
pub(super) const DESCRIBE_SERVICE_REVISIONS: Action =
    Action { name: "ecs:DescribeServiceRevisions", class: Class::EcsRollouts };
const STOP_SERVICE_DEPLOYMENT: Action = Action { name: "ecs:StopServiceDeployment", class: Class::EcsRollouts };
/// Number of deployments in the polled list.
const LISTED: i32 = 10;
/// Number of deployments in the history read by an operation; also the maximum described in one request.
const MAX: i32 = 20;
/// Number of newest unsuccessful deployments that are described.
const DESCRIBED: usize = 3;
/// Maximum number of revisions remembered; beyond it the memory is cleared.
const KEPT: usize = 20_000;

/// Sends the newest deployments of one service, newest first; with `named` each has its task definition at once.
pub(super) async fn rollouts(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    cluster: &str,
    service: &str,
    named: bool,
) -> Result<(), Failure> {
    let briefs = list(caller, cluster, service, LISTED).await?;
    let wanted = unsuccessful(briefs.iter().take(DESCRIBED));
    let mut deployments: Vec<ServiceDeployment> = briefs.iter().map(from_brief).collect();
    let before = !memory(caller).listed.insert((cluster.to_owned(), service.to_owned()));
    let revisions = targets(&briefs);
    let read =
        async { if before || named || !wanted.is_empty() { read_revisions(caller, &revisions).await } else { Ok(()) } };
    let details = async { if wanted.is_empty() { Ok(Vec::new()) } else { describe(caller, &wanted).await } };
    let (described, read) = join(Box::pin(details), Box::pin(read)).await;
    let described = described.map(|details| add_details(&mut deployments, details));
    // Revisions are optional unless requested: without them a deployment only lacks its target's name.
    let unnamed = || read.err().or_else(|| memory(caller).refused.clone()).filter(|_| named);
    let broken = described.err().or_else(unnamed);
    fill_targets(caller, &mut deployments);
    match broken {
        None => {
            answers.last(Fact::Rollouts(deployments)).await;
            Ok(())
        }
        Some(failure) => {
            answers.page(Fact::Rollouts(deployments)).await;
            Err(failure)
        }
    }
}

/// Returns the complete history of a service: unsuccessful and newest deployments are described, and the task
/// definition of each is read if revisions may be read at all.
pub(super) async fn history(
    caller: &Caller<'_>,
    cluster: &str,
    service: &str,
) -> Result<Vec<ServiceDeployment>, Failure> {
    let briefs = list(caller, cluster, service, MAX).await?;
    let mut wanted = unsuccessful(briefs.iter().skip(1));
    wanted.extend(briefs.first().and_then(|brief| brief.service_deployment_arn.clone()));
    let mut deployments: Vec<ServiceDeployment> = briefs.iter().map(from_brief).collect();
    let revisions = targets(&briefs);
    let details = async { if wanted.is_empty() { Ok(Vec::new()) } else { describe(caller, &wanted).await } };
    let (details, ()) = try_join(Box::pin(details), Box::pin(read_revisions(caller, &revisions))).await?;
    add_details(&mut deployments, details);
    fill_targets(caller, &mut deployments);
    Ok(deployments)
}

/// Returns service deployments by their ARNs, newest first; missing ones are left out.
pub(super) async fn releases(caller: &Caller<'_>, arns: &[String]) -> Result<Vec<ServiceDeployment>, Failure> {
    let details = describe(caller, arns).await?;
    let mut revisions: Vec<String> =
        details.iter().filter_map(|detail| detail.target_service_revision.as_ref()?.arn.clone()).collect();
    revisions.sort();
    revisions.dedup();
    // An optional read must not stop a watch; it is tried again the next time.
    let _ = read_revisions(caller, &revisions).await;
    let mut deployments: Vec<ServiceDeployment> = details.into_iter().map(from_detail).collect();
    deployments.sort_by_key(|deployment| std::cmp::Reverse(deployment.created_at));
    fill_targets(caller, &mut deployments);
    Ok(deployments)
}

/// Stops a service deployment by rolling it back.
pub(super) async fn roll_back(writer: &Writer<'_>, arn: &str) -> Result<Reply, Failure> {
    writer
        .send_once(STOP_SERVICE_DEPLOYMENT, |clients| {
            clients
                .ecs()
                .stop_service_deployment()
                .service_deployment_arn(arn)
                .stop_type(sdk::StopServiceDeploymentStopType::Rollback)
                .send()
        })
        .await?;
    Ok(Reply::Done)
}

/// Returns the newest deployments, newest first.
async fn list(
    caller: &Caller<'_>,
    cluster: &str,
    service: &str,
    most: i32,
) -> Result<Vec<sdk::ServiceDeploymentBrief>, Failure> {
    // A page may hold fewer items than its maximum and not be the last.
    let listed = caller.all_pages(
        LIST_SERVICE_DEPLOYMENTS,
        most as usize,
        |clients, token| {
            let request = clients.ecs().list_service_deployments().cluster(cluster).service(service);
            request.max_results(most).set_next_token(token).send()
        },
        |page| (page.service_deployments.unwrap_or_default(), page.next_token),
    );
    let mut briefs = Box::pin(listed).await?;
    briefs.sort_by_key(|brief| std::cmp::Reverse(to_timestamp(brief.created_at)));
    briefs.truncate(most as usize);
    Ok(briefs)
}

fn unsuccessful<'a>(briefs: impl Iterator<Item = &'a sdk::ServiceDeploymentBrief>) -> Vec<String> {
    briefs
        .filter(|brief| brief.status != Some(sdk::ServiceDeploymentStatus::Successful))
        .filter_map(|brief| brief.service_deployment_arn.clone())
        .collect()
}

async fn describe(caller: &Caller<'_>, arns: &[String]) -> Result<Vec<sdk::ServiceDeployment>, Failure> {
    let described = caller
        .call(DESCRIBE_SERVICE_DEPLOYMENTS, |clients| {
            clients.ecs().describe_service_deployments().set_service_deployment_arns(Some(arns.to_vec())).send()
        })
        .await?;
    match described.failures.unwrap_or_default().iter().find(|failure| !is_missing(failure)) {
        Some(refused) => Err(refusal(DESCRIBE_SERVICE_DEPLOYMENTS, refused)),
        None => Ok(described.service_deployments.unwrap_or_default()),
    }
}

/// The ARNs of the target revisions of deployments.
fn targets(briefs: &[sdk::ServiceDeploymentBrief]) -> Vec<String> {
    let mut arns: Vec<String> = briefs.iter().filter_map(|brief| brief.target_service_revision_arn.clone()).collect();
    arns.sort();
    arns.dedup();
    arns
}

/// Reads the task definitions of revisions that are not known yet. A denied read is not a
/// failure, and is not repeated.
async fn read_revisions(caller: &Caller<'_>, arns: &[String]) -> Result<(), Failure> {
    let unknown: Vec<String> = {
        let memory = memory(caller);
        if memory.refused.is_some() {
            return Ok(());
        }
        arns.iter().filter(|arn| !memory.definitions.contains_key(arn_name(arn))).cloned().collect()
    };
    if unknown.is_empty() {
        return Ok(());
    }
    let read = caller
        .call(DESCRIBE_SERVICE_REVISIONS, |clients| {
            clients.ecs().describe_service_revisions().set_service_revision_arns(Some(unknown.clone())).send()
        })
        .await;
    let mut memory = memory(caller);
    let read = match read {
        Ok(read) => read,
        Err(failure) if matches!(failure.kind, FailureKind::Denied | FailureKind::Malformed | FailureKind::Other) => {
            memory.refused = Some(failure);
            return Ok(());
        }
        Err(failure) => return Err(failure),
    };
    if memory.definitions.len() > KEPT {
        memory.definitions.clear();
    }
    for revision in read.service_revisions.unwrap_or_default() {
        if let (Some(arn), Some(definition)) = (revision.service_revision_arn, revision.task_definition) {
            memory.definitions.insert(arn_name(&arn).to_owned(), arn_name(&definition).to_owned());
        }
    }
    Ok(())
}

fn memory<'a>(caller: &Caller<'a>) -> MutexGuard<'a, Revisions> {
    caller.session.0.revisions.lock().unwrap_or_else(PoisonError::into_inner)
}

fn fill_targets(caller: &Caller<'_>, deployments: &mut [ServiceDeployment]) {
    let memory = memory(caller);
    for deployment in deployments {
        deployment.target = memory.definitions.get(&deployment.target_revision).cloned();
    }
}

fn from_brief(brief: &sdk::ServiceDeploymentBrief) -> ServiceDeployment {
    ServiceDeployment {
        id: owned_arn_name(brief.service_deployment_arn.clone()),
        arn: brief.service_deployment_arn.clone().unwrap_or_default(),
        status: status(brief.status.as_ref()),
        reason: brief.status_reason.clone().unwrap_or_default(),
        created_at: to_timestamp(brief.created_at),
        started_at: to_timestamp(brief.started_at),
        finished_at: to_timestamp(brief.finished_at),
        target_revision: owned_arn_name(brief.target_service_revision_arn.clone()),
        ..ServiceDeployment::default()
    }
}

/// Merges the described deployments, which are newer than the list by one request, into the list.
fn add_details(deployments: &mut [ServiceDeployment], details: Vec<sdk::ServiceDeployment>) {
    for mut detail in details.into_iter().map(from_detail) {
        if let Some(known) = deployments.iter_mut().find(|known| known.id == detail.id) {
            if detail.target_revision.is_empty() {
                detail.target_revision.clone_from(&known.target_revision);
            }
            detail.created_at = detail.created_at.or(known.created_at);
            detail.finished_at = detail.finished_at.or(known.finished_at);
            *known = detail;
        }
    }
}

fn from_detail(detail: sdk::ServiceDeployment) -> ServiceDeployment {
    let arn = detail.service_deployment_arn.unwrap_or_default();
    ServiceDeployment {
        id: arn_name(&arn).to_owned(),
        arn,
        status: status(detail.status.as_ref()),
        stage: detail.lifecycle_stage.map(|stage| stage.as_str().to_owned()).unwrap_or_default(),
        reason: detail.status_reason.unwrap_or_default(),
        created_at: to_timestamp(detail.created_at),
        started_at: to_timestamp(detail.started_at),
        finished_at: to_timestamp(detail.finished_at),
        target: None,
        target_revision: owned_arn_name(detail.target_service_revision.and_then(|target| target.arn)),
        source_revisions: detail
            .source_service_revisions
            .unwrap_or_default()
            .into_iter()
            .map(|source| owned_arn_name(source.arn))
            .collect(),
        breaker: detail
            .deployment_circuit_breaker
            .map(|breaker| (to_count(breaker.failure_count), to_count(breaker.threshold))),
        rollback_reason: detail.rollback.and_then(|rollback| rollback.reason),
        pause: detail.lifecycle_hook_details.unwrap_or_default().into_iter().find_map(pause),
    }
}

/// The pause of a deployment at this hook, if it waits there.
fn pause(hook: sdk::DeploymentLifecycleHookDetail) -> Option<Pause> {
    if hook.status != Some(sdk::DeploymentLifecycleHookStatus::AwaitingAction) {
        return None;
    }
    Some(Pause {
        hook: hook.hook_id.unwrap_or_default(),
        until: to_timestamp(hook.expires_at),
        then: hook.timeout_action.map(|action| action.as_str().to_owned()).unwrap_or_default(),
    })
}

fn status(status: Option<&sdk::ServiceDeploymentStatus>) -> RolloutStatus {
    status.map_or_else(RolloutStatus::default, |status| RolloutStatus::parse(status.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_hook_awaiting_action_pauses_a_deployment() {
        let hook = |status: sdk::DeploymentLifecycleHookStatus| {
            sdk::DeploymentLifecycleHookDetail::builder()
                .hook_id("h-1")
                .status(status)
                .timeout_action(sdk::DeploymentLifecycleHookAction::Rollback)
                .build()
        };
        let pause_with =
            |hook| from_detail(sdk::ServiceDeployment::builder().lifecycle_hook_details(hook).build()).pause;
        assert_eq!(pause_with(hook(sdk::DeploymentLifecycleHookStatus::Succeeded)), None);
        assert_eq!(pause_with(hook(sdk::DeploymentLifecycleHookStatus::InProgress)), None);
        let held = Pause { hook: "h-1".into(), until: None, then: "ROLLBACK".into() };
        assert_eq!(pause_with(hook(sdk::DeploymentLifecycleHookStatus::AwaitingAction)), Some(held));
    }
}
