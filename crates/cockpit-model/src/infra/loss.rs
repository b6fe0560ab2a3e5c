//! The data that a destroy loses with a resource, counted where AWS can be asked for it: images, users, snapshots,
//! bytes of logs. What cannot be counted says why: it is never taken for nothing.

use super::plan::is_stateful;
use crate::units::bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A resource that holds data, and the name by which it is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The resource's address.
    pub address: String,
    /// Its name in AWS; none where the plan does not say it.
    pub name: Option<String>,
    pub what: Contents,
}

/// The kind of data in a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    /// Images of a repository.
    Images,
    /// Users of a pool.
    Users,
    /// Automated snapshots of an Aurora cluster, which are deleted with it.
    ClusterSnapshots,
    /// Automated snapshots of a database instance, which are deleted with it.
    Snapshots,
    /// Bytes of a log group.
    Logs,
    /// Something that the cockpit asks no service for: how a person counts it, with `{}` for the name; empty where there is no
    /// short way.
    Elsewhere(&'static str),
}

/// The result of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Images and their bytes together; at least so many where there are more than are read.
    Images(u64, u64, bool),
    /// Users, by AWS's own estimate.
    Users(u64),
    /// Automated snapshots.
    Snapshots(u64),
    /// Bytes of logs.
    Logs(u64),
    /// It is not there any more.
    Gone,
}

/// The data that a destroy loses with a resource, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// The resource's address.
    pub address: String,
    /// `214 images, 31 GB`; or why it is not counted.
    pub words: String,
    pub counted: bool,
}

/// Types whose contents are asked for, and the attribute that names them.
///
/// Source: the documentation of these resources in the AWS provider, version 5.
const ROWS: &[(&str, &str, Contents)] = &[
    ("aws_ecr_repository", "name", Contents::Images),
    ("aws_cognito_user_pool", "id", Contents::Users),
    ("aws_rds_cluster", "cluster_identifier", Contents::ClusterSnapshots),
    ("aws_db_instance", "identifier", Contents::Snapshots),
    ("aws_cloudwatch_log_group", "name", Contents::Logs),
    (
        "aws_s3_bucket",
        "bucket",
        Contents::Elsewhere("aws s3api list-object-versions --bucket {} --query 'length(Versions)'"),
    ),
    ("aws_dynamodb_table", "name", Contents::Elsewhere("aws dynamodb scan --table-name {} --select COUNT")),
    (
        "aws_sqs_queue",
        "url",
        Contents::Elsewhere(
            "aws sqs get-queue-attributes --queue-url {} --attribute-names ApproximateNumberOfMessages",
        ),
    ),
];

/// Clusters that hold nothing of their own, whatever their name ends in.
const EMPTY: &[&str] = &["aws_ecs_cluster", "aws_eks_cluster"];

/// The contents of resources with data that a plan destroys for good, in the order of their addresses: `show -json` of
/// it.
pub fn of(plan: &Value) -> Vec<Held> {
    let mut found = Vec::new();
    for change in plan["resource_changes"].as_array().into_iter().flatten() {
        let kind = change["type"].as_str().unwrap_or_default();
        let actions = change["change"]["actions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let destroyed = change["mode"] == "managed" && actions.iter().any(|action| action == "delete");
        let row = ROWS.iter().find(|(of, ..)| *of == kind);
        if !destroyed || EMPTY.contains(&kind) || (row.is_none() && !is_stateful(kind)) {
            continue;
        }
        let name = row.and_then(|(_, attribute, _)| change["change"]["before"][*attribute].as_str());
        found.push(Held {
            address: change["address"].as_str().unwrap_or_default().to_owned(),
            name: name.filter(|name| !name.is_empty()).map(str::to_owned),
            what: row.map_or(Contents::Elsewhere(""), |(.., what)| *what),
        });
    }
    found.sort_by(|a, b| a.address.cmp(&b.address));
    found
}

impl Held {
    /// The reason why the contents are not counted, where that is known without asking AWS.
    pub fn unasked(&self) -> Option<Loss> {
        let words = match (&self.name, self.what) {
            (_, Contents::Elsewhere("")) => {
                "what is in it is not counted: the cockpit has no call that counts it".to_owned()
            }
            (Some(name), Contents::Elsewhere(how)) => {
                format!(
                    "what is in it is not counted: the cockpit has no call for it. `{}` counts it",
                    how.replace("{}", name)
                )
            }
            (None, _) => "what is in it is not counted: the plan does not say what it is called".to_owned(),
            (Some(_), _) => return None,
        };
        Some(Loss { address: self.address.clone(), words, counted: false })
    }

    /// The count in words; or why it was not counted.
    pub fn told(&self, count: Result<Count, String>) -> Loss {
        let counted = count.is_ok();
        let words = match count {
            Ok(Count::Images(0, ..)) => "no images".to_owned(),
            Ok(Count::Images(images, size, more)) => {
                let least = if more { "at least " } else { "" };
                format!("{least}{}, {least}{}", many(images, "image"), bytes(size as f64))
            }
            Ok(Count::Users(0)) => "no users, by AWS's own estimate".to_owned(),
            Ok(Count::Users(users)) => format!("about {}, by AWS's own estimate", many(users, "user")),
            Ok(Count::Snapshots(0)) => "no automated snapshots".to_owned(),
            Ok(Count::Snapshots(snapshots)) => {
                format!("{}; those that were taken by hand stay", many(snapshots, "automated snapshot"))
            }
            Ok(Count::Logs(size)) => format!("about {} of logs", bytes(size as f64)),
            Ok(Count::Gone) => "nothing: it is not there any more".to_owned(),
            Err(why) => format!("what is in it is not counted: {why}"),
        };
        Loss { address: self.address.clone(), words, counted }
    }
}

impl Loss {
    /// The sentence that a person reads.
    pub fn sentence(&self) -> String {
        format!("{}: {}", self.address, self.words)
    }
}

fn many(count: u64, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

#[cfg(test)]
mod tests {
    use super::super::plan::testing::{change, show};
    use super::*;
    use serde_json::json;

    #[test]
    fn what_holds_data_is_asked_for_by_its_name_and_what_cannot_be_asked_says_why() {
        let gone = |address: &str, before: Value| change(address, &["delete"], before, Value::Null);
        let found = of(&show(&[
            gone("aws_s3_bucket.logs", json!({"bucket": "b"})),
            gone("aws_ecr_repository.web", json!({"name": "team/web"})),
            gone("aws_cognito_user_pool.this", json!({"id": "ap_1"})),
            gone("aws_ecs_cluster.this", json!({"name": "c"})),
            gone("aws_vpc.this", json!({})),
            gone("aws_kms_key.this", json!({})),
            gone("aws_db_instance.this", json!({"identifier": null})),
            change("aws_rds_cluster.this", &["delete", "create"], json!({"cluster_identifier": "au"}), json!({})),
            change("aws_ecr_repository.kept", &["update"], json!({"name": "kept"}), json!({})),
        ]));
        let asked: Vec<&str> =
            found.iter().filter(|held| held.unasked().is_none()).map(|held| held.address.as_str()).collect();
        assert_eq!(asked, ["aws_cognito_user_pool.this", "aws_ecr_repository.web", "aws_rds_cluster.this"]);
        let said: Vec<String> = found.iter().filter_map(Held::unasked).map(|loss| loss.sentence()).collect();
        assert_eq!(
            said,
            [
                "aws_db_instance.this: what is in it is not counted: the plan does not say what it is called",
                "aws_kms_key.this: what is in it is not counted: the cockpit has no call that counts it",
                "aws_s3_bucket.logs: what is in it is not counted: the cockpit has no call for it. \
                 `aws s3api list-object-versions --bucket b --query 'length(Versions)'` counts it",
            ]
        );
    }

    #[test]
    fn data_that_was_not_counted_is_never_called_nothing() {
        let held = Held { address: "aws_ecr_repository.a".into(), name: Some("a".into()), what: Contents::Images };
        let told = |count| held.told(count).words;
        assert_eq!(told(Ok(Count::Images(214, 31_000_000_000, false))), "214 images, 31 GB");
        assert_eq!(told(Ok(Count::Images(10_000, 1_000, true))), "at least 10000 images, at least 1 kB");
        assert_eq!(told(Ok(Count::Images(0, 0, false))), "no images");
        assert_eq!(told(Ok(Count::Users(1))), "about 1 user, by AWS's own estimate");
        assert_eq!(told(Ok(Count::Snapshots(7))), "7 automated snapshots; those that were taken by hand stay");
        let refused = held.told(Err("ecr:DescribeImages is not allowed".into()));
        assert!(!refused.counted);
        assert_eq!(refused.words, "what is in it is not counted: ecr:DescribeImages is not allowed");
    }
}
