//! Parsing of plans from the output of `terraform show -json`.

use super::address::resource_of;
use super::bill;
use super::diff::{self, Diff};
use super::edges;
use super::reason;
use super::secret::Secrets;
use super::show::{ActionInvocation, Delta, PlanError, ResourceChange, Show};
use super::types::{Change, Invocation, Output, Plan};
use crate::infra::message::Action;
use serde_json::Value;
use std::collections::BTreeSet;

impl Plan {
    /// Parses the output of `show -json` for a plan file. Sensitive values are masked before anything is stored.
    ///
    /// # Errors
    /// If it is not a plan, or has another major format version.
    pub fn read(show_json: &[u8]) -> Result<Self, PlanError> {
        Self::read_with_secrets(show_json).map(|(plan, _)| plan)
    }

    /// Does the same and also returns the plan's secrets, which must not be displayed anywhere else either.
    ///
    /// # Errors
    /// As [`Plan::read`].
    pub fn read_with_secrets(show_json: &[u8]) -> Result<(Self, Secrets), PlanError> {
        let show = Show::read(show_json)?;
        if let Some(why) = show.unknown() {
            return Err(PlanError::Unknown(why));
        }
        let secrets = Secrets::of(&show);
        let read = |resource: &ResourceChange| change(resource, &secrets);
        let mut changes: Vec<Change> = show.resource_changes.iter().filter_map(read).collect();
        let unchanged = show.resource_changes.iter().filter(|resource| is_unchanged(resource)).count() as u64;
        // A stable sort: the order of the file is kept within each action.
        changes.sort_by_key(|change| change.action.display_order());
        let outputs = show
            .output_changes
            .iter()
            .filter_map(|(name, delta)| diff::of_value(name, delta, &secrets).map(|value| Output { value }));
        let failed = show.checks.iter().filter(|check| matches!(check.status.as_str(), "fail" | "error"));
        let checks = failed.map(|check| {
            let problems: Vec<String> = check
                .instances
                .iter()
                .flat_map(|instance| &instance.problems)
                .map(|problem| secrets.masked(&problem.message))
                .collect();
            let problems = if problems.is_empty() { check.status.clone() } else { problems.join("; ") };
            format!("{}: {problems}", check.address.to_display)
        });
        let instances = show.resource_changes.iter().filter(|resource| resource.deposed.is_none());
        let resources = edges::resources(
            &show.configuration.root_module,
            show.prior_state.as_ref().map(|state| &state.values.root_module),
            instances.map(|resource| resource_of(&resource.address)),
        );
        let plan = Self {
            bill: Some(bill::bill(&show.resource_changes, &resources, &secrets)),
            terraform: show.terraform_version.clone(),
            outputs: outputs.collect(),
            // Data that was lost outside of Terraform is not lost by this plan.
            drift: show
                .resource_drift
                .iter()
                .filter(|resource| is_news(&resource.change))
                .filter_map(read)
                .map(|change| Change { loses_data: false, ..change })
                .collect(),
            checks: checks.collect(),
            resources,
            changes,
            invocations: show.action_invocations.iter().map(invocation).collect(),
            unchanged,
            errored: show.errored,
            applyable: show.applyable,
        };
        Ok((plan, secrets))
    }
}

/// Returns an action that the apply invokes; its values belong to the provider.
fn invocation(invocation: &ActionInvocation) -> Invocation {
    let trigger = invocation.lifecycle_action_trigger.as_ref();
    Invocation {
        address: invocation.address.clone(),
        of: trigger.map(|trigger| trigger.triggering_resource_address.clone()),
        event: trigger.map(|trigger| event(&trigger.action_trigger_event)).unwrap_or_default(),
    }
}

/// Converts `AfterCreate` to the form used in code: `after_create`.
fn event(word: &str) -> String {
    let mut out = String::new();
    for letter in word.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// Returns the change of a resource; `None` if it is unchanged.
fn change(resource: &ResourceChange, secrets: &Secrets) -> Option<Change> {
    let action = action(resource)?;
    let mut diff = diff::of(&resource.change, secrets);
    if action == Action::Forget {
        // The resource itself does not change, although it is no longer in the state.
        diff = Diff { attributes: Vec::new(), unchanged: diff.attributes.len() as u64 };
    }
    let destroys = matches!(action, Action::Delete | Action::Replace);
    let named = resource.change.actions.iter().map(String::as_str);
    let import_id = resource.change.importing.as_ref();
    Some(Change {
        address: resource.address.clone(),
        action,
        reason: reason::describe(resource).map(|words| secrets.masked(&words)),
        moved_from: moved(resource).map(str::to_owned),
        import_id: import_id.map(|importing| secrets.masked(importing.id.as_deref().unwrap_or("its identity"))),
        deposed: resource.deposed.clone(),
        create_first: action == Action::Replace && named.clone().next() == Some("create"),
        // A deposed object is no longer in the configuration, and its data is lost as well.
        loses_data: destroys
            && resource.mode != "data"
            && reason::is_stateful(&resource.kind)
            && named.clone().any(|action| action == "delete"),
        attributes: diff.attributes,
        unchanged: diff.unchanged,
    })
}

/// Attributes that change continuously and have no significance.
const INSIGNIFICANT: &[&str] = &["latest_restorable_time"];

/// Whether drift is significant: providers read unset values back as empty ones, which is no change.
fn is_news(delta: &Delta) -> bool {
    let (Value::Object(before), Value::Object(after)) = (&delta.before, &delta.after) else { return true };
    let is_significant = |name: &&String| !INSIGNIFICANT.contains(&name.as_str());
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).filter(is_significant).collect();
    let is_moved = !delta.actions.iter().any(|action| action == "update");
    let part = |side: &serde_json::Map<String, Value>, name: &str| side.get(name).map_or(Value::Null, without_empty);
    is_moved || names.into_iter().any(|name| part(before, name) != part(after, name))
}

/// Returns a value without its empty parts.
fn without_empty(value: &Value) -> Value {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(parts) => parts.is_empty(),
        Value::Object(parts) => parts.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    match value {
        Value::Object(parts) => {
            let kept = parts.iter().map(|(name, value)| (name.clone(), without_empty(value)));
            let kept: serde_json::Map<String, Value> = kept.filter(|(_, value)| !is_empty(value)).collect();
            if kept.is_empty() { Value::Null } else { Value::Object(kept) }
        }
        Value::Array(parts) if parts.is_empty() => Value::Null,
        Value::Array(parts) => Value::Array(parts.iter().map(without_empty).collect()),
        Value::String(text) if text.is_empty() => Value::Null,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn moved(resource: &ResourceChange) -> Option<&str> {
    resource.previous_address.as_deref().filter(|before| *before != resource.address)
}

fn is_unchanged(resource: &ResourceChange) -> bool {
    action(resource).is_none()
}

fn action(resource: &ResourceChange) -> Option<Action> {
    let named = |action: &str| resource.change.actions.iter().any(|other| other == action);
    Some(match (named("create"), named("delete") || named("forget")) {
        (true, true) => Action::Replace,
        (true, false) => Action::Create,
        (false, true) if named("delete") => Action::Delete,
        (false, true) => Action::Forget,
        (false, false) if named("update") => Action::Update,
        (false, false) if named("read") => Action::Read,
        (false, false) if resource.change.importing.is_some() => Action::Import,
        (false, false) if moved(resource).is_some() => Action::Move,
        (false, false) => return None,
    })
}
