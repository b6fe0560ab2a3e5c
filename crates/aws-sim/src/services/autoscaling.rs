//! Application Auto Scaling of the desired counts of ECS services.

use super::{ApiError, Call, token};
use crate::account::ACCOUNT;
use crate::clock::timestamp;
use crate::rng;
use crate::wire::{Node, list, map};
use crate::world::scaling::{Activity, Policy, ScalableTarget, ScheduledAction};
use crate::world::schedule::Times;
use jiff::Timestamp;
use jiff::tz::TimeZone;

const NAMESPACE: &str = "ecs";
const DIMENSION: &str = "ecs:service:DesiredCount";

/// Runs an Application Auto Scaling operation.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "DescribeScalableTargets" => targets(call),
        "DescribeScalingPolicies" => policies(call),
        "DescribeScheduledActions" => actions(call),
        "DescribeScalingActivities" => activities(call),
        "RegisterScalableTarget" => register(call),
        "PutScheduledAction" => put_action(call),
        "DeleteScheduledAction" => delete_action(call),
        "PutScalingPolicy" => put_policy(call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::client("ValidationException", message)
}

/// Checks the namespace; `false` if it is valid but nothing in it is simulated.
fn is_simulated(call: &Call<'_>) -> Result<bool, ApiError> {
    const KNOWN: &[&str] = &[
        "ecs",
        "elasticmapreduce",
        "ec2",
        "appstream",
        "dynamodb",
        "rds",
        "sagemaker",
        "custom-resource",
        "comprehend",
        "lambda",
        "cassandra",
        "kafka",
        "elasticache",
        "neptune",
        "workspaces",
    ];
    let namespace = call.input.str("ServiceNamespace").unwrap_or_default();
    if !KNOWN.contains(&namespace) {
        let text = format!(
            "1 validation error detected: Value '{namespace}' at 'serviceNamespace' failed to satisfy constraint: Member must satisfy enum value set: [{}]",
            KNOWN.join(", ")
        );
        return Err(invalid(text));
    }
    let dimension = call.input.str("ScalableDimension");
    Ok(namespace == NAMESPACE && dimension.is_none_or(|d| d == DIMENSION))
}

/// Returns a page of keyed nodes: 1 to 50, by default 50.
fn paged(call: &Call<'_>, name: &'static str, rows: Vec<(String, Node)>) -> Result<Node, ApiError> {
    let size = match call.input.int("MaxResults") {
        None => 50,
        Some(n) => usize::try_from(n)
            .ok()
            .filter(|n| (1..=50).contains(n))
            .ok_or_else(|| invalid("MaxResults must be between 1 and 50"))?,
    };
    let (items, next) = token::page(rows.into_iter(), call.input.str("NextToken"), size)
        .ok_or_else(|| ApiError::client("InvalidNextTokenException", "The next token is not valid."))?;
    let mut answer = map! {};
    answer.set(name, list(items));
    answer.set("NextToken", next);
    Ok(answer)
}

/// The scalable targets of the call's region, with their indices and resource ids, sorted by id.
fn region_targets<'a>(call: &'a Call<'_>) -> Vec<(usize, String, &'a ScalableTarget)> {
    let world = &*call.world;
    let in_region = |t: &ScalableTarget| world.clusters[world.services[t.service].cluster].region == call.region;
    let mut all: Vec<_> = world
        .scaling
        .iter()
        .enumerate()
        .filter(|(_, t)| in_region(t))
        .map(|(at, t)| (at, world.resource_id(t.service), t))
        .collect();
    all.sort_by(|a, b| a.1.cmp(&b.1));
    all
}

fn targets(call: &Call<'_>) -> Result<Node, ApiError> {
    let ids = call.input.strings("ResourceIds");
    let mut rows = Vec::new();
    if is_simulated(call)? {
        for (_, id, t) in
            region_targets(call).into_iter().filter(|(_, id, _)| ids.is_empty() || ids.contains(&id.as_str()))
        {
            let node = target(call, &id, t);
            rows.push((id, node));
        }
    }
    paged(call, "ScalableTargets", rows)
}

fn target_arn(call: &Call<'_>, id: &str) -> String {
    let short = format!("{:016x}{:016x}", rng::hash(15, id), rng::hash(16, id));
    format!("arn:aws:application-autoscaling:{}:{ACCOUNT}:scalable-target/{short}", call.region)
}

fn target(call: &Call<'_>, id: &str, t: &ScalableTarget) -> Node {
    let role = "ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService";
    map! {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": id,
        "ScalableDimension": DIMENSION,
        "MinCapacity": t.min,
        "MaxCapacity": t.max,
        "RoleARN": format!("arn:aws:iam::{ACCOUNT}:role/aws-service-role/{role}"),
        "CreationTime": timestamp(t.created),
        "SuspendedState": map! {
            "DynamicScalingInSuspended": t.suspended_in,
            "DynamicScalingOutSuspended": t.suspended_out,
            "ScheduledScalingSuspended": t.suspended_schedule,
        },
        "ScalableTargetARN": target_arn(call, id),
    }
}

/// Whether the call's `ResourceId`, if given, matches this resource.
fn matches_resource(call: &Call<'_>, id: &str) -> bool {
    call.input.str("ResourceId").is_none_or(|wanted| wanted == id)
}

fn policies(call: &Call<'_>) -> Result<Node, ApiError> {
    let names = call.input.strings("PolicyNames");
    let mut rows = Vec::new();
    if is_simulated(call)? {
        for (at, id, t) in region_targets(call).into_iter().filter(|(_, id, _)| matches_resource(call, id)) {
            for p in t.policies.iter().filter(|p| names.is_empty() || names.contains(&p.name.as_str())) {
                rows.push((format!("{id}\u{0}{}", p.name), policy(call, at, &id, p)));
            }
        }
    }
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    paged(call, "ScalingPolicies", rows)
}

fn policy(call: &Call<'_>, target: usize, id: &str, p: &Policy) -> Node {
    let alarm = |at: usize| {
        let a = &call.world.alarms[at];
        map! {"AlarmName": &a.name, "AlarmARN": a.arn()}
    };
    map! {
        "PolicyARN": call.world.policy_arn(target, &p.uuid, &p.name),
        "PolicyName": &p.name,
        "ServiceNamespace": NAMESPACE,
        "ResourceId": id,
        "ScalableDimension": DIMENSION,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": map! {
            "TargetValue": p.target,
            "PredefinedMetricSpecification": map! {"PredefinedMetricType": p.metric},
            "ScaleOutCooldown": p.out_cooldown,
            "ScaleInCooldown": p.in_cooldown,
            "DisableScaleIn": false,
        },
        "Alarms": list([alarm(p.high), alarm(p.low)]),
        "CreationTime": timestamp(p.created),
    }
}

fn actions(call: &Call<'_>) -> Result<Node, ApiError> {
    let names = call.input.strings("ScheduledActionNames");
    let mut rows = Vec::new();
    if is_simulated(call)? {
        for (_, id, t) in region_targets(call).into_iter().filter(|(_, id, _)| matches_resource(call, id)) {
            for a in t.actions.iter().filter(|a| names.is_empty() || names.contains(&a.name.as_str())) {
                rows.push((format!("{id}\u{0}{}", a.name), action(call, &id, a)));
            }
        }
    }
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    paged(call, "ScheduledActions", rows)
}

fn action(call: &Call<'_>, id: &str, a: &ScheduledAction) -> Node {
    let (region, uuid, name) = (call.region, &a.uuid, a.name.as_str());
    map! {
        "ScheduledActionName": name,
        "ScheduledActionARN": format!("arn:aws:autoscaling:{region}:{ACCOUNT}:scheduledAction:{uuid}:resource/ecs/{id}:scheduledActionName/{name}"),
        "ServiceNamespace": NAMESPACE,
        "Schedule": &a.expression,
        "Timezone": &a.zone,
        "ResourceId": id,
        "ScalableDimension": DIMENSION,
        "StartTime": a.start.map(timestamp),
        "EndTime": a.end.map(timestamp),
        "ScalableTargetAction": map! {"MinCapacity": a.min, "MaxCapacity": a.max},
        "CreationTime": timestamp(a.created),
    }
}

fn activities(call: &Call<'_>) -> Result<Node, ApiError> {
    let all = call.input.bool("IncludeNotScaledActivities") == Some(true);
    let mut rows = Vec::new();
    if is_simulated(call)? {
        for (_, id, t) in region_targets(call).into_iter().filter(|(_, id, _)| matches_resource(call, id)) {
            for (n, a) in t.activities.iter().enumerate().filter(|(_, a)| all || a.not_scaled.is_none()) {
                // Newest first; activities of the same millisecond keep their stored order.
                let key = format!("{:020}{n:06}{}", i64::MAX - a.at, a.id);
                rows.push((key, activity(&id, a)));
            }
        }
    }
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    paged(call, "ScalingActivities", rows)
}

fn activity(id: &str, a: &Activity) -> Node {
    let reasons = a
        .not_scaled
        .map(|(code, limit, current)| list([map! {"Code": code, "MaxCapacity": limit, "CurrentCapacity": current}]));
    map! {
        "ActivityId": &a.id,
        "ServiceNamespace": NAMESPACE,
        "ResourceId": id,
        "ScalableDimension": DIMENSION,
        "Description": &a.description,
        "Cause": &a.cause,
        "StartTime": timestamp(a.at),
        "EndTime": a.end.map(timestamp),
        "StatusCode": a.status,
        "StatusMessage": &a.message,
        "NotScaledReasons": reasons,
    }
}

/// Parses an optional capacity, a whole number.
fn limit(node: &Node, key: &str) -> Result<Option<u32>, ApiError> {
    if node.get(key).is_none() {
        return Ok(None);
    }
    let n = node.int(key).and_then(|n| u32::try_from(n).ok());
    n.map(Some).ok_or_else(|| invalid(format!("{key} must be a whole number of at least 0")))
}

/// The index of the scalable target that a call names.
fn target_index(call: &Call<'_>) -> Result<usize, ApiError> {
    let simulated = is_simulated(call)?;
    let id = call.input.str("ResourceId").unwrap_or_default();
    let found = region_targets(call).into_iter().find(|(_, i, _)| i == id).map(|(at, _, _)| at);
    found.filter(|_| simulated).ok_or_else(|| {
        let text = format!(
            "No scalable target registered for service namespace: {NAMESPACE}, resource ID: {id}, scalable dimension: {DIMENSION}"
        );
        ApiError::client("ObjectNotFoundException", text)
    })
}

/// `PutScheduledAction`: fields omitted for an existing action keep their values.
fn put_action(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let at = target_index(call)?;
    let input = call.input;
    let name = input.str("ScheduledActionName").ok_or_else(|| invalid("ScheduledActionName is missing"))?;
    let old = call.world.scaling[at].actions.iter().find(|a| a.name == name);
    let expression = input.str("Schedule").or(old.map(|a| a.expression.as_str()));
    let expression = expression.ok_or_else(|| invalid("Schedule is required for a new scheduled action"))?;
    if Times::parse(expression).is_none() {
        return Err(invalid(format!("Invalid schedule expression: {expression}")));
    }
    let zone = input.str("Timezone").or(old.map(|a| a.zone.as_str())).unwrap_or("UTC");
    if TimeZone::get(zone).is_err() {
        return Err(invalid(format!("Invalid timezone: {zone}")));
    }
    let (min, max) = match input.get("ScalableTargetAction") {
        Some(limits) => (limit(limits, "MinCapacity")?, limit(limits, "MaxCapacity")?),
        None => old.map(|a| (a.min, a.max)).unwrap_or_default(),
    };
    if min.is_none() && max.is_none() {
        return Err(invalid("At least one of MinCapacity and MaxCapacity is required"));
    }
    if min.zip(max).is_some_and(|(min, max)| min > max) {
        return Err(invalid("Minimum capacity cannot be greater than maximum capacity"));
    }
    let time = |key: &str| input.time(key).map(Timestamp::as_millisecond);
    let action = ScheduledAction {
        name: name.to_owned(),
        uuid: String::new(),
        expression: expression.to_owned(),
        zone: zone.to_owned(),
        min,
        max,
        start: time("StartTime"),
        end: time("EndTime"),
        created: call.world.now,
        number: 0,
    };
    call.world.put_action(at, action);
    Ok(map! {})
}

/// `PutScalingPolicy` of an existing policy; its alarms follow the new target.
fn put_policy(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let at = target_index(call)?;
    let input = call.input;
    let name = input.str("PolicyName").ok_or_else(|| invalid("PolicyName is missing"))?;
    if input.str("PolicyType") != Some("TargetTrackingScaling") {
        return Err(invalid("Only policies of the type TargetTrackingScaling are simulated."));
    }
    let config = input.get("TargetTrackingScalingPolicyConfiguration");
    let config = config.ok_or_else(|| invalid("TargetTrackingScalingPolicyConfiguration is missing"))?;
    let target = match config.get("TargetValue") {
        Some(Node::Float(value)) => *value,
        Some(Node::Int(value)) => *value as f64,
        _ => return Err(invalid("TargetValue is missing")),
    };
    let metric = config.get("PredefinedMetricSpecification").and_then(|spec| spec.str("PredefinedMetricType"));
    let place = call.world.scaling[at].policies.iter().position(|p| p.name == name);
    let place = place.ok_or_else(|| invalid("Only existing policies can be changed in the simulator."))?;
    let policy = &mut call.world.scaling[at].policies[place];
    if metric != Some(policy.metric) {
        return Err(invalid("Changing the metric of a policy is not simulated."));
    }
    policy.target = target;
    let seconds = |key: &str, old: u32| config.int(key).and_then(|n| u32::try_from(n).ok()).unwrap_or(old);
    policy.out_cooldown = seconds("ScaleOutCooldown", policy.out_cooldown);
    policy.in_cooldown = seconds("ScaleInCooldown", policy.in_cooldown);
    let (uuid, name, high, low) = (policy.uuid.clone(), policy.name.clone(), policy.high, policy.low);
    call.world.alarms[high].threshold = target;
    call.world.alarms[low].threshold = target * 0.9;
    let alarm = |at: usize| map! {"AlarmName": &call.world.alarms[at].name, "AlarmARN": call.world.alarms[at].arn()};
    Ok(map! {
        "PolicyARN": call.world.policy_arn(at, &uuid, &name),
        "Alarms": list([alarm(high), alarm(low)]),
    })
}

/// `DeleteScheduledAction`.
fn delete_action(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let at = target_index(call)?;
    let name = call.input.str("ScheduledActionName").unwrap_or_default();
    let actions = &mut call.world.scaling[at].actions;
    let place = actions.iter().position(|a| a.name == name).ok_or_else(|| {
        ApiError::client(
            "ObjectNotFoundException",
            format!("No scheduled action found for service namespace: {NAMESPACE}, scheduled action name: {name}"),
        )
    })?;
    actions.remove(place);
    Ok(map! {})
}

fn register(call: &mut Call<'_>) -> Result<Node, ApiError> {
    if !is_simulated(call)? {
        return Err(invalid("Only ecs:service:DesiredCount of the namespace ecs is simulated."));
    }
    let id = call.input.str("ResourceId").ok_or_else(|| invalid("ResourceId is missing"))?.to_owned();
    let (min, max) = (limit(call.input, "MinCapacity")?, limit(call.input, "MaxCapacity")?);
    let found = region_targets(call).into_iter().find(|(_, i, _)| *i == id).map(|(at, _, _)| at);
    let at = if let Some(at) = found {
        at
    } else {
        let missing = || invalid(format!("ECS service doesn't exist: {id}"));
        let mut parts = id.split('/').skip(1);
        let cluster = parts.next().and_then(|c| call.world.find_cluster(call.region, c)).ok_or_else(missing)?;
        let service = parts.next().and_then(|s| call.world.find_service(cluster, s)).ok_or_else(missing)?;
        let (Some(min), Some(max)) = (min, max) else {
            return Err(invalid("Both MinCapacity and MaxCapacity are required for a new scalable target."));
        };
        call.world.add_scaling(service, min, max)
    };
    let t = &mut call.world.scaling[at];
    let (min, max) = (min.unwrap_or(t.min), max.unwrap_or(t.max));
    if min > max {
        return Err(invalid("Minimum capacity cannot be greater than maximum capacity"));
    }
    if let Some(state) = call.input.get("SuspendedState") {
        let set = |key: &str, old: bool| state.bool(key).unwrap_or(old);
        t.suspended_in = set("DynamicScalingInSuspended", t.suspended_in);
        t.suspended_out = set("DynamicScalingOutSuspended", t.suspended_out);
        t.suspended_schedule = set("ScheduledScalingSuspended", t.suspended_schedule);
    }
    call.world.set_limits(at, min, max);
    Ok(map! {"ScalableTargetARN": target_arn(call, &id)})
}
