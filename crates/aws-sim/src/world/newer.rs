//! Additional fields in answers, to simulate a service with a newer API version than its clients.

use crate::wire::Node;
use serde_json::Value;
use std::borrow::Cow;

/// The additional fields by operation.
#[derive(Debug, Default)]
pub(crate) struct Newer(Vec<Field>);

#[derive(Debug)]
struct Field {
    operation: String,
    /// The path from the top; for a list the field is added to every element.
    at: Vec<String>,
    name: String,
    value: Value,
}

impl Newer {
    /// Processes a control request: `operation`, `at` (a path such as `Targets.State`; by default the top), `field`
    /// and its `value`. Applies to JSON answers only.
    pub(crate) fn control(&mut self, request: &Value) -> Result<(), String> {
        let text = |key: &str| request[key].as_str().ok_or(format!("{key} is not a text")).map(str::to_owned);
        let at = request["at"].as_str().unwrap_or_default().split('.').filter(|part| !part.is_empty());
        let at = at.map(str::to_owned).collect();
        self.0.push(Field { operation: text("operation")?, at, name: text("field")?, value: request["value"].clone() });
        Ok(())
    }

    /// Adds the additional fields to an answer.
    pub(crate) fn add(&self, operation: &str, answer: &mut Node) {
        for field in self.0.iter().filter(|field| field.operation == operation) {
            put(answer, &field.at, field);
        }
    }
}

fn put(node: &mut Node, at: &[String], field: &Field) {
    match (node, at) {
        (Node::List(_, items), _) => items.iter_mut().for_each(|item| put(item, at, field)),
        (Node::Map(fields), []) => {
            fields.retain(|(name, _)| *name != field.name);
            fields.push((Cow::Owned(field.name.clone()), Node::Json(field.value.to_string())));
        }
        (map @ Node::Map(_), [first, rest @ ..]) => {
            if let Some(inner) = map.get_mut(first) {
                put(inner, rest, field);
            }
        }
        _ => {}
    }
}
