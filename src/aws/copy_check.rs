//! Checks that a copy keeps all fields of an answer. A copy goes through the SDK's types, which silently drop fields that they
//! do not know. So the answer's body is compared with the body of the request that would be sent:
//! fields missing from the request are reported by name, never with their values.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex, PoisonError};

/// The body of an answer, once it has arrived.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer(Kept);

/// The body of a request that is serialized but never sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft(Kept);

#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Option<Value>>>);

impl Kept {
    fn keep(&self, body: Option<&[u8]>) {
        let read = body.and_then(|body| serde_json::from_slice(body).ok());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = read;
    }

    fn take(&self) -> Option<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[dyn_dispatch_hint]
impl Intercept for Answer {
    fn name(&self) -> &'static str {
        "the body of an answer"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.keep(context.response().body().bytes());
        Ok(())
    }
}

#[dyn_dispatch_hint]
impl Intercept for Draft {
    fn name(&self) -> &'static str {
        "the body of a request that is not sent"
    }

    fn read_after_serialization(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.keep(context.request().body().bytes());
        Err("it is only written".into())
    }
}

/// Returns the paths of an answer's fields that the request would not carry. `within` is the answer's field with the copied
/// value; `own` are fields that AWS adds and no request has.
pub(super) fn lost_fields(answer: &Answer, draft: &Draft, within: Option<&str>, own: &[&str]) -> Vec<String> {
    let body = answer.0.take();
    let copied = match within {
        Some(field) => body.and_then(|mut body| body.get_mut(field).map(Value::take)),
        None => body,
    };
    let (Some(Value::Object(mut copied)), Some(Value::Object(sent))) = (copied, draft.0.take()) else {
        return vec!["(the fields cannot be compared)".to_owned()];
    };
    copied.retain(|field, _| !own.contains(&field.as_str()));
    let mut found = Vec::new();
    fields(&copied, &sent, "", &mut found);
    found
}

/// Returns the paths of unknown fields in a part of each entry of a list in an answer.
pub(super) fn unknown_fields(answer: &Answer, list: &str, part: &str, known: &[&str]) -> Vec<String> {
    let body = answer.0.take().unwrap_or_default();
    let entries = body[list].as_array().into_iter().flatten();
    let fields = entries.filter_map(|entry| entry[part].as_object()).flatten();
    let unknown = fields.filter(|(name, value)| !known.contains(&name.as_str()) && !empty(value));
    unknown.map(|(name, _)| super::failure::clean(&format!("{part}.{name}"))).collect()
}

fn fields(copied: &Map<String, Value>, sent: &Map<String, Value>, at: &str, found: &mut Vec<String>) {
    for (field, value) in copied {
        let path = if at.is_empty() { field.clone() } else { format!("{at}.{field}") };
        match sent.get(field) {
            Some(other) => compare(value, other, &path, found),
            // An empty value means the same as a missing field.
            None if empty(value) => {}
            None => found.push(super::failure::clean(&path)),
        }
    }
}

fn compare(copied: &Value, sent: &Value, at: &str, found: &mut Vec<String>) {
    match (copied, sent) {
        (Value::Object(copied), Value::Object(sent)) => fields(copied, sent, at, found),
        (Value::Array(copied), Value::Array(sent)) => {
            for (number, one) in copied.iter().enumerate() {
                let name = one.get("name").and_then(Value::as_str).map_or_else(|| number.to_string(), str::to_owned);
                match sent.get(number) {
                    Some(other) => compare(one, other, &format!("{at}[{name}]"), found),
                    None => found.push(super::failure::clean(&format!("{at}[{name}]"))),
                }
            }
        }
        _ => {}
    }
}

fn empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lost_of(answer: &Value, sent: &Value) -> Vec<String> {
        let (kept, draft) = (Answer::default(), Draft::default());
        kept.0.keep(Some(answer.to_string().as_bytes()));
        draft.0.keep(Some(sent.to_string().as_bytes()));
        lost_fields(&kept, &draft, Some("taskDefinition"), &["revision"])
    }

    #[test]
    fn fields_missing_from_a_request_are_named_without_values() {
        let answer = json!({"taskDefinition": {
            "family": "web", "revision": 7, "gpuProfile": "secret", "tags": [], "ipcMode": null,
            "containerDefinitions": [
                {"name": "web", "image": "a", "guard": {"on": false}, "environment": [{"name": "A", "value": "secret", "kind": 1}]},
                {"name": "side", "image": "b"},
            ],
        }});
        let sent = json!({"family": "web", "containerDefinitions": [
            {"name": "web", "image": "new", "environment": [{"name": "A", "value": "secret"}]},
            {"name": "side", "image": "b"},
        ]});
        let lost = lost_of(&answer, &sent);
        assert_eq!(
            lost,
            ["gpuProfile", "containerDefinitions[web].guard", "containerDefinitions[web].environment[A].kind",]
        );
        assert_eq!(lost_of(&json!({"taskDefinition": {"family": "web"}}), &json!({"family": "web", "x": 1})).len(), 0);
    }

    #[test]
    fn unknown_nested_fields_are_named() {
        let answer = json!({"ScalableTargets": [
            {"ResourceId": "a", "Newer": 1, "SuspendedState": {"ScheduledScalingSuspended": true, "Predictive": false, "Odd": null}},
            {"ResourceId": "b"},
        ]});
        let kept = Answer::default();
        kept.0.keep(Some(answer.to_string().as_bytes()));
        let known = ["ScheduledScalingSuspended"];
        assert_eq!(unknown_fields(&kept, "ScalableTargets", "SuspendedState", &known), ["SuspendedState.Predictive"]);
        assert_eq!(unknown_fields(&Answer::default(), "ScalableTargets", "SuspendedState", &known).len(), 0);
    }

    #[test]
    fn incomparable_answer_is_not_reported_as_complete() {
        assert_eq!(lost_of(&json!({}), &json!({})).len(), 1);
        assert_eq!(lost_fields(&Answer::default(), &Draft::default(), None, &[]).len(), 1);
    }
}
