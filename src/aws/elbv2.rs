//! Elastic Load Balancing: health of targets.

use super::budget::Class;
use super::convert::to_port;
use super::pages::AnswerSender;
use super::session::{Action, Caller};
use crate::feeds::aws::Fact;
use crate::model::{Failure, Target};
use aws_sdk_elasticloadbalancingv2::types as sdk;
use futures_util::future::try_join_all;

pub(super) const DESCRIBE_TARGET_HEALTH: Action =
    Action { name: "elasticloadbalancing:DescribeTargetHealth", class: Class::Elbv2 };
pub(super) const DESCRIBE_TARGET_GROUPS: Action =
    Action { name: "elasticloadbalancing:DescribeTargetGroups", class: Class::Elbv2 };

/// Items per page: the maximum of the API.
const PAGE: i32 = 400;

/// Sends the ARNs of the target groups of the account and region.
pub(super) async fn groups(caller: &Caller<'_>, answers: &AnswerSender<'_>) -> Result<(), Failure> {
    caller
        .pages(
            answers,
            DESCRIBE_TARGET_GROUPS,
            |clients, token| clients.elbv2().describe_target_groups().page_size(PAGE).set_marker(token).send(),
            |page| {
                let arns =
                    page.target_groups.unwrap_or_default().into_iter().filter_map(|group| group.target_group_arn);
                (Fact::TargetGroups(arns.collect()), page.next_marker)
            },
        )
        .await
}

/// Sends the targets of one group.
pub(super) async fn targets(caller: &Caller<'_>, answers: &AnswerSender<'_>, group: &str) -> Result<(), Failure> {
    answers.last(Fact::Targets(health(caller, group).await?)).await;
    Ok(())
}

/// Returns the targets of several groups, each with its group's ARN.
pub(super) async fn targets_of_groups(
    caller: &Caller<'_>,
    groups: &[String],
) -> Result<Vec<(String, Vec<Target>)>, Failure> {
    let each = groups.iter().map(|group| async { Ok((group.clone(), health(caller, group).await?)) });
    try_join_all(each).await
}

async fn health(caller: &Caller<'_>, group: &str) -> Result<Vec<Target>, Failure> {
    let answer = caller
        .call(DESCRIBE_TARGET_HEALTH, |clients| clients.elbv2().describe_target_health().target_group_arn(group).send())
        .await?;
    Ok(answer.target_health_descriptions.unwrap_or_default().into_iter().map(from_description).collect())
}

fn from_description(description: sdk::TargetHealthDescription) -> Target {
    let (target, health) = (description.target, description.target_health);
    let health = health.as_ref();
    Target {
        port: target.as_ref().and_then(|target| target.port).and_then(to_port),
        az: target.as_ref().and_then(|target| target.availability_zone.clone()),
        id: target.and_then(|target| target.id).unwrap_or_default(),
        state: health.and_then(sdk::TargetHealth::state).map_or("", |state| state.as_str()).to_owned(),
        reason: health.and_then(sdk::TargetHealth::reason).map(|reason| reason.as_str().to_owned()),
        description: health.and_then(sdk::TargetHealth::description).map(str::to_owned),
    }
}
