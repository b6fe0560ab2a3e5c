//! `CloudTrail`: every write with who asked for it, listed some time after it was made.

use super::{MINUTE, World};
use crate::account::ACCOUNT;
use crate::clock::{Ms, timestamp};
use crate::rng;
use crate::wire::{Node, json};
use serde_json::{Value, json};
use std::collections::VecDeque;

/// How many writes are kept; older ones are forgotten.
const KEPT: usize = 5_000;
/// The fields that `CloudTrail` never writes down.
const HIDDEN: &[&str] = &["value", "secretString", "masterUserPassword", "payload", "layerPartBlob"];

/// A write that `CloudTrail` has recorded.
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

/// Everything that was recorded, oldest first.
#[derive(Debug)]
pub(crate) struct Trail {
    pub(crate) writes: VecDeque<Write>,
    /// How long after it was made a write is listed.
    pub(crate) delay: Ms,
}

impl Default for Trail {
    fn default() -> Self {
        Self { writes: VecDeque::new(), delay: 2 * MINUTE }
    }
}

/// The caller of a request, and the credentials.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker<'a> {
    pub(crate) who: &'a str,
    pub(crate) key: &'a str,
    /// The service of AWS that asks on somebody's behalf.
    pub(crate) service: Option<&'a str>,
    pub(crate) request: &'a str,
}

/// Whether an operation only looks.
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

/// The name of a service's events, by its prefix in IAM.
fn source(prefix: &str) -> String {
    match prefix {
        "cloudwatch" => "monitoring.amazonaws.com".to_owned(),
        "application-autoscaling" => "autoscaling.amazonaws.com".to_owned(),
        other => format!("{other}.amazonaws.com"),
    }
}

impl World {
    /// Records a request, unless it only looks.
    pub(crate) fn recorded(
        &mut self,
        region: &str,
        operation: &str,
        asker: Asker<'_>,
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
            "userIdentity": match asker.service {
                Some(service) => json!({"type": "AWSService", "invokedBy": service}),
                None => json!({
                    "type": "AssumedRole",
                    "principalId": format!("AROA0000000000000000:{}", asker.who),
                    "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/admin/{}", asker.who),
                    "accountId": ACCOUNT,
                    "accessKeyId": asker.key,
                }),
            },
            "eventTime": timestamp(self.now).strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "eventSource": source,
            "eventName": name,
            "awsRegion": region,
            "sourceIPAddress": asker.service.unwrap_or("203.0.113.10"),
            "userAgent": asker.service.unwrap_or("aws-sdk-rust"),
            "requestParameters": parameters,
            "responseElements": null,
            "requestID": asker.request,
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
            who: asker.who.to_owned(),
            key: asker.key.to_owned(),
            event: event.to_string(),
        });
        if self.trail.writes.len() > KEPT {
            self.trail.writes.pop_front();
        }
    }

    /// Records a write that nobody asked for over the wire: by somebody else, or by AWS itself.
    pub(crate) fn wrote(&mut self, region: &str, operation: &str, who: &str, service: Option<&str>, input: &Node) {
        let request = rng::Rng::new(self.seed ^ self.now.cast_unsigned(), operation).uuid();
        let asker = Asker { who, key: "ASIAOTHERSOMEBODY000", service, request: &request };
        self.recorded(region, operation, asker, input, None);
    }
}

/// The parameters of a request as `CloudTrail` has them: names begin with a small letter, secrets are left out.
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
