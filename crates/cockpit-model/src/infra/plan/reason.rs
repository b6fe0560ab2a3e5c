//! The reasons for changes in words, and the resource types that hold data.

use super::show::ResourceChange;
use serde_json::Value;

/// Describes Terraform's reason; `None` if the action needs no explanation.
pub(super) fn describe(resource: &ResourceChange) -> Option<String> {
    let Some(reason) = resource.action_reason.as_deref() else {
        return resource
            .deposed
            .as_ref()
            .map(|_| "it is left over from a replacement that was not finished".to_owned());
    };
    Some(match reason {
        "replace_because_cannot_update" => {
            let paths: Vec<String> = resource.change.replace_paths.iter().map(|path| path_of(path)).collect();
            if paths.is_empty() {
                "it cannot be changed in place".to_owned()
            } else {
                format!("{} cannot be changed in place", paths.join(", "))
            }
        }
        "replace_because_tainted" => "it is tainted: its creation did not complete, or somebody marked it".to_owned(),
        "replace_by_request" => "it was asked for (-replace)".to_owned(),
        "replace_by_triggers" => "what it names in replace_triggered_by changes".to_owned(),
        "delete_because_no_resource_config" => "it is no longer in the configuration".to_owned(),
        "delete_because_no_module" => "its module is no longer in the configuration".to_owned(),
        "delete_because_wrong_repetition" => "its count or for_each was added or taken away".to_owned(),
        "delete_because_count_index" => "its index is beyond count".to_owned(),
        "delete_because_each_key" => "its key is no longer in for_each".to_owned(),
        "delete_because_no_move_target" => "it was moved to an address that is not in the configuration".to_owned(),
        "read_because_config_unknown" => "its arguments are known only after apply".to_owned(),
        "read_because_dependency_pending" => "what it depends on has changes".to_owned(),
        "read_because_check_nested" => "a check reads it".to_owned(),
        // A reason unknown to this version.
        other => other.replace('_', " "),
    })
}

/// Formats a path: `launch_template[0].name`.
fn path_of(path: &[Value]) -> String {
    let mut out = String::new();
    for step in path {
        match step {
            Value::String(name) if out.is_empty() => out.push_str(name),
            Value::String(name) => {
                out.push('.');
                out.push_str(name);
            }
            other => {
                out.push('[');
                out.push_str(&other.to_string());
                out.push(']');
            }
        }
    }
    out
}

/// Types that hold data and are not covered by [`STATEFUL_SUFFIXES`]; sorted.
const STATEFUL: &[&str] = &[
    "aws_backup_vault",
    "aws_cloudwatch_log_group",
    "aws_cognito_identity_pool",
    "aws_db_instance",
    "aws_db_snapshot",
    "aws_dynamodb_global_table",
    "aws_dynamodb_table",
    "aws_ebs_snapshot",
    "aws_ebs_volume",
    "aws_ecr_repository",
    "aws_ecrpublic_repository",
    "aws_efs_file_system",
    "aws_elasticache_replication_group",
    "aws_elasticache_serverless_cache",
    "aws_elasticsearch_domain",
    "aws_fsx_lustre_file_system",
    "aws_fsx_ontap_file_system",
    "aws_fsx_ontap_volume",
    "aws_fsx_openzfs_file_system",
    "aws_fsx_openzfs_volume",
    "aws_fsx_windows_file_system",
    "aws_keyspaces_keyspace",
    "aws_keyspaces_table",
    "aws_kinesis_stream",
    "aws_kms_key",
    "aws_mq_broker",
    "aws_msk_serverless_cluster",
    "aws_opensearch_domain",
    "aws_opensearchserverless_collection",
    "aws_redshiftserverless_namespace",
    "aws_route53_zone",
    "aws_secretsmanager_secret",
    "aws_sqs_queue",
    "aws_timestreamwrite_table",
];

/// Suffixes of types that hold data, for any provider: `google_sql_database`, `aws_rds_cluster`.
const STATEFUL_SUFFIXES: &[&str] =
    &["_bucket", "_cluster", "_database", "_db_cluster_snapshot", "_user_pool", "_volume_snapshot"];

/// Whether destroying a resource of this type deletes data.
pub fn is_stateful(kind: &str) -> bool {
    STATEFUL.binary_search(&kind).is_ok() || STATEFUL_SUFFIXES.iter().any(|end| kind.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stateful_types_are_recognized() {
        assert!(STATEFUL.is_sorted());
        for kind in [
            "aws_db_instance",
            "aws_rds_cluster",
            "aws_s3_bucket",
            "aws_ecs_cluster",
            "aws_cognito_user_pool",
            "google_sql_database",
        ] {
            assert!(is_stateful(kind), "{kind}");
        }
        for kind in ["aws_security_group_rule", "aws_rds_cluster_parameter_group", "aws_s3_bucket_policy", ""] {
            assert!(!is_stateful(kind), "{kind}");
        }
    }
}
