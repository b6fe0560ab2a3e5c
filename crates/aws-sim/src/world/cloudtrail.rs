//! `CloudTrail`: all write requests with their callers, listed with a delay.

use super::{MINUTE, World};
use crate::account::ACCOUNT;
use crate::clock::{Ms, timestamp};
use crate::rng;
use crate::wire::{Node, json};
use serde_json::{Value, json};
use std::collections::VecDeque;

/// The number of events to keep; older ones are dropped.
const KEPT: usize = 5_000;
/// The fields that `CloudTrail` never records.
const HIDDEN: &[&str] = &["value", "secretString", "masterUserPassword", "payload", "layerPartBlob"];

/// A recorded write event.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    pub(crate) region: String,
    pub(crate) at: Ms,
    pub(crate) id: String,
    pub(crate) name: String,
    /// `ecs.amazonaws.com`.
    pub(crate) source: String,
    pub(crate) who: String,
    pub(crate) key: String,
    /// The whole event, as JSON.
    pub(crate) event: String,
}

/// All recorded events, oldest first.
#[derive(Debug)]
pub(crate) struct Trail {
    pub(crate) writes: VecDeque<Write>,
    /// The delay until an event is listed.
    pub(crate) delay: Ms,
}

impl Default for Trail {
    fn default() -> Self {
        Self { writes: VecDeque::new(), delay: 2 * MINUTE }
    }
}

/// The caller of a request with its credentials.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) who: &'a str,
    pub(crate) key: &'a str,
    /// The AWS service that makes the request on somebody's behalf.
    pub(crate) service: Option<&'a str>,
    pub(crate) request: &'a str,
}

/// Whether an operation only reads.
fn reads(operation: &str) -> bool {
    const WORDS: &[&str] = &[
        "Describe",
        "List",
        "Get",
        "Filter",
        "Lookup",
        "BatchGet",
        "BatchCheck",
        "StartQuery",
        "StopQuery",
        "StartLiveTail",
        "AssumeRole",
        "Simulate",
    ];
    WORDS.iter().any(|word| operation.starts_with(word))
}

/// The event source of a service, by its IAM prefix.
fn source(prefix: &str) -> String {
    match prefix {
        "cloudwatch" => "monitoring.amazonaws.com".to_owned(),
        "application-autoscaling" => "autoscaling.amazonaws.com".to_owned(),
        other => format!("{other}.amazonaws.com"),
    }
}

impl World {
    /// Records a request, unless it only reads.
    pub(crate) fn record_write(
        &mut self,
        region: &str,
        operation: &str,
        caller: Caller<'_>,
        input: &Node,
        error: Option<(&str, &str)>,
    ) {
        let Some((prefix, name)) = operation.split_once(':') else { return };
        if reads(name) || prefix == "logs" && name.starts_with("Put") {
            return;
        }
        let number = self.trail.writes.back().map_or(0, |last| rng::hash(7, &last.id));
        let id = rng::Rng::new(self.seed ^ number ^ self.now.cast_unsigned(), "trail").uuid();
        let source = source(prefix);
        let parameters = parameters(input);
        let mut event = json!({
            "eventVersion": "1.11",
            "userIdentity": match caller.service {
                Some(service) => json!({"type": "AWSService", "invokedBy": service}),
                None => json!({
                    "type": "AssumedRole",
                    "principalId": format!("AROA0000000000000000:{}", caller.who),
                    "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/admin/{}", caller.who),
                    "accountId": ACCOUNT,
                    "accessKeyId": caller.key,
                }),
            },
            "eventTime": timestamp(self.now).strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "eventSource": source,
            "eventName": name,
            "awsRegion": region,
            "sourceIPAddress": caller.service.unwrap_or("203.0.113.10"),
            "userAgent": caller.service.unwrap_or("aws-sdk-rust"),
            "requestParameters": parameters,
            "responseElements": null,
            "requestID": caller.request,
            "eventID": id,
            "readOnly": false,
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": ACCOUNT,
            "eventCategory": "Management",
        });
        if let Some((code, message)) = error {
            event["errorCode"] = json!(code);
            event["errorMessage"] = json!(message);
        }
        self.trail.writes.push_back(Write {
            region: region.to_owned(),
            at: self.now,
            id,
            name: name.to_owned(),
            source,
            who: caller.who.to_owned(),
            key: caller.key.to_owned(),
            event: event.to_string(),
        });
        if self.trail.writes.len() > KEPT {
            self.trail.writes.pop_front();
        }
    }

    /// Records a write that did not arrive over the wire: by another person, or by AWS itself.
    pub(crate) fn record_other_write(
        &mut self,
        region: &str,
        operation: &str,
        who: &str,
        service: Option<&str>,
        input: &Node,
    ) {
        let request = rng::Rng::new(self.seed ^ self.now.cast_unsigned(), operation).uuid();
        let caller = Caller { who, key: "ASIAOTHERSOMEBODY000", service, request: &request };
        self.record_write(region, operation, caller, input, None);
    }
}

/// The parameters of a request as recorded by `CloudTrail`: names start with a lower-case letter, secrets are omitted.
fn parameters(input: &Node) -> Value {
    let value: Value = serde_json::from_slice(&json::encode(input)).unwrap_or_default();
    let Value::Object(fields) = value else { return Value::Null };
    let named =
        fields.into_iter().filter(|(name, _)| !matches!(name.as_str(), "Action" | "Version")).map(|(name, value)| {
            let small = if let Some(rest) = name.strip_prefix("DB") {
                format!("dB{rest}")
            } else {
                let mut letters = name.chars();
                letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
            };
            let hidden = HIDDEN.contains(&small.as_str());
            (small, if hidden { json!("HIDDEN_DUE_TO_SECURITY_REASONS") } else { value })
        });
    Value::Object(named.collect())
}
