//! Reads a plan from what `terraform show -json` printed.

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
    /// Reads what `show -json` printed of a plan file. Sensitive values are masked before anything is kept.
    ///
    /// # Errors
    /// It is no plan, or one of another major format.
    pub fn read(show_json: &[u8]) -> Result<Self, PlanError> {
        Self::read_with_secrets(show_json).map(|(plan, _)| plan)
    }

    /// The same, with the secrets in it, which must not be shown elsewhere either.
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
        let unchanged = show.resource_changes.iter().filter(|resource| stays(resource)).count() as u64;
        // Stable: the order of the file within each.
        changes.sort_by_key(|change| change.action.order());
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
            // What is gone there is not lost by this plan.
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

/// An action that the apply invokes, and what of: its own values are the provider's.
fn invocation(invocation: &ActionInvocation) -> Invocation {
    let trigger = invocation.lifecycle_action_trigger.as_ref();
    Invocation {
        address: invocation.address.clone(),
        of: trigger.map(|trigger| trigger.triggering_resource_address.clone()),
        event: trigger.map(|trigger| event(&trigger.action_trigger_event)).unwrap_or_default(),
    }
}

/// `AfterCreate` as it is written in code: `after_create`.
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

/// The change of a resource; none where it stays as it is.
fn change(resource: &ResourceChange, secrets: &Secrets) -> Option<Change> {
    let action = action(resource)?;
    let mut diff = diff::of(&resource.change, secrets);
    if action == Action::Forget {
        // Nothing of it changes, though nothing of it is in the state after it.
        diff = Diff { attributes: Vec::new(), unchanged: diff.attributes.len() as u64 };
    }
    let destroys = matches!(action, Action::Delete | Action::Replace);
    let named = resource.change.actions.iter().map(String::as_str);
    let import_id = resource.change.importing.as_ref();
    Some(Change {
        address: resource.address.clone(),
        action,
        reason: reason::words(resource).map(|words| secrets.masked(&words)),
        moved_from: moved(resource).map(str::to_owned),
        import_id: import_id.map(|importing| secrets.masked(importing.id.as_deref().unwrap_or("its identity"))),
        deposed: resource.deposed.clone(),
        create_first: action == Action::Replace && named.clone().next() == Some("create"),
        // What is only left of a replacement is gone from the configuration's sight, and its data as well.
        loses_data: destroys
            && resource.mode != "data"
            && reason::is_stateful(&resource.kind)
            && named.clone().any(|action| action == "delete"),
        attributes: diff.attributes,
        unchanged: diff.unchanged,
    })
}

/// Attributes that change by themselves all the time, and mean nothing.
const PASSING: &[&str] = &["latest_restorable_time"];

/// Whether something that was changed elsewhere is another one: providers read back what was not set as empty, which is no
/// change of anything.
fn is_news(delta: &Delta) -> bool {
    let (Value::Object(before), Value::Object(after)) = (&delta.before, &delta.after) else { return true };
    let means = |name: &&String| !PASSING.contains(&name.as_str());
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).filter(means).collect();
    let is_moved = !delta.actions.iter().any(|action| action == "update");
    let part = |side: &serde_json::Map<String, Value>, name: &str| side.get(name).map_or(Value::Null, without_empty);
    is_moved || names.into_iter().any(|name| part(before, name) != part(after, name))
}

/// A value without what is empty in it.
fn without_empty(value: &Value) -> Value {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    match value {
        Value::Object(all) => {
            let kept = all.iter().map(|(name, value)| (name.clone(), without_empty(value)));
            let kept: serde_json::Map<String, Value> = kept.filter(|(_, value)| !is_empty(value)).collect();
            if kept.is_empty() { Value::Null } else { Value::Object(kept) }
        }
        Value::Array(all) if all.is_empty() => Value::Null,
        Value::Array(all) => Value::Array(all.iter().map(without_empty).collect()),
        Value::String(text) if text.is_empty() => Value::Null,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn moved(resource: &ResourceChange) -> Option<&str> {
    resource.previous_address.as_deref().filter(|before| *before != resource.address)
}

fn stays(resource: &ResourceChange) -> bool {
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
