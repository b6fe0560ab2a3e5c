//! Obstacles to a destroy, and data that it would lose: deletion protection, a final snapshot that would be skipped,
//! buckets and repositories that Terraform would not empty. They are removed by a separate apply, which is reviewed
//! like any other, before the unit's destroy is planned.

use super::plan::resource_of;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A resource that must be prepared before it is destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guard {
    pub address: String,
    /// The preparation.
    pub what: Lift,
}

/// How a resource is prepared for its destruction.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lift {
    /// Its deletion protection is turned off; otherwise AWS would refuse to destroy it.
    Protection,
    /// A final snapshot of this name is taken; the code would skip it.
    Snapshot(String),
    /// Its contents may be deleted; otherwise AWS would refuse to destroy it unless it is empty.
    Contents,
}

impl Guard {
    /// Describes the preparation in a sentence.
    pub fn describe(&self) -> String {
        match &self.what {
            Lift::Protection => format!("{}: its deletion protection is turned off", self.address),
            Lift::Snapshot(name) => format!("{}: a final snapshot is taken, {name}", self.address),
            Lift::Contents => format!("{}: what is in it may be deleted with it", self.address),
        }
    }

    /// Whether an override file beside the code applies to it; resources in modules are out of reach.
    fn is_in_root(&self) -> bool {
        !self.address.starts_with("module.")
    }
}

/// A row: resource type, attribute, whether a value guards, the value that lifts the guard, and the preparation.
type Row = (&'static str, &'static str, fn(&Value) -> bool, &'static str, fn(String) -> Lift);

/// Source: the arguments of these resources in the documentation of the AWS provider, version 5.
const ROWS: &[Row] = &[
    ("aws_db_instance", "deletion_protection", on, "false", |_| Lift::Protection),
    ("aws_rds_cluster", "deletion_protection", on, "false", |_| Lift::Protection),
    ("aws_lb", "enable_deletion_protection", on, "false", |_| Lift::Protection),
    ("aws_alb", "enable_deletion_protection", on, "false", |_| Lift::Protection),
    ("aws_cognito_user_pool", "deletion_protection", active, "\"INACTIVE\"", |_| Lift::Protection),
    ("aws_dynamodb_table", "deletion_protection_enabled", on, "false", |_| Lift::Protection),
    ("aws_instance", "disable_api_termination", on, "false", |_| Lift::Protection),
    ("aws_db_instance", "skip_final_snapshot", on, "false", Lift::Snapshot),
    ("aws_rds_cluster", "skip_final_snapshot", on, "false", Lift::Snapshot),
    ("aws_s3_bucket", "force_destroy", off, "true", |_| Lift::Contents),
    ("aws_ecr_repository", "force_delete", off, "true", |_| Lift::Contents),
];

fn on(value: &Value) -> bool {
    *value == Value::Bool(true)
}

fn off(value: &Value) -> bool {
    matches!(value, Value::Bool(false) | Value::Null)
}

fn active(value: &Value) -> bool {
    value == "ACTIVE"
}

/// The variable of a root module with which a Terraform tree controls whether it may be destroyed.
pub const VARIABLE: &str = "allow_destroy";

/// Returns the guards of the resources that a plan (`show -json`) would destroy. `stamp` makes the names of snapshots
/// unique.
pub fn of(plan: &Value, stamp: &str) -> Vec<Guard> {
    let mut found = Vec::new();
    for change in plan["resource_changes"].as_array().into_iter().flatten() {
        let (kind, before) = (change["type"].as_str().unwrap_or_default(), &change["change"]["before"]);
        let destroyed = change["change"]["actions"] == Value::from(vec!["delete"]);
        if !destroyed || change["mode"] != "managed" {
            continue;
        }
        for (of, attribute, guards, _, lift) in ROWS {
            let text = |name: &str| before[name].as_str().filter(|text| !text.is_empty());
            if *of != kind || !guards(&before[*attribute]) {
                continue;
            }
            let name = text("cluster_identifier").filter(|_| kind == "aws_rds_cluster").or(text("identifier"));
            let lift = lift(format!("{}-final-{stamp}", name.unwrap_or("database")));
            // Members of a cluster and replicas have no snapshots of their own.
            let applies =
                !matches!(lift, Lift::Snapshot(_)) || (name.is_some() && text("replicate_source_db").is_none());
            if applies {
                let address = change["address"].as_str().unwrap_or_default().to_owned();
                found.push(Guard { address, what: lift });
            }
        }
    }
    found.sort_by(|a, b| (&a.what, &a.address).cmp(&(&b.what, &b.address)));
    found
}

/// Returns the guards that cannot be lifted: those in modules, unless the root has [`VARIABLE`], which lifts all of
/// them.
pub fn unliftable(guards: &[Guard], has_variable: bool) -> Vec<Guard> {
    guards.iter().filter(|guard| !guard.is_in_root() && !has_variable).cloned().collect()
}

/// Returns the override file that lifts the guards of the root module; `None` if there are none.
pub fn override_code(guards: &[Guard]) -> Option<String> {
    let mut resources: BTreeMap<String, BTreeMap<&str, String>> = BTreeMap::new();
    for guard in guards.iter().filter(|guard| guard.is_in_root()) {
        let resource = resource_of(&guard.address);
        let kind = resource.split('.').next().unwrap_or_default();
        let same = |other: &&Guard| other.what != guard.what || other.address == guard.address;
        let several = guards
            .iter()
            .any(|other| other.address != guard.address && resource_of(&other.address) == resource && same(&other));
        let set = resources.entry(resource.clone()).or_default();
        for (_, attribute, _, value, lift) in ROWS.iter().filter(|(of, ..)| *of == kind) {
            match (&guard.what, lift(String::new())) {
                (Lift::Protection, Lift::Protection) | (Lift::Contents, Lift::Contents) => {
                    set.insert(attribute, (*value).to_owned());
                }
                // A single name would apply to all instances of the resource.
                (Lift::Snapshot(name), Lift::Snapshot(_)) if !several => {
                    set.insert(attribute, (*value).to_owned());
                    set.insert("final_snapshot_identifier", Value::from(name.as_str()).to_string());
                }
                _ => {}
            }
        }
    }
    resources.retain(|_, set| !set.is_empty());
    let mut text = "# Written by cockpit for the time of a destroy, and removed after it.\n".to_owned();
    for (resource, set) in &resources {
        let (kind, name) = resource.split_once('.')?;
        let _ = writeln!(text, "\nresource \"{kind}\" \"{name}\" {{");
        for (attribute, value) in set {
            let _ = writeln!(text, "  {attribute} = {value}");
        }
        text.push_str("}\n");
    }
    (!resources.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::super::plan::testing::{change, show};
    use super::*;
    use serde_json::json;

    fn plan() -> Value {
        let deleted = |address: &str, before: Value| change(address, &["delete"], before, Value::Null);
        show(&[
            deleted("aws_s3_bucket.logs", json!({"bucket": "b", "force_destroy": false})),
            deleted("aws_s3_bucket.free", json!({"bucket": "c", "force_destroy": true})),
            deleted(
                "aws_db_instance.this[0]",
                json!({"identifier": "db", "deletion_protection": true, "skip_final_snapshot": true}),
            ),
            deleted(
                "aws_db_instance.replica",
                json!({"identifier": "r", "replicate_source_db": "db", "skip_final_snapshot": true}),
            ),
            deleted(
                "aws_rds_cluster.this",
                json!({"cluster_identifier": "au", "deletion_protection": false, "skip_final_snapshot": false}),
            ),
            deleted("aws_lb.this", json!({"enable_deletion_protection": true})),
            deleted("aws_cognito_user_pool.this", json!({"deletion_protection": "ACTIVE"})),
            deleted("module.ecr.aws_ecr_repository.this[\"web\"]", json!({"name": "web", "force_delete": null})),
            change("aws_lb.kept", &["update"], json!({"enable_deletion_protection": true}), json!({})),
        ])
    }

    #[test]
    fn guards_are_ordered_protection_snapshot_contents() {
        let words: Vec<String> = of(&plan(), "20261129t0100").iter().map(Guard::describe).collect();
        assert_eq!(
            words,
            [
                "aws_cognito_user_pool.this: its deletion protection is turned off",
                "aws_db_instance.this[0]: its deletion protection is turned off",
                "aws_lb.this: its deletion protection is turned off",
                "aws_db_instance.this[0]: a final snapshot is taken, db-final-20261129t0100",
                "aws_s3_bucket.logs: what is in it may be deleted with it",
                "module.ecr.aws_ecr_repository.this[\"web\"]: what is in it may be deleted with it",
            ]
        );
    }

    #[test]
    fn override_lifts_root_guards_and_leaves_modules_to_the_variable() {
        let guards = of(&plan(), "x");
        insta::assert_snapshot!(override_code(&guards).unwrap());
        assert_eq!(unliftable(&guards, true), []);
        assert_eq!(unliftable(&guards, false).len(), 1);
        assert_eq!(override_code(&guards[5..]), None);
        assert_eq!(of(&show(&[]), "x"), []);
    }

    #[test]
    fn instances_do_not_share_a_snapshot_name() {
        let before = |name: &str| json!({"identifier": name, "skip_final_snapshot": true});
        let deleted =
            |at: &str, name: &str| change(&format!("aws_db_instance.a[{at}]"), &["delete"], before(name), Value::Null);
        let guards = of(&show(&[deleted("0", "x"), deleted("1", "y")]), "s");
        assert_eq!(override_code(&guards), None);
    }
}
