//! ECS service deployments: the list is enough while all went well; what did not is described, and at
//! the same time the revisions are read that say which task definition each deployment goes to.
//!
//! Where all went well the revisions are read only from the second time on: a first answer, which a
//! snapshot or the first screen waits for, is one request. A revision never changes and is read once.

use super::budget::Class;
use super::convert::{count, tail, tail_of, time};
use super::pages::Outlet;
use super::session::{Action, Caller};
use crate::app::event::Fact;
use crate::model::rollout::{RolloutStatus, ServiceDeployment};
use crate::model::{Failure, FailureKind};
use aws_sdk_ecs::types as sdk;
use std::collections::{HashMap, HashSet};
use std::sync::{MutexGuard, PoisonError};

pub(super) const LIST_SERVICE_DEPLOYMENTS: Action =
    Action { name: "ecs:ListServiceDeployments", class: Class::EcsRollouts };
pub(super) const DESCRIBE_SERVICE_DEPLOYMENTS: Action =
    Action { name: "ecs:DescribeServiceDeployments", class: Class::EcsRollouts };
const DESCRIBE_SERVICE_REVISIONS: Action = Action { name: "ecs:DescribeServiceRevisions", class: Class::EcsRollouts };
/// How far back the history goes.
const LISTED: i32 = 10;
/// Of the newest so many, those that did not succeed are described.
const DESCRIBED: usize = 3;
/// Revisions whose task definition is kept; beyond it the memory begins anew.
const KEPT: usize = 20_000;

/// What a session remembers of service revisions.
#[derive(Debug, Default)]
pub(super) struct Revisions {
    /// The task definition of each that was read.
    definitions: HashMap<String, String>,
    /// Services (with their cluster) that were listed before.
    listed: HashSet<(String, String)>,
    /// They may not be read: not asked again.
    refused: bool,
}

/// The newest deployments of one service, newest first.
pub(super) async fn rollouts(
    caller: &Caller<'_>,
    outlet: &Outlet<'_>,
    cluster: &str,
    service: &str,
) -> Result<(), Failure> {
    let listed = caller
        .call(LIST_SERVICE_DEPLOYMENTS, |clients| {
            clients.ecs().list_service_deployments().cluster(cluster).service(service).max_results(LISTED).send()
        })
        .await?;
    let mut briefs = listed.service_deployments.unwrap_or_default();
    briefs.sort_by_key(|brief| std::cmp::Reverse(time(brief.created_at)));
    briefs.truncate(LISTED as usize);
    let wanted: Vec<String> = briefs
        .iter()
        .take(DESCRIBED)
        .filter(|brief| brief.status != Some(sdk::ServiceDeploymentStatus::Successful))
        .filter_map(|brief| brief.service_deployment_arn.clone())
        .collect();
    let mut deployments: Vec<ServiceDeployment> = briefs.iter().map(from_brief).collect();
    let before = !memory(caller).listed.insert((cluster.to_owned(), service.to_owned()));
    if wanted.is_empty() {
        if before {
            read_revisions(caller, &briefs).await;
        }
        fill_targets(caller, &mut deployments);
        outlet.last(Fact::Rollouts(deployments)).await;
        return Ok(());
    }
    let (described, ()) = futures_util::future::join(
        Box::pin(caller.call(DESCRIBE_SERVICE_DEPLOYMENTS, |clients| {
            clients.ecs().describe_service_deployments().set_service_deployment_arns(Some(wanted.clone())).send()
        })),
        Box::pin(read_revisions(caller, &briefs)),
    )
    .await;
    fill_targets(caller, &mut deployments);
    match described {
        Ok(described) => {
            for detail in described.service_deployments.unwrap_or_default() {
                let id = detail.service_deployment_arn.as_deref().map(tail).unwrap_or_default();
                if let Some(known) = deployments.iter_mut().find(|known| known.id == id) {
                    add_detail(known, detail);
                }
            }
            outlet.last(Fact::Rollouts(deployments)).await;
            Ok(())
        }
        Err(failure) => {
            outlet.page(Fact::Rollouts(deployments)).await;
            Err(failure)
        }
    }
}

/// Reads the task definitions of revisions that are not known yet. They are an extra: where this
/// fails, a deployment only has no target's name.
async fn read_revisions(caller: &Caller<'_>, briefs: &[sdk::ServiceDeploymentBrief]) {
    let unknown: Vec<String> = {
        let memory = memory(caller);
        if memory.refused {
            return;
        }
        let mut arns: Vec<String> = briefs
            .iter()
            .filter_map(|brief| brief.target_service_revision_arn.clone())
            .filter(|arn| !memory.definitions.contains_key(tail(arn)))
            .collect();
        arns.sort();
        arns.dedup();
        arns
    };
    if unknown.is_empty() {
        return;
    }
    let read = caller
        .call(DESCRIBE_SERVICE_REVISIONS, |clients| {
            clients.ecs().describe_service_revisions().set_service_revision_arns(Some(unknown.clone())).send()
        })
        .await;
    let mut memory = memory(caller);
    let read = match read {
        Ok(read) => read,
        Err(failure) => {
            memory.refused |= matches!(failure.kind, FailureKind::Denied | FailureKind::Malformed | FailureKind::Other);
            return;
        }
    };
    if memory.definitions.len() > KEPT {
        memory.definitions.clear();
    }
    for revision in read.service_revisions.unwrap_or_default() {
        if let (Some(arn), Some(definition)) = (revision.service_revision_arn, revision.task_definition) {
            memory.definitions.insert(tail(&arn).to_owned(), tail(&definition).to_owned());
        }
    }
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
        id: tail_of(brief.service_deployment_arn.clone()),
        arn: brief.service_deployment_arn.clone().unwrap_or_default(),
        status: status(brief.status.as_ref()),
        reason: brief.status_reason.clone().unwrap_or_default(),
        created_at: time(brief.created_at),
        started_at: time(brief.started_at),
        finished_at: time(brief.finished_at),
        target_revision: tail_of(brief.target_service_revision_arn.clone()),
        ..ServiceDeployment::default()
    }
}

fn add_detail(known: &mut ServiceDeployment, detail: sdk::ServiceDeployment) {
    // Newer than the list by one request.
    known.status = status(detail.status.as_ref());
    known.reason = detail.status_reason.unwrap_or_default();
    known.finished_at = time(detail.finished_at).or(known.finished_at);
    known.source_revisions =
        detail.source_service_revisions.unwrap_or_default().into_iter().map(|source| tail_of(source.arn)).collect();
    known.breaker =
        detail.deployment_circuit_breaker.map(|breaker| (count(breaker.failure_count), count(breaker.threshold)));
    known.rollback_reason = detail.rollback.and_then(|rollback| rollback.reason);
}

fn status(status: Option<&sdk::ServiceDeploymentStatus>) -> RolloutStatus {
    status.map_or_else(RolloutStatus::default, |status| RolloutStatus::parse(status.as_str()))
}
