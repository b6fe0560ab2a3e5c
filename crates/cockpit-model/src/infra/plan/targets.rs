//! Checks a plan against the requested addresses: Terraform ignores unknown ones silently and plans the rest, or
//! nothing.

use super::address::resource_of;
use super::show::{PlanError, Show, StateModule};
use super::types::Plan;
use crate::infra::message::Action;
use crate::names::nearest;

impl Plan {
    /// Returns why the plan does not match the request: a resource that would not be replaced as requested, or a target
    /// that does not exist. `None` if it matches.
    pub fn unmet_request(&self, replace: &[String], targets: &[String]) -> Option<String> {
        let is_created = |address: &String| {
            let creates = |action| matches!(action, Action::Replace | Action::Create);
            self.changes.iter().any(|change| change.address == *address && creates(change.action))
        };
        if let Some(address) = replace.iter().find(|address| !is_created(address)) {
            return Some(format!("{address} would not be replaced: {}", self.explain_missing(address)));
        }
        let target = targets.iter().find(|address| !self.has(address))?;
        Some(format!("nothing is planned for {target}: {}", self.explain_missing(target)))
    }

    /// Whether there is a resource or a module at an address.
    fn has(&self, address: &str) -> bool {
        let of = resource_of(address);
        let is_in =
            |resource: &str| resource.strip_prefix(&of).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.resources.iter().any(|resource| is_in(&resource.address))
    }

    fn explain_missing(&self, address: &str) -> String {
        if self.has(address) {
            return "name one instance of a resource with `count` or `for_each` by its key, as in aws_vpc.main[0]"
                .to_owned();
        }
        let near = nearest(address, self.resources.iter().map(|resource| resource.address.as_str()));
        let suggestion = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        format!("there is no such resource in its code and its state{suggestion}")
    }
}

/// Returns why nothing is planned for a target with an instance key: if neither the changes nor the state of `show
/// -json` contain that key, Terraform silently plans nothing for it. `None` if all targets exist.
///
/// # Errors
/// If it is not a plan.
pub fn missing_instance(show_json: &[u8], targets: &[String]) -> Result<Option<String>, PlanError> {
    let mut keyed = targets.iter().filter(|target| resource_of(target) != **target).peekable();
    if keyed.peek().is_none() {
        return Ok(None);
    }
    let show = Show::read(show_json)?;
    let changed = show.resource_changes.iter().chain(&show.resource_drift);
    let mut known: Vec<&str> = changed.map(|resource| resource.address.as_str()).collect();
    let mut open: Vec<&StateModule> = show.prior_state.iter().map(|state| &state.values.root_module).collect();
    while let Some(module) = open.pop() {
        known.extend(module.resources.iter().map(|resource| resource.address.as_str()));
        open.extend(&module.child_modules);
    }
    let exists = |target: &str| {
        let is_in = |rest: &str| rest.is_empty() || rest.starts_with('.');
        known.iter().any(|address| address.strip_prefix(target).is_some_and(is_in))
    };
    Ok(keyed.find(|target| !exists(target)).map(|target| {
        let near = nearest(target, known.iter().copied());
        let suggestion = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        format!("nothing is planned for {target}: it has no instance with this key{suggestion}")
    }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{change, show};
    use super::*;
    use serde_json::json;

    #[test]
    fn an_unknown_address_is_reported_with_suggestions() {
        let replaced = change("module.a.aws_vpc.main[0]", &["delete", "create"], json!({"a": 1}), json!({"a": 1}));
        let plan = Plan::read(show(&[replaced]).to_string().as_bytes()).unwrap();
        let unmet = |replace: &[&str], targets: &[&str]| {
            let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
            plan.unmet_request(&owned(replace), &owned(targets))
        };
        assert_eq!(unmet(&[], &[]), None);
        assert_eq!(
            unmet(&["module.a.aws_vpc.main[0]"], &["module.a", "module.a.aws_vpc.main", "module.a.aws_vpc.main[0]"]),
            None
        );
        assert!(unmet(&["module.a.aws_vpc.main"], &[]).unwrap().contains("by its key, as in"));
        let wrong = unmet(&["module.a.aws_vpc.man"], &[]).unwrap();
        assert!(wrong.contains("would not be replaced") && wrong.contains("`module.a.aws_vpc.main`"), "{wrong}");
        assert!(unmet(&[], &["module.ab"]).unwrap().starts_with("nothing is planned for module.ab: there is no such"));
    }

    #[test]
    fn unknown_instance_key_is_reported() {
        let created = change("module.a[\"x y\"].aws_vpc.main[0]", &["create"], json!(null), json!({"a": 1}));
        let mut plan = show(&[created]);
        plan["prior_state"] = json!({"values": {"root_module": {
            "resources": [{"address": "aws_vpc.old[\"one\"]"}],
            "child_modules": [{"resources": [{"address": "module.b[0].aws_vpc.c"}]}],
        }}});
        let json = plan.to_string();
        let why = |target: &str| missing_instance(json.as_bytes(), &[target.to_owned()]).unwrap();
        for there in [
            "module.a[\"x y\"]",
            "module.a[\"x y\"].aws_vpc.main[0]",
            "aws_vpc.old[\"one\"]",
            "module.b[0]",
            "module.b[0].aws_vpc.c",
            "aws_vpc.gone",
        ] {
            assert_eq!(why(there), None, "{there}");
        }
        let wrong = why("aws_vpc.old[\"onee\"]").unwrap();
        assert!(wrong.contains("no instance with this key") && wrong.contains("`aws_vpc.old[\"one\"]`"), "{wrong}");
        assert!(why("module.a[\"x\"]").is_some() && why("module.b[1]").is_some());
    }
}
