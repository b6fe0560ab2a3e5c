//! Application Auto Scaling of ECS services. Its lists are of the whole namespace `ecs`: what belongs
//! to other clusters is left out here.

use super::budget::Class;
use super::carried::{self, Answer};
use super::convert::{count, moment, number, time};
use super::pages::{AnswerSender, Guard};
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
/// The largest page of each.
const PAGE: i32 = 50;
/// Scalable targets that a search by id gives at most: a service has one.
const MOST_TARGETS: usize = 50;
/// Activities that are kept.
const ACTIVITIES: usize = 200;
/// Pages of activities that are read at most: other clusters of the account have theirs in the list.
const ACTIVITY_PAGES: usize = 10;

/// The beginning of the resources of this cluster.
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

/// The kinds of scaling of a target that can be suspended, as far as they are known here.
const SUSPENDED: [&str; 3] = ["DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"];

/// The scalable target of one service, if it has one. What is suspended of it is written whole, and all else only
/// where it is given (the API reference of `RegisterScalableTarget`): so only that could lose something.
pub(super) async fn target(caller: &Caller<'_>, resource: &str) -> Result<Option<ScalableTarget>, Failure> {
    let answer = Answer::default();
    let found = caller
        .all(
            DESCRIBE_SCALABLE_TARGETS,
            MOST_TARGETS,
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
    // Asked for by its id, it is the only one; an endpoint that gives others must not mislead.
    let target = found.into_iter().find(|target| target.resource_id == resource).map(from_target);
    let not_carried = carried::unknown(&answer, "ScalableTargets", "SuspendedState", &SUSPENDED);
    Ok(target.map(|target| ScalableTarget { not_carried, ..target }))
}

/// Moves limits, suspends and resumes; what is none is not sent and stays as it is.
pub(super) async fn limit(
    writer: &Writer<'_>,
    resource: &str,
    min: Option<u32>,
    max: Option<u32>,
    suspended: Option<Suspended>,
) -> Result<Reply, Failure> {
    let (min, max) = (number(REGISTER_SCALABLE_TARGET.name, min)?, number(REGISTER_SCALABLE_TARGET.name, max)?);
    let suspended = suspended.map(|state| {
        sdk::SuspendedState::builder()
            .dynamic_scaling_in_suspended(state.scale_in)
            .dynamic_scaling_out_suspended(state.scale_out)
            .scheduled_scaling_suspended(state.scheduled)
            .build()
    });
    writer
        .once(REGISTER_SCALABLE_TARGET, |clients| {
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

/// Scheduled actions of a cluster, as what starts and stops at a time.
pub(super) async fn timers(caller: &Caller<'_>, cluster: &str) -> Result<Vec<Timer>, Failure> {
    let prefix = prefix(cluster);
    let found = caller
        .all(
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
    // Two pages of a list may both have one.
    timers.dedup_by(|one, other| one.name == other.name && one.action == other.action);
    Ok(timers)
}

/// Lets a scheduled action fire no sooner than `until`. What is not sent of it stays as it is, but its end, which
/// would be deleted. Source: the API reference of `PutScheduledAction`.
pub(super) async fn skip(writer: &Writer<'_>, timer: &Timer, until: Option<Timestamp>) -> Result<Reply, Failure> {
    let resource = timer.action.as_ref().map(|sets| sets.resource.clone());
    writer
        .once(PUT_SCHEDULED_ACTION, |clients| {
            let request = clients.autoscaling().put_scheduled_action();
            request
                .service_namespace(sdk::ServiceNamespace::Ecs)
                .scalable_dimension(sdk::ScalableDimension::EcsServiceDesiredCount)
                .set_resource_id(resource)
                .scheduled_action_name(&timer.name)
                .set_start_time(until.map(moment))
                .set_end_time(timer.end.map(moment))
                .send()
        })
        .await?;
    Ok(Reply::Done)
}

/// The activities of autoscaling, newest first, at most [`ACTIVITIES`].
pub(super) async fn activities(caller: &Caller<'_>, answers: &AnswerSender<'_>, cluster: &str) -> Result<(), Failure> {
    let prefix = prefix(cluster);
    let mut guard = Guard::default();
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
        match guard.next(DESCRIBE_SCALING_ACTIVITIES.name, page.next_token) {
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
        min: count(target.min_capacity),
        max: count(target.max_capacity),
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
            out_cooldown: tracking.scale_out_cooldown.map(count),
            in_cooldown: tracking.scale_in_cooldown.map(count),
            no_scale_in: tracking.disable_scale_in.unwrap_or(false),
            ..base
        };
    }
    let cooldown = policy.step_scaling_policy_configuration.and_then(|step| step.cooldown).map(count);
    ScalingPolicy { out_cooldown: cooldown, in_cooldown: cooldown, ..base }
}

pub(super) fn from_action(action: sdk::ScheduledAction) -> ScheduledAction {
    let sets = action.scalable_target_action;
    ScheduledAction {
        resource: action.resource_id,
        name: action.scheduled_action_name,
        schedule: action.schedule,
        timezone: action.timezone,
        min: sets.as_ref().and_then(|sets| sets.min_capacity).map(count),
        max: sets.as_ref().and_then(|sets| sets.max_capacity).map(count),
        start: time(action.start_time),
        end: time(action.end_time),
    }
}

fn from_activity(activity: sdk::ScalingActivity) -> ScalingActivity {
    ScalingActivity {
        id: activity.activity_id,
        resource: activity.resource_id,
        at: time(Some(activity.start_time)),
        status: activity.status_code.as_str().to_owned(),
        description: activity.description,
        cause: activity.cause,
        not_scaled: activity.not_scaled_reasons.unwrap_or_default().into_iter().map(|reason| reason.code).collect(),
        message: activity.status_message,
    }
}
