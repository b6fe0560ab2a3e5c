//! The API actions of changes and their parameters, for `--dry-run` and the audit file.

use super::call::{Write, stored_tags};
use crate::model::machine::PowerAction;
use crate::model::scaling::Suspended;
use crate::model::timer::Power;
use serde_json::{Value, json};

impl Write {
    /// The action as IAM names it.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Register { .. } => "ecs:RegisterTaskDefinition",
            Self::Update { .. } => "ecs:UpdateService",
            Self::RollBack { .. } => "ecs:StopServiceDeployment",
            Self::StopTask { .. } => "ecs:StopTask",
            Self::Remember { .. } => "ecs:TagResource",
            Self::Forget { .. } => "ecs:UntagResource",
            Self::Limits { .. } => "application-autoscaling:RegisterScalableTarget",
            Self::Invoke { .. } => "lambda:InvokeFunction",
            Self::Skip { timer, .. } if timer.action.is_some() => "application-autoscaling:PutScheduledAction",
            Self::Skip { .. } => "scheduler:UpdateSchedule",
            Self::PutParameter(_) => "ssm:PutParameter",
            Self::DeleteParameter { .. } => "ssm:DeleteParameter",
            Self::MuteAlarm { .. } => "cloudwatch:PutAlarmMuteRule",
            Self::UnmuteAlarm { .. } => "cloudwatch:DeleteAlarmMuteRule",
            Self::Database { cluster, power, .. } => match (cluster, power) {
                (true, Power::Stop) => "rds:StopDBCluster",
                (true, Power::Start) => "rds:StartDBCluster",
                (false, Power::Stop) => "rds:StopDBInstance",
                (false, Power::Start) => "rds:StartDBInstance",
            },
            Self::Rds(write) => write.action(),
            Self::Instance { turn: PowerAction::Start, .. } => "ec2:StartInstances",
            Self::Instance { turn: PowerAction::Stop, .. } => "ec2:StopInstances",
            Self::Instance { turn: PowerAction::Reboot, .. } => "ec2:RebootInstances",
            Self::Invalidate(_) => "cloudfront:CreateInvalidation",
            Self::Ingress(change) => change.action(),
            Self::Scaling(write) => write.action(),
        }
    }

    /// The parameters, for `--dry-run` and the audit file. They contain no secrets.
    pub fn parameters(&self) -> Value {
        match self {
            Self::Register { base, images } => {
                let images: serde_json::Map<String, Value> =
                    images.iter().map(|(container, image)| (container.clone(), json!(image))).collect();
                json!({"copyOf": base, "images": images})
            }
            Self::Update { cluster, service, task_definition, force, desired, exec } => some(vec![
                ("cluster", Some(json!(cluster))),
                ("service", Some(json!(service))),
                ("taskDefinition", task_definition.as_ref().map(|name| json!(name))),
                ("forceNewDeployment", force.then(|| json!(true))),
                ("desiredCount", desired.map(|count| json!(count))),
                ("enableExecuteCommand", exec.then(|| json!(true))),
            ]),
            Self::RollBack { arn } => json!({"serviceDeploymentArn": arn, "stopType": "ROLLBACK"}),
            Self::StopTask { cluster, id, reason } => json!({"cluster": cluster, "task": id, "reason": reason}),
            Self::Remember { arn, desired, suspended } => {
                let tags: serde_json::Map<String, Value> = stored_tags(*desired, *suspended)
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), json!(value)))
                    .collect();
                json!({"resourceArn": arn, "tags": tags})
            }
            Self::Forget { arn, keys } => json!({"resourceArn": arn, "tagKeys": keys}),
            Self::Limits { resource, min, max, suspended } => some(vec![
                ("resourceId", Some(json!(resource))),
                ("minCapacity", min.map(|count| json!(count))),
                ("maxCapacity", max.map(|count| json!(count))),
                ("suspendedState", suspended.map(suspended_state)),
            ]),
            Self::Invoke { function, power } => {
                json!({"functionName": function, "payload": {"action": power.name()}})
            }
            Self::Skip { timer, until } if timer.action.is_some() => some(vec![
                ("resourceId", timer.action.as_ref().map(|sets| json!(sets.resource))),
                ("scheduledActionName", Some(json!(timer.name))),
                ("startTime", until.map(|at| json!(at.to_string()))),
                ("endTime", timer.end.map(|at| json!(at.to_string()))),
            ]),
            Self::Skip { timer, until } => {
                some(vec![("name", Some(json!(timer.name))), ("startDate", until.map(|at| json!(at.to_string())))])
            }
            Self::Rds(write) => write.parameters(),
            Self::Ingress(change) => change.parameters(),
            Self::Scaling(write) => write.parameters(),
            Self::Instance { id, .. } => json!({"InstanceIds": [id]}),
            Self::Invalidate(batch) => {
                json!({"DistributionId": batch.distribution, "Paths": batch.paths, "CallerReference": batch.reference})
            }
            // The value is left out on purpose.
            Self::PutParameter(put) => some(vec![
                ("Name", Some(json!(put.name))),
                ("Type", Some(json!(put.kind.name()))),
                ("KeyId", put.key.as_ref().map(|key| json!(key))),
                ("Tier", put.advanced.then(|| json!("Advanced"))),
                ("Overwrite", Some(json!(put.overwrite))),
            ]),
            Self::DeleteParameter { name } => json!({"Name": name}),
            Self::MuteAlarm { alarm, from, length } => json!({
                "Name": crate::model::Mute::rule_of(alarm),
                "MuteTargets": {"AlarmNames": [alarm]},
                "From": from.to_string(),
                "Minutes": length.as_secs() / 60,
            }),
            Self::UnmuteAlarm { alarm } => json!({"AlarmMuteRuleName": crate::model::Mute::rule_of(alarm)}),
            Self::Database { id, cluster, .. } => {
                if *cluster {
                    json!({"DBClusterIdentifier": id})
                } else {
                    json!({"DBInstanceIdentifier": id})
                }
            }
        }
    }
}

/// A JSON object of the pairs that have a value.
fn some(pairs: Vec<(&str, Option<Value>)>) -> Value {
    let map = pairs.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(map.collect())
}

/// The suspended kinds of scaling in the form of Application Auto Scaling.
fn suspended_state(state: Suspended) -> Value {
    json!({
        "dynamicScalingInSuspended": state.scale_in,
        "dynamicScalingOutSuspended": state.scale_out,
        "scheduledScalingSuspended": state.scheduled,
    })
}
