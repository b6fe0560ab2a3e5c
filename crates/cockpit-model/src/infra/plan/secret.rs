//! Secrets of a plan: what Terraform calls sensitive, and the same values where it does not.
//!
//! Terraform marks places, not values: `output` of a `terraform_data` holds in clear what was sensitive in its `input`,
//! and a check may print it. So values from places that are marked themselves are looked for everywhere else too.

use super::show::{Delta, Module, Show};
use aho_corasick::AhoCorasick;
use serde_json::Value;
use std::collections::BTreeSet;

/// What stands for a sensitive value; Terraform's own words.
pub(super) const SENSITIVE: &str = "(sensitive value)";

/// Shorter values (`true`, `80`, `prod`) are no secrets that could be known again: every other text has them.
const SHORTEST: usize = 6;

/// Values that are secret wherever they stand.
#[derive(Debug, Default)]
pub(super) struct Secrets(Option<AhoCorasick>);

impl Secrets {
    /// Those of a plan.
    pub fn of(show: &Show) -> Self {
        let mut found = BTreeSet::new();
        let root = &show.configuration.root_module;
        for (name, variable) in &show.variables {
            if root.variables.get(name).is_some_and(|declared| declared.sensitive) {
                every(&variable.value, &mut found);
            }
        }
        defaults(root, &mut found);
        let resources = show.resource_changes.iter().chain(&show.resource_drift).map(|resource| &resource.change);
        for delta in resources.chain(show.output_changes.values()) {
            marked(delta, &mut found);
        }
        let found: Vec<&str> = found.into_iter().filter(|text| text.len() >= SHORTEST).collect();
        Self(if found.is_empty() { None } else { AhoCorasick::new(found).ok() })
    }

    /// Whether a text holds one.
    pub fn within(&self, text: &str) -> bool {
        self.0.as_ref().is_some_and(|secrets| secrets.is_match(text))
    }

    /// The text, or what stands for it.
    pub fn masked(&self, text: &str) -> String {
        if self.within(text) { SENSITIVE.to_owned() } else { text.to_owned() }
    }
}

fn marked<'a>(delta: &'a Delta, found: &mut BTreeSet<&'a str>) {
    leaves(&delta.before, &delta.before_sensitive, found);
    leaves(&delta.after, &delta.after_sensitive, found);
}

/// Texts that are marked themselves. One in a map that is marked as a whole is not taken: a region in it would mask
/// every ARN of the plan.
fn leaves<'a>(value: &'a Value, mask: &Value, found: &mut BTreeSet<&'a str>) {
    match (value, mask) {
        (Value::String(text), Value::Bool(true)) => {
            found.insert(text);
        }
        (Value::Object(parts), Value::Object(masks)) => {
            for (name, mask) in masks {
                if let Some(part) = parts.get(name) {
                    leaves(part, mask, found);
                }
            }
        }
        (Value::Array(parts), Value::Array(masks)) => {
            for (part, mask) in parts.iter().zip(masks) {
                leaves(part, mask, found);
            }
        }
        _ => {}
    }
}

fn every<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::String(text) => {
            found.insert(text);
        }
        Value::Array(parts) => parts.iter().for_each(|part| every(part, found)),
        Value::Object(parts) => parts.values().for_each(|part| every(part, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn defaults<'a>(module: &'a Module, found: &mut BTreeSet<&'a str>) {
    for variable in module.variables.values().filter(|variable| variable.sensitive) {
        every(&variable.default, found);
    }
    for call in module.calls.values() {
        defaults(&call.module, found);
    }
}
