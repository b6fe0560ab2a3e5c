//! `CloudTrail`: the writes that it has recorded, with who did them.

use super::budget::Class;
use super::pages::{AnswerSender, Guard};
use super::protocols::json;
use super::session::{Action, Caller};
use super::signed::Service;
use crate::feeds::aws::Fact;
use crate::model::timeline::TrailEvent;
use crate::model::{Failure, FailureKind};
use jiff::Timestamp;
use serde_json::{Value, json};

const LOOKUP_EVENTS: Action = Action { name: "cloudtrail:LookupEvents", class: Class::Trail };
const CLOUDTRAIL: Service = Service("cloudtrail", None);
const TARGET: &str = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101";
/// The largest page.
const PAGE: u32 = 50;
/// No more pages are read: two a second is all that an account may ask for.
const MOST_PAGES: usize = 20;

/// Parameters that say what is written, the most telling first.
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
    "groupId",
    "bucketName",
    "repositoryName",
    "taskDefinition",
    "family",
    "cluster",
];

/// The writes between two moments, newest first.
pub(super) async fn events(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    since: Timestamp,
    until: Timestamp,
) -> Result<(), Failure> {
    let mut guard = Guard::default();
    let mut token: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let mut body = json!({
            "StartTime": since.as_second(),
            "EndTime": until.as_second(),
            "LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}],
            "MaxResults": PAGE,
        });
        if let Some(token) = &token {
            body["NextToken"] = json!(token);
        }
        let page = caller.json(&json(LOOKUP_EVENTS, CLOUDTRAIL, TARGET, &body)).await?;
        let events = page.get("Events").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let events: Vec<TrailEvent> = events.iter().filter_map(event).collect();
        let next = page.get("NextToken").and_then(Value::as_str).map(str::to_owned);
        match guard.next(LOOKUP_EVENTS.name, next)? {
            None => {
                answers.last(Fact::Trail(events)).await;
                return Ok(());
            }
            next => {
                answers.page(Fact::Trail(events)).await;
                token = next;
            }
        }
    }
    let most = MOST_PAGES * PAGE as usize;
    let what = format!("{}: only the newest {most} are read: ask for a shorter time", LOOKUP_EVENTS.name);
    Err(Failure::new(FailureKind::Other, what))
}

/// An event as `LookupEvents` has it: a summary, and the whole of it as a text of JSON.
fn event(entry: &Value) -> Option<TrailEvent> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let whole: Value = serde_json::from_str(&text("CloudTrailEvent")).unwrap_or_default();
    let at =
        |path: &str| whole.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
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
        who: who.unwrap_or_default(),
        through: at("/userIdentity/invokedBy").filter(|by| by != "AWS Internal"),
        names: names(entry, whole.get("requestParameters")),
        request: at("/requestID"),
        error: at("/errorCode"),
    })
}

/// What was written: names of its parameters, then those of its resources.
fn names(entry: &Value, parameters: Option<&Value>) -> Vec<String> {
    let of = |key: &&str| parameters?.get(*key)?.as_str().map(short);
    let mut names: Vec<String> = NAMING.iter().filter_map(of).collect();
    let resources = entry.get("Resources").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    names.extend(resources.iter().filter_map(|one| one.get("ResourceName")?.as_str().map(short)));
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| !name.is_empty() && seen.insert(name.clone()));
    names
}

/// The last part of an ARN or of a path of autoscaling; names of parameters keep theirs.
fn short(name: &str) -> String {
    let last = |sign: char| name.rsplit(sign).next().unwrap_or(name).to_owned();
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
    fn who_did_what_to_what_is_read_from_the_whole_event() {
        let whole = json!({
            "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/admin/anna"},
            "requestParameters": {"cluster": "shop", "service": "arn:aws:ecs:eu-west-1:1:service/shop/shop-web"},
            "requestID": "r-1",
        });
        let entry = json!({
            "EventId": "e-1", "EventName": "UpdateService", "EventSource": "ecs.amazonaws.com",
            "EventTime": 1_700_000_000.5, "CloudTrailEvent": whole.to_string(),
        });
        let read = event(&entry).expect("an event");
        assert_eq!((read.who.as_str(), read.request.as_deref(), read.error), ("anna", Some("r-1"), None));
        assert_eq!(read.names, ["shop-web", "shop"]);
        assert_eq!(read.at.as_millisecond(), 1_700_000_000_500);
        let parameter = json!({"requestParameters": {"name": "/shop/KEY"}, "errorCode": "AccessDenied"});
        let entry = json!({"EventTime": 1, "Username": "ben", "CloudTrailEvent": parameter.to_string()});
        let read = event(&entry).expect("an event");
        assert_eq!((read.names, read.error.as_deref()), (vec!["/shop/KEY".to_owned()], Some("AccessDenied")));
        assert_eq!(event(&json!({"EventId": "no time"})), None);
    }
}
