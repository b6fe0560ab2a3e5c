//! Plans for tests, in the format of `show -json`.

use serde_json::{Value, json};

/// A plan of Terraform 1.11.4 with a move, an import, a forgotten and a replaced resource, and a sensitive variable.
pub const EVERYTHING: &str = include_str!("fixtures/moved_import_forget_sensitive.json");
/// A plan of Terraform 1.11.4 with `-refresh-only` and two drifted resources.
pub const DRIFT: &str = include_str!("fixtures/refresh_only_drift.json");

/// Builds a plan with these changes.
pub fn show(changes: &[Value]) -> Value {
    json!({
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "resource_changes": changes,
        "configuration": {"root_module": {}},
        "errored": false,
        "applyable": true,
    })
}

/// Builds a change of a resource.
#[allow(clippy::needless_pass_by_value, reason = "`json!` makes values")]
pub fn change(address: &str, actions: &[&str], before: Value, after: Value) -> Value {
    let kind = super::type_of(&super::resource_of(address)).to_owned();
    json!({
        "address": address,
        "mode": "managed",
        "type": kind,
        "change": {
            "actions": actions, "before": before, "after": after,
            "after_unknown": {}, "before_sensitive": {}, "after_sensitive": {},
        },
    })
}

/// Builds a plan with this many resources in a few modules; each depends on the previous one in its module.
pub fn large(resources: usize) -> Value {
    let name = |at: usize| format!("r{at}");
    let address = |at: usize| format!("module.m{}.aws_thing_{}.{}", at % 20, at % 7, name(at));
    let changes: Vec<Value> = (0..resources)
        .map(|at| {
            let after = json!({"name": name(at), "size": at, "tags": {"Name": name(at), "Env": "staging"}});
            change(&address(at), &["create"], Value::Null, after)
        })
        .collect();
    let mut calls = serde_json::Map::new();
    for module in 0..20 {
        let inside: Vec<Value> = (module..resources)
            .step_by(20)
            .map(|at| {
                let needs: Vec<String> = at
                    .checked_sub(20)
                    .map(|before| format!("aws_thing_{}.{}", before % 7, name(before)))
                    .into_iter()
                    .collect();
                json!({
                    "address": format!("aws_thing_{}.{}", at % 7, name(at)),
                    "expressions": {"name": {"constant_value": name(at)}, "of": {"references": needs}},
                })
            })
            .collect();
        calls.insert(format!("m{module}"), json!({"module": {"resources": inside}}));
    }
    let mut plan = show(&changes);
    plan["configuration"] = json!({"root_module": {"module_calls": calls}});
    plan
}
