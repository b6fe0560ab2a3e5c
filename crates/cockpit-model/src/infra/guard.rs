//! Guards in the way of a destroy, and data that would be lost by it: deletion protection, a last snapshot that is not
//! taken, buckets and repositories that Terraform would not empty. It is lifted by an apply of its own, which is
//! reviewed as every apply is, before the unit is planned to be destroyed.

use super::plan::resource_of;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A resource that is made ready to be destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guard {
    pub address: String,
    /// How the guard is lifted.
    pub what: Lift,
}

/// How a resource is prepared for its destruction.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lift {
    /// Its deletion protection is turned off: AWS would refuse to destroy it.
    Protection,
    /// A last snapshot of this name is taken of it, which the code leaves out.
    Snapshot(String),
    /// Its contents may be deleted: AWS would refuse to destroy what is not empty.
    Contents,
}

impl Guard {
    /// The sentence that a person reads.
    pub fn words(&self) -> String {
        match &self.what {
            Lift::Protection => format!("{}: its deletion protection is turned off", self.address),
            Lift::Snapshot(name) => format!("{}: a final snapshot is taken, {name}", self.address),
            Lift::Contents => format!("{}: what is in it may be deleted with it", self.address),
        }
    }

    /// Whether an override beside the code reaches it: those of modules are out of its reach.
    fn is_in_root(&self) -> bool {
        !self.address.starts_with("module.")
    }
}

/// The guard of a type: its attribute, whether that guards, and the value that lifts it.
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

/// The variable of a root module by which a tree of Terraform says itself that it may be destroyed.
pub const VARIABLE: &str = "allow_destroy";

/// The guards of the resources that a plan would destroy: `show -json` of it. `stamp` makes the names of snapshots
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
            // A member of a cluster has no snapshot of its own, and neither has a replica.
            let alone = !matches!(lift, Lift::Snapshot(_)) || (name.is_some() && text("replicate_source_db").is_none());
            if alone {
                let address = change["address"].as_str().unwrap_or_default().to_owned();
                found.push(Guard { address, what: lift });
            }
        }
    }
    found.sort_by(|a, b| (&a.what, &a.address).cmp(&(&b.what, &b.address)));
    found
}

/// Guards that cannot be lifted: those in modules, where the root has no [`VARIABLE`] that says so of all of them.
pub fn out_of_reach(guards: &[Guard], has_variable: bool) -> Vec<Guard> {
    guards.iter().filter(|guard| !guard.is_in_root() && !has_variable).cloned().collect()
}

/// The file that lifts guards of the root module, as Terraform merges it over the code; none where there are none.
pub fn overriding(guards: &[Guard]) -> Option<String> {
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
                // Instances of one resource would all take the name of one.
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
        let gone = |address: &str, before: Value| change(address, &["delete"], before, Value::Null);
        show(&[
            gone("aws_s3_bucket.logs", json!({"bucket": "b", "force_destroy": false})),
            gone("aws_s3_bucket.free", json!({"bucket": "c", "force_destroy": true})),
            gone(
                "aws_db_instance.this[0]",
                json!({"identifier": "db", "deletion_protection": true, "skip_final_snapshot": true}),
            ),
            gone(
                "aws_db_instance.replica",
                json!({"identifier": "r", "replicate_source_db": "db", "skip_final_snapshot": true}),
            ),
            gone(
                "aws_rds_cluster.this",
                json!({"cluster_identifier": "au", "deletion_protection": false, "skip_final_snapshot": false}),
            ),
            gone("aws_lb.this", json!({"enable_deletion_protection": true})),
            gone("aws_cognito_user_pool.this", json!({"deletion_protection": "ACTIVE"})),
            gone("module.ecr.aws_ecr_repository.this[\"web\"]", json!({"name": "web", "force_delete": null})),
            change("aws_lb.kept", &["update"], json!({"enable_deletion_protection": true}), json!({})),
        ])
    }

    #[test]
    fn protection_goes_first_then_snapshots_then_what_is_not_empty() {
        let said: Vec<String> = of(&plan(), "20261129t0100").iter().map(Guard::words).collect();
        assert_eq!(
            said,
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
    fn an_override_sets_what_lifts_each_and_leaves_modules_to_the_roots_own_switch() {
        let guards = of(&plan(), "x");
        insta::assert_snapshot!(overriding(&guards).unwrap());
        assert_eq!(out_of_reach(&guards, true), []);
        assert_eq!(out_of_reach(&guards, false).len(), 1);
        assert_eq!(overriding(&guards[5..]), None);
        assert_eq!(of(&show(&[]), "x"), []);
    }

    #[test]
    fn instances_of_one_resource_do_not_share_the_name_of_a_snapshot() {
        let before = |name: &str| json!({"identifier": name, "skip_final_snapshot": true});
        let gone =
            |at: &str, name: &str| change(&format!("aws_db_instance.a[{at}]"), &["delete"], before(name), Value::Null);
        let guards = of(&show(&[gone("0", "x"), gone("1", "y")]), "s");
        assert_eq!(overriding(&guards), None);
    }
}
