//! Application Auto Scaling of ECS services. Its lists cover the whole namespace `ecs`: entries of
//! other clusters are filtered out here.

use super::budget::Class;
use super::convert::{to_count, to_sdk_count, to_sdk_time, to_timestamp};
use super::copy_check::{self, Answer};
use super::pages::{AnswerSender, PageGuard};
use super::session::{Action, Caller};
use super::writer::Writer;
use crate::app::operation::call::Reply;
use crate::feeds::aws::Fact;
use crate::model::Failure;
use crate::model::scaling::{ScalableTarget, ScalingActivity, ScalingPolicy, ScheduledAction, Suspended};
use crate::model::timer::Timer;
use aws_sdk_applicationautoscaling::types as sdk;
use jiff::Timestamp;

pub(super) const DESCRIBE_SCALABLE_TARGETS: Action =
    Action { name: "application-autoscaling:DescribeScalableTargets", class: Class::Autoscaling };
pub(super) const DESCRIBE_SCALING_POLICIES: Action =
    Action { name: "application-autoscaling:DescribeScalingPolicies", class: Class::Autoscaling };
pub(super) const DESCRIBE_SCHEDULED_ACTIONS: Action =
    Action { name: "application-autoscaling:DescribeScheduledActions", class: Class::Autoscaling };
pub(super) const DESCRIBE_SCALING_ACTIVITIES: Action =
    Action { name: "application-autoscaling:DescribeScalingActivities", class: Class::Autoscaling };
const REGISTER_SCALABLE_TARGET: Action =
    Action { name: "application-autoscaling:RegisterScalableTarget", class: Class::Autoscaling };
pub(super) const PUT_SCHEDULED_ACTION: Action =
    Action { name: "application-autoscaling:PutScheduledAction", class: Class::Autoscaling };
/// Items per page: the maximum of the API.
const PAGE: i32 = 50;
/// Maximum number of scalable targets in a search by id: a service has one.
const MAX_TARGETS: usize = 50;
/// Number of activities kept.
const ACTIVITIES: usize = 200;
/// Maximum number of pages of activities read: the list contains those of the account's other clusters, too.
const ACTIVITY_PAGES: usize = 10;

/// The prefix of resource ids in this cluster.
fn prefix(cluster: &str) -> String {
    format!("service/{cluster}/")
}

/// Reads the scalable targets of services.
pub(super) async fn targets(caller: &Caller<'_>, answers: &AnswerSender<'_>, cluster: &str) -> Result<(), Failure> {
    let prefix = prefix(cluster);
    caller
        .pages(
            answers,
            DESCRIBE_SCALABLE_TARGETS,
            |clients, token| {
                clients
                    .autoscaling()
                    .describe_scalable_targets()
                    .service_namespace(sdk::ServiceNamespace::Ecs)
                    .max_results(PAGE)
                    .set_next_token(token)
                    .send()
            },
            |page| {
                let targets = page.scalable_targets.unwrap_or_default().into_iter();
                let kept = targets.filter(|target| target.resource_id.starts_with(&prefix)).map(from_target).collect();
                (Fact::ScalableTargets(kept), page.next_token)
            },
        )
        .await
}

/// The known kinds of scaling that can be suspended on a target.
const SUSPENDED: [&str; 3] = ["DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"];

/// Returns the scalable target of one service, if it has one. A write replaces the suspended state as a whole, and other fields
/// only if they are given (API reference of `RegisterScalableTarget`): so only the suspended state could lose something.
pub(super) async fn target(caller: &Caller<'_>, resource: &str) -> Result<Option<ScalableTarget>, Failure> {
    let answer = Answer::default();
    let found = caller
        .all_pages(
            DESCRIBE_SCALABLE_TARGETS,
            MAX_TARGETS,
            |clients, token| {
                clients
                    .autoscaling()
                    .describe_scalable_targets()
                    .service_namespace(sdk::ServiceNamespace::Ecs)
                    .scalable_dimension(sdk::ScalableDimension::EcsServiceDesiredCount)
                    .resource_ids(resource)
                    .set_next_token(token)
                    .customize()
                    .interceptor(answer.clone())
                    .send()
            },
            |page| (page.scalable_targets.unwrap_or_default(), page.next_token),
        )
        .await?;
    // A search by id finds one at most; an endpoint that returns others must not mislead.
    let target = found.into_iter().find(|target| target.resource_id == resource).map(from_target);
    let not_carried = copy_check::unknown_fields(&answer, "ScalableTargets", "SuspendedState", &SUSPENDED);
    Ok(target.map(|target| ScalableTarget { not_carried, ..target }))
}

/// Changes limits, suspends and resumes; a value that is `None` is not sent and stays unchanged.
pub(super) async fn set_limits(
    writer: &Writer<'_>,
    resource: &str,
    min: Option<u32>,
    max: Option<u32>,
    suspended: Option<Suspended>,
) -> Result<Reply, Failure> {
    let (min, max) =
        (to_sdk_count(REGISTER_SCALABLE_TARGET.name, min)?, to_sdk_count(REGISTER_SCALABLE_TARGET.name, max)?);
    let suspended = suspended.map(|state| {
        sdk::SuspendedState::builder()
            .dynamic_scaling_in_suspended(state.scale_in)
            .dynamic_scaling_out_suspended(state.scale_out)
            .scheduled_scaling_suspended(state.scheduled)
            .build()
    });
    writer
        .send_once(REGISTER_SCALABLE_TARGET, |clients| {
            clients
                .autoscaling()
                .register_scalable_target()
                .service_namespace(sdk::ServiceNamespace::Ecs)
                .scalable_dimension(sdk::ScalableDimension::EcsServiceDesiredCount)
                .resource_id(resource)
                .set_min_capacity(min)
                .set_max_capacity(max)
                .set_suspended_state(suspended)
                .send()
        })
        .await?;
    Ok(Reply::Done)
}

/// Reads the scaling policies of services.
pub(super) async fn policies(caller: &Caller<'_>, answers: &AnswerSender<'_>, cluster: &str) -> Result<(), Failure> {
    let prefix = prefix(cluster);
    caller
        .pages(
            answers,
            DESCRIBE_SCALING_POLICIES,
            |clients, token| {
                clients
                    .autoscaling()
                    .describe_scaling_policies()
                    .service_namespace(sdk::ServiceNamespace::Ecs)
                    .max_results(PAGE)
                    .set_next_token(token)
                    .send()
            },
            |page| {
                let policies = page.scaling_policies.unwrap_or_default().into_iter();
                let kept = policies.filter(|policy| policy.resource_id.starts_with(&prefix)).map(from_policy).collect();
                (Fact::ScalingPolicies(kept), page.next_token)
            },
        )
        .await
}

/// Reads the scheduled actions of services.
pub(super) async fn scheduled(caller: &Caller<'_>, answers: &AnswerSender<'_>, cluster: &str) -> Result<(), Failure> {
    let prefix = prefix(cluster);
    caller
        .pages(
            answers,
            DESCRIBE_SCHEDULED_ACTIONS,
            |clients, token| {
                clients
                    .autoscaling()
                    .describe_scheduled_actions()
                    .service_namespace(sdk::ServiceNamespace::Ecs)
                    .max_results(PAGE)
                    .set_next_token(token)
                    .send()
            },
            |page| {
                let actions = page.scheduled_actions.unwrap_or_default().into_iter();
                let kept = actions.filter(|action| action.resource_id.starts_with(&prefix)).map(from_action).collect();
                (Fact::ScheduledActions(kept), page.next_token)
            },
        )
        .await
}

/// Returns the scheduled actions of a cluster as timers that start and stop services.
pub(super) async fn timers(caller: &Caller<'_>, cluster: &str) -> Result<Vec<Timer>, Failure> {
    let prefix = prefix(cluster);
    let found = caller
        .all_pages(
            DESCRIBE_SCHEDULED_ACTIONS,
            usize::MAX,
            |clients, token| {
                let request = clients.autoscaling().describe_scheduled_actions();
                request.service_namespace(sdk::ServiceNamespace::Ecs).max_results(PAGE).set_next_token(token).send()
            },
            |page| (page.scheduled_actions.unwrap_or_default(), page.next_token),
        )
        .await?;
    let ours = found.into_iter().filter(|action| action.resource_id.starts_with(&prefix));
    let mut timers: Vec<Timer> = ours.map(|action| from_action(action).timer()).collect();
    timers.sort_by_cached_key(|timer| (timer.name.clone(), timer.action.as_ref().map(|sets| sets.resource.clone())));
    // Two pages of a list may both contain it.
    timers.dedup_by(|one, other| one.name == other.name && one.action == other.action);
    Ok(timers)
}

/// Makes a scheduled action fire no sooner than `until`. A field that is not sent stays unchanged, except the end time, which
/// would be deleted. Source: the API reference of `PutScheduledAction`.
pub(super) async fn skip(writer: &Writer<'_>, timer: &Timer, until: Option<Timestamp>) -> Result<Reply, Failure> {
    let resource = timer.action.as_ref().map(|sets| sets.resource.clone());
    writer
        .send_once(PUT_SCHEDULED_ACTION, |clients| {
            let request = clients.autoscaling().put_scheduled_action();
            request
                .service_namespace(sdk::ServiceNamespace::Ecs)
                .scalable_dimension(sdk::ScalableDimension::EcsServiceDesiredCount)
                .set_resource_id(resource)
                .scheduled_action_name(&timer.name)
                .set_start_time(until.map(to_sdk_time))
                .set_end_time(timer.end.map(to_sdk_time))
                .send()
        })
        .await?;
    Ok(Reply::Done)
}

/// Sends the scaling activities, newest first, at most [`ACTIVITIES`].
pub(super) async fn activities(caller: &Caller<'_>, answers: &AnswerSender<'_>, cluster: &str) -> Result<(), Failure> {
    let prefix = prefix(cluster);
    let mut guard = PageGuard::default();
    let (mut token, mut kept) = (None, 0);
    for page_number in 1..=ACTIVITY_PAGES {
        let page = caller
            .call(DESCRIBE_SCALING_ACTIVITIES, |clients| {
                clients
                    .autoscaling()
                    .describe_scaling_activities()
                    .service_namespace(sdk::ServiceNamespace::Ecs)
                    .include_not_scaled_activities(true)
                    .max_results(PAGE)
                    .set_next_token(token.clone())
                    .send()
            })
            .await?;
        let mut activities: Vec<ScalingActivity> = page
            .scaling_activities
            .unwrap_or_default()
            .into_iter()
            .filter(|activity| activity.resource_id.starts_with(&prefix))
            .map(from_activity)
            .take(ACTIVITIES - kept)
            .collect();
        activities.sort_by_key(|activity| std::cmp::Reverse(activity.at));
        kept += activities.len();
        let fact = Fact::ScalingActivities(activities);
        match guard.next_token(DESCRIBE_SCALING_ACTIVITIES.name, page.next_token) {
            Ok(Some(next)) if kept < ACTIVITIES && page_number < ACTIVITY_PAGES => {
                answers.page(fact).await;
                token = Some(next);
            }
            Ok(_) => {
                answers.last(fact).await;
                return Ok(());
            }
            Err(failure) => {
                answers.page(fact).await;
                return Err(failure);
            }
        }
    }
    Ok(())
}

fn from_target(target: sdk::ScalableTarget) -> ScalableTarget {
    let suspended = target.suspended_state.map_or_else(Suspended::default, |state| Suspended {
        scale_in: state.dynamic_scaling_in_suspended.unwrap_or(false),
        scale_out: state.dynamic_scaling_out_suspended.unwrap_or(false),
        scheduled: state.scheduled_scaling_suspended.unwrap_or(false),
    });
    ScalableTarget {
        resource: target.resource_id,
        min: to_count(target.min_capacity),
        max: to_count(target.max_capacity),
        suspended,
        not_carried: Vec::new(),
    }
}

pub(super) fn from_policy(policy: sdk::ScalingPolicy) -> ScalingPolicy {
    let kind = policy.policy_type.as_str().to_owned();
    let base =
        ScalingPolicy { resource: policy.resource_id, name: policy.policy_name, kind, ..ScalingPolicy::default() };
    if let Some(tracking) = policy.target_tracking_scaling_policy_configuration {
        let predefined =
            tracking.predefined_metric_specification.map(|spec| spec.predefined_metric_type.as_str().to_owned());
        let customized = tracking.customized_metric_specification.and_then(|spec| spec.metric_name);
        return ScalingPolicy {
            metric: predefined.or(customized),
            target: Some(tracking.target_value),
            out_cooldown: tracking.scale_out_cooldown.map(to_count),
            in_cooldown: tracking.scale_in_cooldown.map(to_count),
            no_scale_in: tracking.disable_scale_in.unwrap_or(false),
            ..base
        };
    }
    let cooldown = policy.step_scaling_policy_configuration.and_then(|step| step.cooldown).map(to_count);
    ScalingPolicy { out_cooldown: cooldown, in_cooldown: cooldown, ..base }
}

pub(super) fn from_action(action: sdk::ScheduledAction) -> ScheduledAction {
    let sets = action.scalable_target_action;
    ScheduledAction {
        resource: action.resource_id,
        name: action.scheduled_action_name,
        schedule: action.schedule,
        timezone: action.timezone,
        min: sets.as_ref().and_then(|sets| sets.min_capacity).map(to_count),
        max: sets.as_ref().and_then(|sets| sets.max_capacity).map(to_count),
        start: to_timestamp(action.start_time),
        end: to_timestamp(action.end_time),
    }
}

fn from_activity(activity: sdk::ScalingActivity) -> ScalingActivity {
    ScalingActivity {
        id: activity.activity_id,
        resource: activity.resource_id,
        at: to_timestamp(Some(activity.start_time)),
        status: activity.status_code.as_str().to_owned(),
        description: activity.description,
        cause: activity.cause,
        not_scaled: activity.not_scaled_reasons.unwrap_or_default().into_iter().map(|reason| reason.code).collect(),
        message: activity.status_message,
    }
}
