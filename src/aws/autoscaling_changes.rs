//! Application Auto Scaling: policies and scheduled actions of one service, read and changed for operations.

use super::autoscaling::{
    DESCRIBE_SCALING_POLICIES, DESCRIBE_SCHEDULED_ACTIONS, PUT_SCHEDULED_ACTION, from_action, from_policy,
};
use super::budget::Class;
use super::convert::to_sdk_count;
use super::copy_check::{self, Answer};
use super::session::{Action, Caller};
use super::writer::Writer;
use crate::app::operation::call::Reply;
use crate::app::operation::single::scaling::call::{ScalingRead, ScalingReply, ScalingWrite, zone};
use crate::model::scaling::ScheduledAction;
use crate::model::{Failure, FailureKind};
use aws_sdk_applicationautoscaling::types as sdk;

const PUT_SCALING_POLICY: Action =
    Action { name: "application-autoscaling:PutScalingPolicy", class: Class::Autoscaling };
const DELETE_SCHEDULED_ACTION: Action =
    Action { name: "application-autoscaling:DeleteScheduledAction", class: Class::Autoscaling };
/// Maximum number of policies and actions of a service read: AWS allows far fewer.
const MAX: usize = 500;
/// The known fields of a target-tracking policy; a write replaces the whole policy.
const KNOWN: [&str; 6] = [
    "TargetValue",
    "PredefinedMetricSpecification",
    "CustomizedMetricSpecification",
    "ScaleOutCooldown",
    "ScaleInCooldown",
    "DisableScaleIn",
];

/// Executes a read of an operation.
pub(super) async fn read(caller: &Caller<'_>, read: ScalingRead) -> Result<ScalingReply, Failure> {
    match read {
        ScalingRead::Policies { resource } => {
            let found = caller.all_pages(
                DESCRIBE_SCALING_POLICIES,
                MAX,
                |clients, token| {
                    let request = clients.autoscaling().describe_scaling_policies();
                    let request = request.service_namespace(sdk::ServiceNamespace::Ecs).resource_id(&resource);
                    request.set_next_token(token).send()
                },
                |page| (page.scaling_policies.unwrap_or_default(), page.next_token),
            );
            Ok(ScalingReply::Policies(found.await?.into_iter().map(from_policy).collect()))
        }
        ScalingRead::Actions { resource } => {
            let found = caller.all_pages(
                DESCRIBE_SCHEDULED_ACTIONS,
                MAX,
                |clients, token| {
                    let request = clients.autoscaling().describe_scheduled_actions();
                    let request = request.service_namespace(sdk::ServiceNamespace::Ecs).resource_id(&resource);
                    request.set_next_token(token).send()
                },
                |page| (page.scheduled_actions.unwrap_or_default(), page.next_token),
            );
            Ok(ScalingReply::Actions(found.await?.into_iter().map(from_action).collect()))
        }
    }
}

/// Sends a change of a scaling policy or of a scheduled action.
pub(super) async fn write(writer: &Writer<'_>, write: &ScalingWrite) -> Result<Reply, Failure> {
    match write {
        ScalingWrite::Target { resource, policy, target } => aim(writer, resource, policy, *target).await,
        ScalingWrite::Put(action) => put(writer, action).await,
        ScalingWrite::Remove { resource, name } => {
            writer
                .send_once(DELETE_SCHEDULED_ACTION, |clients| {
                    let request = clients.autoscaling().delete_scheduled_action();
                    request
                        .service_namespace(sdk::ServiceNamespace::Ecs)
                        .scalable_dimension(sdk::ScalableDimension::EcsServiceDesiredCount)
                        .resource_id(resource)
                        .scheduled_action_name(name)
                        .send()
                })
                .await?;
            Ok(Reply::Done)
        }
    }
}

/// Changes a policy's target value. A write replaces the whole policy, so it is read right before, and an unknown field
/// prevents it.
async fn aim(writer: &Writer<'_>, resource: &str, policy: &str, target: f64) -> Result<Reply, Failure> {
    let answer = Answer::default();
    let found = writer
        .reader()
        .call(DESCRIBE_SCALING_POLICIES, |clients| {
            let request = clients.autoscaling().describe_scaling_policies();
            let request = request.service_namespace(sdk::ServiceNamespace::Ecs).resource_id(resource);
            request.policy_names(policy).customize().interceptor(answer.clone()).send()
        })
        .await
        .map_err(Failure::mark_unsent)?;
    let missing = |what: &str| {
        let text = format!("{}: {policy} of {resource} {what}", PUT_SCALING_POLICY.name);
        Failure::new(FailureKind::NotFound, text).mark_unsent()
    };
    let policies = found.scaling_policies.unwrap_or_default();
    let old = policies.into_iter().find(|one| one.policy_name == policy).ok_or_else(|| missing("is not there"))?;
    let old = old.target_tracking_scaling_policy_configuration.ok_or_else(|| missing("has no target value"))?;
    let lost =
        copy_check::unknown_fields(&answer, "ScalingPolicies", "TargetTrackingScalingPolicyConfiguration", &KNOWN);
    if !lost.is_empty() {
        let text = format!("{}: {} would be lost", PUT_SCALING_POLICY.name, lost.join(", "));
        return Err(Failure::new(FailureKind::Other, text)
            .with_hint("a newer version of the cockpit may know it; until then, change the policy where it is declared")
            .mark_unsent());
    }
    let new = sdk::TargetTrackingScalingPolicyConfiguration::builder()
        .target_value(target)
        .set_predefined_metric_specification(old.predefined_metric_specification)
        .set_customized_metric_specification(old.customized_metric_specification)
        .set_scale_out_cooldown(old.scale_out_cooldown)
        .set_scale_in_cooldown(old.scale_in_cooldown)
        .set_disable_scale_in(old.disable_scale_in)
        .build()
        .map_err(|error| Failure::new(FailureKind::Other, error.to_string()).mark_unsent())?;
    writer
        .send_once(PUT_SCALING_POLICY, |clients| {
            let request = clients.autoscaling().put_scaling_policy();
            request
                .service_namespace(sdk::ServiceNamespace::Ecs)
                .scalable_dimension(sdk::ScalableDimension::EcsServiceDesiredCount)
                .resource_id(resource)
                .policy_name(policy)
                .policy_type(sdk::PolicyType::TargetTrackingScaling)
                .target_tracking_scaling_policy_configuration(new)
                .send()
        })
        .await?;
    Ok(Reply::Done)
}

async fn put(writer: &Writer<'_>, action: &ScheduledAction) -> Result<Reply, Failure> {
    let name = PUT_SCHEDULED_ACTION.name;
    let sets = sdk::ScalableTargetAction::builder()
        .set_min_capacity(to_sdk_count(name, action.min)?)
        .set_max_capacity(to_sdk_count(name, action.max)?)
        .build();
    writer
        .send_once(PUT_SCHEDULED_ACTION, |clients| {
            let request = clients.autoscaling().put_scheduled_action();
            request
                .service_namespace(sdk::ServiceNamespace::Ecs)
                .scalable_dimension(sdk::ScalableDimension::EcsServiceDesiredCount)
                .resource_id(&action.resource)
                .scheduled_action_name(&action.name)
                .schedule(&action.schedule)
                .set_timezone(zone(action).map(str::to_owned))
                .scalable_target_action(sets)
                .send()
        })
        .await?;
    Ok(Reply::Done)
}
