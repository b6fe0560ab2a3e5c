//! `CloudTrail`: the recorded writes, and their authors.

use super::budget::Class;
use super::pages::{AnswerSender, PageGuard};
use super::protocols::json;
use super::session::{Action, Caller};
use super::signed::Service;
use crate::feeds::aws::Fact;
use crate::model::timeline::TrailEvent;
use crate::model::timeline::owners::{GLOBAL, GLOBAL_REGION};
use crate::model::{Failure, FailureKind};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(super) const LOOKUP_EVENTS: Action = Action { name: "cloudtrail:LookupEvents", class: Class::Trail };
pub(super) const CLOUDTRAIL: Service = Service("cloudtrail", None);
const CLOUDTRAIL_GLOBAL: Service = Service("cloudtrail", Some(GLOBAL_REGION));
pub(super) const TARGET: &str = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101";
/// Items per page: the maximum of the API.
const PAGE: u32 = 50;
/// Maximum number of pages read: an account is limited to two requests per second.
const MAX_PAGES: usize = 20;

/// Request parameters that name the written resource, the most specific first.
const NAMING: &[&str] = &[
    "service",
    "serviceName",
    "dBInstanceIdentifier",
    "dBClusterIdentifier",
    "resourceId",
    "name",
    "alarmName",
    "functionName",
    "logGroupName",
    "distributionId",
    "hostedZoneId",
    "roleName",
    "policyName",
    "secretId",
    "instanceId",
    "certificateArn",
    "groupId",
    "bucketName",
    "repositoryName",
    "taskDefinition",
    "family",
    "cluster",
    "id",
];

/// Sends the writes between two times, newest first, including those of global services, which are recorded in another region.
/// If those cannot be read, this is reported in addition.
pub(super) async fn events(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    since: Timestamp,
    until: Timestamp,
) -> Result<(), Failure> {
    writes(caller, answers, CLOUDTRAIL, since, until).await?;
    if caller.session.region().is_some_and(|region| region != GLOBAL_REGION)
        && let Err(failure) = writes(caller, answers, CLOUDTRAIL_GLOBAL, since, until).await
    {
        let what =
            format!("CloudFront, Route 53, IAM and their certificates are recorded in {GLOBAL_REGION}: {failure}");
        answers.page(Fact::TrailIncomplete(failure.with_message(what))).await;
    }
    answers.last(Fact::Trail(Vec::new())).await;
    Ok(())
}

async fn writes(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    service: Service,
    since: Timestamp,
    until: Timestamp,
) -> Result<(), Failure> {
    let mut guard = PageGuard::default();
    let mut token: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let mut body = json!({
            "StartTime": since.as_second(),
            "EndTime": until.as_second(),
            "LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}],
            "MaxResults": PAGE,
        });
        if let Some(token) = &token {
            body["NextToken"] = json!(token);
        }
        let page = caller.json(&json(LOOKUP_EVENTS, service, TARGET, &body)).await?;
        let events = page.get("Events").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let mut events: Vec<TrailEvent> = events.iter().filter_map(event).collect();
        // Regional events of that region do not belong to this environment.
        events.retain(|event| service.1.is_none() || GLOBAL.contains(&event.source.as_str()));
        answers.page(Fact::Trail(events)).await;
        let next = page.get("NextToken").and_then(Value::as_str).map(str::to_owned);
        match guard.next_token(LOOKUP_EVENTS.name, next)? {
            None => return Ok(()),
            next => token = next,
        }
    }
    let most = MAX_PAGES * PAGE as usize;
    let what = format!("{}: only the newest {most} are read: request a shorter time", LOOKUP_EVENTS.name);
    Err(Failure::new(FailureKind::Other, what))
}

/// Parses an event of `LookupEvents`: a summary, and the full event as a JSON string.
fn event(entry: &Value) -> Option<TrailEvent> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let recorded: Value = serde_json::from_str(&text("CloudTrailEvent")).unwrap_or_default();
    let at =
        |path: &str| recorded.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of an epoch fit")]
    let time = (entry.get("EventTime")?.as_f64()? * 1_000.0) as i64;
    let last = |arn: String| arn.rsplit('/').next().unwrap_or_default().to_owned();
    let who = Some(text("Username")).filter(|name| !name.is_empty());
    let who = who.or_else(|| at("/userIdentity/userName")).or_else(|| at("/userIdentity/arn").map(last));
    Some(TrailEvent {
        id: text("EventId"),
        at: Timestamp::from_millisecond(time).ok()?,
        name: text("EventName"),
        source: text("EventSource"),
        region: at("/awsRegion").unwrap_or_default(),
        who: who.unwrap_or_default(),
        through: at("/userIdentity/invokedBy").filter(|by| by != "AWS Internal"),
        names: names(entry, recorded.get("requestParameters")),
        request: at("/requestID"),
        error: at("/errorCode"),
    })
}

/// The written resources: names in its parameters, then those of its resources.
fn names(entry: &Value, parameters: Option<&Value>) -> Vec<String> {
    let of = |key: &&str| parameters?.get(*key)?.as_str();
    let mut names: Vec<String> = NAMING.iter().filter_map(of).map(short).collect();
    // `service-deployment/CLUSTER/SERVICE/ID`: people know it by its service.
    if let Some(deployment) = of(&"serviceDeploymentArn") {
        let mut parts = deployment.rsplit('/').take(2).map(str::to_owned).collect::<Vec<_>>();
        parts.reverse();
        names.extend(parts);
    }
    let resources = entry.get("Resources").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    names.extend(resources.iter().filter_map(|one| one.get("ResourceName")?.as_str().map(short)));
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| !name.is_empty() && seen.insert(name.clone()));
    names
}

/// The last part of an ARN or of an autoscaling path; parameters keep their full names.
fn short(name: &str) -> String {
    let last = |sign: char| name.rsplit(sign).next().unwrap_or(name).to_owned();
    // The path of a parameter or secret shows its environment.
    if let Some((_, path)) = name.split_once(":parameter/").filter(|_| name.starts_with("arn:")) {
        return if path.contains('/') { format!("/{path}") } else { path.to_owned() };
    }
    if let Some((_, path)) = name.split_once(":secret:").filter(|_| name.starts_with("arn:")) {
        return path.to_owned();
    }
    if name.starts_with("arn:") && name.contains('/') || name.starts_with("service/") {
        last('/')
    } else if name.starts_with("arn:") {
        last(':')
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actor_action_and_resource_are_parsed_from_the_full_event() {
        let recorded = json!({
            "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/admin/anna"},
            "requestParameters": {"cluster": "shop", "service": "arn:aws:ecs:eu-west-1:1:service/shop/shop-web"},
            "requestID": "r-1",
        });
        let entry = json!({
            "EventId": "e-1", "EventName": "UpdateService", "EventSource": "ecs.amazonaws.com",
            "EventTime": 1_700_000_000.5, "CloudTrailEvent": recorded.to_string(),
        });
        let read = event(&entry).expect("an event");
        assert_eq!((read.who.as_str(), read.request.as_deref(), read.error), ("anna", Some("r-1"), None));
        assert_eq!(read.names, ["shop-web", "shop"]);
        assert_eq!(read.at.as_millisecond(), 1_700_000_000_500);
        let parameter = json!({"requestParameters": {"name": "/shop/KEY"}, "errorCode": "AccessDenied"});
        let entry = json!({"EventTime": 1, "Username": "ben", "CloudTrailEvent": parameter.to_string()});
        let read = event(&entry).expect("an event");
        assert_eq!((read.names, read.error.as_deref()), (vec!["/shop/KEY".to_owned()], Some("AccessDenied")));
        let arn = "arn:aws:ecs:eu-west-1:1:service-deployment/shop/shop-web/NCWGC2ZR";
        let stop = json!({"requestParameters": {"serviceDeploymentArn": arn, "stopType": "ROLLBACK"}});
        let entry = json!({"EventTime": 1, "CloudTrailEvent": stop.to_string()});
        assert_eq!(event(&entry).expect("an event").names, ["shop-web", "NCWGC2ZR"]);
        assert_eq!(event(&json!({"EventId": "no time"})), None);
        for (arn, name) in [
            ("arn:aws:ssm:eu-west-1:1:parameter/shop/prod/KEY", "/shop/prod/KEY"),
            ("arn:aws:ssm:eu-west-1:1:parameter/KEY", "KEY"),
            ("arn:aws:secretsmanager:eu-west-1:1:secret:shop-prod-db/app-a1b2c3", "shop-prod-db/app-a1b2c3"),
        ] {
            assert_eq!(short(arn), name);
        }
    }
}
