//! Addresses that were named when a plan was asked for, held against what it would do: Terraform says nothing of one that it does
//! not know, and plans the rest, or nothing.

use super::address::resource_of;
use super::show::{PlanError, Show, StateModule};
use super::types::Plan;
use crate::infra::message::Action;
use crate::names::nearest;

impl Plan {
    /// Why it is not what was asked for: a resource that is not made again though it was named for that, or an address under
    /// which the unit has nothing. None where it is.
    pub fn unmet(&self, replace: &[String], targets: &[String]) -> Option<String> {
        let made = |address: &String| {
            let again = |action| matches!(action, Action::Replace | Action::Create);
            self.changes.iter().any(|change| change.address == *address && again(change.action))
        };
        if let Some(address) = replace.iter().find(|address| !made(address)) {
            return Some(format!("{address} would not be made again: {}", self.instead(address)));
        }
        let target = targets.iter().find(|address| !self.has(address))?;
        Some(format!("nothing is planned of {target}: {}", self.instead(target)))
    }

    /// Whether there is something at an address, of a resource or of a module.
    fn has(&self, address: &str) -> bool {
        let of = resource_of(address);
        let is_in =
            |resource: &str| resource.strip_prefix(&of).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.resources.iter().any(|resource| is_in(&resource.address))
    }

    fn instead(&self, address: &str) -> String {
        if self.has(address) {
            return "each of a resource with `count` or `for_each` is named with its key, as in aws_vpc.main[0]"
                .to_owned();
        }
        let near = nearest(address, self.resources.iter().map(|resource| resource.address.as_str()));
        let mean = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        format!("there is no such resource in its code and its state{mean}")
    }
}

/// Why nothing is planned of a target with a key: of what `show -json` printed, neither the changes nor the state have one of this
/// key, and Terraform plans nothing without a word. None where each is there.
///
/// # Errors
/// It is no plan.
pub fn without_instance(show_json: &[u8], targets: &[String]) -> Result<Option<String>, PlanError> {
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
    let is_there = |target: &str| {
        let is_in = |rest: &str| rest.is_empty() || rest.starts_with('.');
        known.iter().any(|address| address.strip_prefix(target).is_some_and(is_in))
    };
    Ok(keyed.find(|target| !is_there(target)).map(|target| {
        let near = nearest(target, known.iter().copied());
        let mean = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        format!("nothing is planned of {target}: there is none with this key{mean}")
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
            plan.unmet(&owned(replace), &owned(targets))
        };
        assert_eq!(unmet(&[], &[]), None);
        assert_eq!(
            unmet(&["module.a.aws_vpc.main[0]"], &["module.a", "module.a.aws_vpc.main", "module.a.aws_vpc.main[0]"]),
            None
        );
        assert!(unmet(&["module.a.aws_vpc.main"], &[]).unwrap().contains("is named with its key"));
        let wrong = unmet(&["module.a.aws_vpc.man"], &[]).unwrap();
        assert!(wrong.contains("would not be made again") && wrong.contains("`module.a.aws_vpc.main`"), "{wrong}");
        assert!(unmet(&[], &["module.ab"]).unwrap().starts_with("nothing is planned of module.ab: there is no such"));
    }

    #[test]
    fn a_key_that_nothing_has_is_told_where_terraform_plans_nothing_of_it() {
        let made = change("module.a[\"x y\"].aws_vpc.main[0]", &["create"], json!(null), json!({"a": 1}));
        let mut plan = show(&[made]);
        plan["prior_state"] = json!({"values": {"root_module": {
            "resources": [{"address": "aws_vpc.old[\"one\"]"}],
            "child_modules": [{"resources": [{"address": "module.b[0].aws_vpc.c"}]}],
        }}});
        let json = plan.to_string();
        let why = |target: &str| without_instance(json.as_bytes(), &[target.to_owned()]).unwrap();
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
        assert!(wrong.contains("none with this key") && wrong.contains("`aws_vpc.old[\"one\"]`"), "{wrong}");
        assert!(why("module.a[\"x\"]").is_some() && why("module.b[1]").is_some());
    }
}
