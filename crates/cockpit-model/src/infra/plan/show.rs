//! The output of `show -json` for a plan file, limited to the parts that are used. Values are borrowed from it.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// The reason why a plan cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// It is not JSON, or has another structure.
    // The parser's message could quote a value, so only the position is kept.
    #[error("the plan is not what `terraform show -json` prints: line {line}, column {column}")]
    NotAPlan {
        /// Line number, from 1.
        line: usize,
        /// Column number, from 1.
        column: usize,
    },
    /// It has unknown parts, which would be applied without being shown.
    #[error("the plan has something unknown here, which would be applied without being shown: {0}")]
    Unknown(String),
    /// It has an unknown format version of a later Terraform.
    #[error("the plan has format {0}, and only 1.x is known")]
    Format(String),
}

/// The whole document.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Show {
    pub format_version: String,
    #[serde(default)]
    pub terraform_version: String,
    #[serde(default)]
    pub variables: BTreeMap<String, Variable>,
    #[serde(default)]
    pub resource_changes: Vec<ResourceChange>,
    #[serde(default)]
    pub resource_drift: Vec<ResourceChange>,
    #[serde(default)]
    pub output_changes: BTreeMap<String, Delta>,
    #[serde(default)]
    pub prior_state: Option<State>,
    #[serde(default)]
    pub configuration: Configuration,
    #[serde(default)]
    pub checks: Vec<Check>,
    #[serde(default)]
    pub action_invocations: Vec<ActionInvocation>,
    #[serde(default)]
    pub deferred_changes: Vec<Deferred>,
    #[serde(default)]
    pub deferred_action_invocations: Vec<Deferred>,
    #[serde(default)]
    pub errored: bool,
    pub applyable: Option<bool>,
    // Parts that repeat others in another form, or do not affect what is applied.
    #[serde(default, rename = "planned_values")]
    _planned_values: IgnoredAny,
    #[serde(default, rename = "relevant_attributes")]
    _relevant_attributes: IgnoredAny,
    #[serde(default, rename = "timestamp")]
    _timestamp: IgnoredAny,
    #[serde(default, rename = "complete")]
    _complete: IgnoredAny,
    /// Parts that a later Terraform added.
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

impl Show {
    /// Parses the output of `show -json`.
    ///
    /// # Errors
    /// If it is not a plan, or has another major format version.
    pub fn read(show_json: &[u8]) -> Result<Self, PlanError> {
        let show: Self = serde_json::from_slice(show_json)
            .map_err(|error| PlanError::NotAPlan { line: error.line(), column: error.column() })?;
        if show.format_version.split('.').next() != Some("1") {
            return Err(PlanError::Format(show.format_version));
        }
        Ok(show)
    }

    /// Returns the unknown parts that may contain changes, in words; `None` if there are none.
    pub fn unknown(&self) -> Option<String> {
        let deferred = self.deferred_changes.iter().chain(&self.deferred_action_invocations);
        let deferred_parts = deferred.map(|deferred| format!("{} (deferred by Terraform)", deferred.address()));
        let is_more = |value: &Value| match value {
            Value::Array(parts) => !parts.is_empty(),
            Value::Object(parts) => !parts.is_empty(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        };
        let others = self.others.iter().filter(|(_, value)| is_more(value)).map(|(name, _)| format!("`{name}`"));
        let unknown: Vec<String> = deferred_parts.chain(others).collect();
        (!unknown.is_empty()).then(|| unknown.join(", "))
    }
}

/// A provider action that the apply invokes.
#[derive(Debug, serde::Deserialize)]
pub(super) struct ActionInvocation {
    #[serde(default)]
    pub address: String,
    #[serde(default)]
    pub lifecycle_action_trigger: Option<Trigger>,
}

/// The trigger of an action.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Trigger {
    #[serde(default)]
    pub triggering_resource_address: String,
    #[serde(default)]
    pub action_trigger_event: String,
}

/// A change that Terraform deferred to a later plan.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Deferred {
    #[serde(default)]
    pub resource_change: Option<Named>,
    #[serde(default)]
    pub action_invocation: Option<Named>,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct Named {
    #[serde(default)]
    pub address: String,
}

impl Deferred {
    fn address(&self) -> &str {
        self.resource_change.as_ref().or(self.action_invocation.as_ref()).map_or("a part", |named| &named.address)
    }
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct Variable {
    #[serde(default)]
    pub value: Value,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct ResourceChange {
    pub address: String,
    #[serde(default)]
    pub previous_address: Option<String>,
    #[serde(default, rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub mode: String,
    #[serde(default)]
    pub deposed: Option<String>,
    pub change: Delta,
    #[serde(default)]
    pub action_reason: Option<String>,
}

/// The values before and after a change.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Delta {
    #[serde(default)]
    pub actions: Vec<String>,
    #[serde(default)]
    pub before: Value,
    #[serde(default)]
    pub after: Value,
    #[serde(default)]
    pub after_unknown: Value,
    #[serde(default)]
    pub before_sensitive: Value,
    #[serde(default)]
    pub after_sensitive: Value,
    #[serde(default)]
    pub replace_paths: Vec<Vec<Value>>,
    #[serde(default)]
    pub importing: Option<Importing>,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct Importing {
    #[serde(default)]
    pub id: Option<String>,
}

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct State {
    #[serde(default)]
    pub values: StateValues,
}

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct StateValues {
    #[serde(default)]
    pub root_module: StateModule,
}

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct StateModule {
    #[serde(default)]
    pub resources: Vec<StateResource>,
    #[serde(default)]
    pub child_modules: Vec<StateModule>,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct StateResource {
    pub address: String,
    #[serde(default)]
    pub depends_on: Vec<String>,
}

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Configuration {
    #[serde(default)]
    pub root_module: Module,
}

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Module {
    #[serde(default)]
    pub resources: Vec<ConfigResource>,
    #[serde(default, rename = "module_calls")]
    pub calls: BTreeMap<String, Call>,
    #[serde(default)]
    pub outputs: BTreeMap<String, ConfigOutput>,
    #[serde(default)]
    pub variables: BTreeMap<String, ConfigVariable>,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct ConfigVariable {
    #[serde(default)]
    pub default: Value,
    #[serde(default)]
    pub sensitive: bool,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct ConfigOutput {
    #[serde(default)]
    pub expression: References,
    #[serde(default)]
    pub depends_on: Vec<String>,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct ConfigResource {
    /// Relative to its module.
    pub address: String,
    #[serde(default)]
    pub expressions: References,
    #[serde(default)]
    pub count_expression: References,
    #[serde(default)]
    pub for_each_expression: References,
    #[serde(default)]
    pub provisioners: References,
    #[serde(default)]
    pub depends_on: Vec<String>,
}

/// A module call.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Call {
    #[serde(default)]
    pub module: Module,
    #[serde(default)]
    pub expressions: BTreeMap<String, References>,
    #[serde(default)]
    pub count_expression: References,
    #[serde(default)]
    pub for_each_expression: References,
    #[serde(default)]
    pub depends_on: Vec<String>,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct Check {
    #[serde(default)]
    pub address: CheckAddress,
    #[serde(default)]
    pub status: String,
    #[serde(default)]
    pub instances: Vec<CheckInstance>,
}

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct CheckAddress {
    #[serde(default)]
    pub to_display: String,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct CheckInstance {
    #[serde(default)]
    pub problems: Vec<Problem>,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct Problem {
    #[serde(default)]
    pub message: String,
}

/// All references within an expression. Constants are not kept, because they may be secrets.
#[derive(Debug, Default)]
pub(super) struct References(pub Vec<String>);

impl<'de> Deserialize<'de> for References {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Collect)
    }
}

struct Collect;

impl<'de> Visitor<'de> for Collect {
    type Value = References;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an expression")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<References, A::Error> {
        let mut found = Vec::new();
        while let Some(key) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            match key.as_ref() {
                // An attribute may have this name as well; then its value is an expression instead of a list of names.
                "references" => found.append(&mut map.next_value::<Names>()?.0),
                "constant_value" => {
                    map.next_value::<IgnoredAny>()?;
                }
                _ => found.append(&mut map.next_value::<References>()?.0),
            }
        }
        Ok(References(found))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<References, A::Error> {
        let mut found = Vec::new();
        while let Some(mut inner) = seq.next_element::<References>()? {
            found.append(&mut inner.0);
        }
        Ok(References(found))
    }

    fn visit_bool<E>(self, _: bool) -> Result<References, E> {
        Ok(References::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<References, E> {
        Ok(References::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<References, E> {
        Ok(References::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<References, E> {
        Ok(References::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<References, E> {
        Ok(References::default())
    }

    fn visit_unit<E>(self) -> Result<References, E> {
        Ok(References::default())
    }
}

/// The value of `references`: names, or the expression of an attribute with that name.
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("names or an expression")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Names, A::Error> {
                let mut found = Vec::new();
                while let Some(value) = seq.next_element::<Value>()? {
                    match value {
                        Value::String(name) => found.push(name),
                        other => found.append(&mut References::deserialize(other).unwrap_or_default().0),
                    }
                }
                Ok(Names(found))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Names, A::Error> {
                Collect.visit_map(map).map(|found| Names(found.0))
            }
        }
        deserializer.deserialize_any(Either)
    }
}
