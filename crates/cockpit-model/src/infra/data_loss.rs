//! Data that a destroy deletes along with a resource, counted where AWS provides a count: images, users, snapshots,
//! bytes of logs. Data that cannot be counted is reported with the reason, never as zero.

use super::plan::is_stateful;
use crate::units::bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A resource that holds data, with the name for counting it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataResource {
    /// The resource's address.
    pub address: String,
    /// Its name in AWS; `None` if the plan does not contain it.
    pub name: Option<String>,
    pub contents: Contents,
}

/// The kind of data in a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    /// Images of an ECR repository.
    Images,
    /// Users of a user pool.
    Users,
    /// Automated snapshots of an Aurora cluster, which are deleted with it.
    ClusterSnapshots,
    /// Automated snapshots of a database instance, which are deleted with it.
    Snapshots,
    /// Bytes of a log group.
    Logs,
    /// Data that the cockpit cannot count: the command for counting it, with `{}` for the name; empty if there is no
    /// short one.
    ByCommand(&'static str),
}

/// The result of counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Number of images, their total bytes, and whether there are more than were read.
    Images(u64, u64, bool),
    /// Number of users, as estimated by AWS.
    Users(u64),
    /// Number of automated snapshots.
    Snapshots(u64),
    /// Bytes of logs.
    Logs(u64),
    /// The resource does not exist any more.
    Missing,
}

/// The data that a destroy deletes along with a resource, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// The resource's address.
    pub address: String,
    /// `214 images, 31 GB`; or why it was not counted.
    pub words: String,
    pub counted: bool,
}

/// Resource types whose contents are counted, and the attribute with their name.
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
        Contents::ByCommand("aws s3api list-object-versions --bucket {} --query 'length(Versions)'"),
    ),
    ("aws_dynamodb_table", "name", Contents::ByCommand("aws dynamodb scan --table-name {} --select COUNT")),
    (
        "aws_sqs_queue",
        "url",
        Contents::ByCommand(
            "aws sqs get-queue-attributes --queue-url {} --attribute-names ApproximateNumberOfMessages",
        ),
    ),
];

/// Cluster types that hold no data, although their names suggest it.
const WITHOUT_DATA: &[&str] = &["aws_ecs_cluster", "aws_eks_cluster"];

/// Returns the data of resources that a plan (`show -json`) destroys, sorted by address.
pub fn of(plan: &Value) -> Vec<DataResource> {
    let mut found = Vec::new();
    for change in plan["resource_changes"].as_array().into_iter().flatten() {
        let kind = change["type"].as_str().unwrap_or_default();
        let actions = change["change"]["actions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let destroyed = change["mode"] == "managed" && actions.iter().any(|action| action == "delete");
        let row = ROWS.iter().find(|(of, ..)| *of == kind);
        if !destroyed || WITHOUT_DATA.contains(&kind) || (row.is_none() && !is_stateful(kind)) {
            continue;
        }
        let name = row.and_then(|(_, attribute, _)| change["change"]["before"][*attribute].as_str());
        found.push(DataResource {
            address: change["address"].as_str().unwrap_or_default().to_owned(),
            name: name.filter(|name| !name.is_empty()).map(str::to_owned),
            contents: row.map_or(Contents::ByCommand(""), |(.., what)| *what),
        });
    }
    found.sort_by(|a, b| a.address.cmp(&b.address));
    found
}

impl DataResource {
    /// Returns why the contents are not counted, if that is known without asking AWS.
    pub fn known_uncounted(&self) -> Option<Loss> {
        let words = match (&self.name, self.contents) {
            (_, Contents::ByCommand("")) => {
                "what is in it is not counted: the cockpit has no call that counts it".to_owned()
            }
            (Some(name), Contents::ByCommand(how)) => {
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

    /// Describes the count, or why there is none.
    pub fn describe(&self, count: Result<Count, String>) -> Loss {
        let counted = count.is_ok();
        let words = match count {
            Ok(Count::Images(0, ..)) => "no images".to_owned(),
            Ok(Count::Images(images, size, more)) => {
                let at_least = if more { "at least " } else { "" };
                format!("{at_least}{}, {at_least}{}", many(images, "image"), bytes(size as f64))
            }
            Ok(Count::Users(0)) => "no users, by AWS's own estimate".to_owned(),
            Ok(Count::Users(users)) => format!("about {}, by AWS's own estimate", many(users, "user")),
            Ok(Count::Snapshots(0)) => "no automated snapshots".to_owned(),
            Ok(Count::Snapshots(snapshots)) => {
                format!("{}; those that were taken by hand stay", many(snapshots, "automated snapshot"))
            }
            Ok(Count::Logs(size)) => format!("about {} of logs", bytes(size as f64)),
            Ok(Count::Missing) => "nothing: it no longer exists".to_owned(),
            Err(why) => format!("what is in it is not counted: {why}"),
        };
        Loss { address: self.address.clone(), words, counted }
    }
}

impl Loss {
    /// Returns a sentence with address and contents.
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
    fn data_is_counted_by_name_or_has_a_reason() {
        let deleted = |address: &str, before: Value| change(address, &["delete"], before, Value::Null);
        let found = of(&show(&[
            deleted("aws_s3_bucket.logs", json!({"bucket": "b"})),
            deleted("aws_ecr_repository.web", json!({"name": "team/web"})),
            deleted("aws_cognito_user_pool.this", json!({"id": "ap_1"})),
            deleted("aws_ecs_cluster.this", json!({"name": "c"})),
            deleted("aws_vpc.this", json!({})),
            deleted("aws_kms_key.this", json!({})),
            deleted("aws_db_instance.this", json!({"identifier": null})),
            change("aws_rds_cluster.this", &["delete", "create"], json!({"cluster_identifier": "au"}), json!({})),
            change("aws_ecr_repository.kept", &["update"], json!({"name": "kept"}), json!({})),
        ]));
        let counted: Vec<&str> =
            found.iter().filter(|held| held.known_uncounted().is_none()).map(|held| held.address.as_str()).collect();
        assert_eq!(counted, ["aws_cognito_user_pool.this", "aws_ecr_repository.web", "aws_rds_cluster.this"]);
        let sentences: Vec<String> =
            found.iter().filter_map(DataResource::known_uncounted).map(|loss| loss.sentence()).collect();
        assert_eq!(
            sentences,
            [
                "aws_db_instance.this: what is in it is not counted: the plan does not say what it is called",
                "aws_kms_key.this: what is in it is not counted: the cockpit has no call that counts it",
                "aws_s3_bucket.logs: what is in it is not counted: the cockpit has no call for it. \
                 `aws s3api list-object-versions --bucket b --query 'length(Versions)'` counts it",
            ]
        );
    }

    #[test]
    fn uncounted_data_is_never_reported_as_zero() {
        let held =
            DataResource { address: "aws_ecr_repository.a".into(), name: Some("a".into()), contents: Contents::Images };
        let told = |count| held.describe(count).words;
        assert_eq!(told(Ok(Count::Images(214, 31_000_000_000, false))), "214 images, 31 GB");
        assert_eq!(told(Ok(Count::Images(10_000, 1_000, true))), "at least 10000 images, at least 1 kB");
        assert_eq!(told(Ok(Count::Images(0, 0, false))), "no images");
        assert_eq!(told(Ok(Count::Users(1))), "about 1 user, by AWS's own estimate");
        assert_eq!(told(Ok(Count::Snapshots(7))), "7 automated snapshots; those that were taken by hand stay");
        let refused = held.describe(Err("ecr:DescribeImages is not allowed".into()));
        assert!(!refused.counted);
        assert_eq!(refused.words, "what is in it is not counted: ecr:DescribeImages is not allowed");
    }
}
