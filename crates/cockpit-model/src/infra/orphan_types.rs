//! Resource types that can be looked up: the attributes with their name and import id, and the command for looking them
//! up if the cockpit has no call for it.

/// A resource type that can be looked up.
pub(super) struct Type {
    /// `aws_ecs_service`.
    pub kind: &'static str,
    /// The attribute with its name; for a map, `attribute.key`.
    pub name_attribute: &'static str,
    /// The import id, with attributes in braces; empty if the plan does not contain it.
    pub id: &'static str,
    /// The command line for looking it up, with attributes in braces; empty if the cockpit always has a call for it.
    pub manual_command: &'static str,
}

/// Creates a type that the cockpit can look up.
const fn looked(kind: &'static str, named: &'static str, id: &'static str) -> Type {
    Type { kind, name_attribute: named, id, manual_command: "" }
}

/// Creates a type that the cockpit has no call for, or whose plan may lack the values for the call.
const fn by_hand(kind: &'static str, named: &'static str, id: &'static str, hand: &'static str) -> Type {
    Type { kind, name_attribute: named, id, manual_command: hand }
}

/// Source: the section "Import" of each resource in the documentation of the AWS provider, version 5, and the reference of
/// the AWS CLI.
pub(super) const TYPES: &[Type] = &[
    looked("aws_ecs_cluster", "name", "{name}"),
    looked("aws_ecs_service", "name", ""),
    looked("aws_ecr_repository", "name", "{name}"),
    looked("aws_cloudwatch_log_group", "name", "{name}"),
    looked("aws_db_instance", "identifier", "{identifier}"),
    looked("aws_rds_cluster", "cluster_identifier", "{cluster_identifier}"),
    looked("aws_rds_cluster_instance", "identifier", "{identifier}"),
    looked("aws_lb_target_group", "name", ""),
    looked("aws_lb", "name", ""),
    by_hand("aws_lb_listener", "port", "", "aws elbv2 describe-listeners --load-balancer-arn {load_balancer_arn}"),
    by_hand(
        "aws_instance",
        "tags.Name",
        "",
        "aws ec2 describe-instances --filters Name=instance-type,Values={instance_type}",
    ),
    looked("aws_cloudwatch_metric_alarm", "alarm_name", "{alarm_name}"),
    looked("aws_cloudwatch_composite_alarm", "alarm_name", "{alarm_name}"),
    looked("aws_lambda_function", "function_name", "{function_name}"),
    looked("aws_scheduler_schedule", "name", ""),
    looked("aws_ssm_parameter", "name", "{name}"),
    looked("aws_secretsmanager_secret", "name", ""),
    looked("aws_security_group", "name", ""),
    looked("aws_cognito_user_pool", "name", ""),
    looked("aws_route53_zone", "name", ""),
    by_hand(
        "aws_route53_record",
        "name",
        "{zone_id}_{name}_{type}",
        "aws route53 list-resource-record-sets --hosted-zone-id {zone_id}",
    ),
    by_hand(
        "aws_appautoscaling_target",
        "resource_id",
        "{service_namespace}/{resource_id}/{scalable_dimension}",
        "aws application-autoscaling describe-scalable-targets --service-namespace {service_namespace}",
    ),
    by_hand(
        "aws_appautoscaling_policy",
        "name",
        "{service_namespace}/{resource_id}/{scalable_dimension}/{name}",
        "aws application-autoscaling describe-scaling-policies --service-namespace {service_namespace}",
    ),
    by_hand("aws_iam_role", "name", "{name}", "aws iam get-role --role-name {name}"),
    by_hand(
        "aws_iam_role_policy",
        "name",
        "{role}:{name}",
        "aws iam get-role-policy --role-name {role} --policy-name {name}",
    ),
    by_hand(
        "aws_iam_role_policy_attachment",
        "policy_arn",
        "{role}/{policy_arn}",
        "aws iam list-attached-role-policies --role-name {role}",
    ),
    by_hand("aws_iam_policy", "name", "", "aws iam list-policies --scope Local"),
    by_hand(
        "aws_iam_instance_profile",
        "name",
        "{name}",
        "aws iam get-instance-profile --instance-profile-name {name}",
    ),
    by_hand("aws_iam_openid_connect_provider", "url", "", "aws iam list-open-id-connect-providers"),
    by_hand("aws_s3_bucket", "bucket", "{bucket}", "aws s3api head-bucket --bucket {bucket}"),
    by_hand(
        "aws_s3_bucket_public_access_block",
        "bucket",
        "{bucket}",
        "aws s3api get-public-access-block --bucket {bucket}",
    ),
    by_hand("aws_s3_bucket_versioning", "bucket", "{bucket}", "aws s3api get-bucket-versioning --bucket {bucket}"),
    by_hand("aws_s3_bucket_policy", "bucket", "{bucket}", "aws s3api get-bucket-policy --bucket {bucket}"),
    by_hand(
        "aws_s3_bucket_lifecycle_configuration",
        "bucket",
        "{bucket}",
        "aws s3api get-bucket-lifecycle-configuration --bucket {bucket}",
    ),
    by_hand(
        "aws_s3_bucket_server_side_encryption_configuration",
        "bucket",
        "{bucket}",
        "aws s3api get-bucket-encryption --bucket {bucket}",
    ),
    by_hand(
        "aws_s3_bucket_ownership_controls",
        "bucket",
        "{bucket}",
        "aws s3api get-bucket-ownership-controls --bucket {bucket}",
    ),
    by_hand("aws_s3_bucket_cors_configuration", "bucket", "{bucket}", "aws s3api get-bucket-cors --bucket {bucket}"),
    by_hand("aws_s3_object", "key", "{bucket}/{key}", "aws s3api head-object --bucket {bucket} --key {key}"),
    by_hand("aws_db_subnet_group", "name", "{name}", "aws rds describe-db-subnet-groups --db-subnet-group-name {name}"),
    by_hand(
        "aws_db_parameter_group",
        "name",
        "{name}",
        "aws rds describe-db-parameter-groups --db-parameter-group-name {name}",
    ),
    by_hand(
        "aws_rds_cluster_parameter_group",
        "name",
        "{name}",
        "aws rds describe-db-cluster-parameter-groups --db-cluster-parameter-group-name {name}",
    ),
    by_hand(
        "aws_ecs_task_definition",
        "family",
        "",
        "aws ecs list-task-definitions --sort DESC --family-prefix {family}",
    ),
    by_hand(
        "aws_ecs_cluster_capacity_providers",
        "cluster_name",
        "{cluster_name}",
        "aws ecs describe-clusters --clusters {cluster_name}",
    ),
    by_hand(
        "aws_ecr_lifecycle_policy",
        "repository",
        "{repository}",
        "aws ecr get-lifecycle-policy --repository-name {repository}",
    ),
    by_hand(
        "aws_cloudwatch_log_metric_filter",
        "name",
        "{log_group_name}:{name}",
        "aws logs describe-metric-filters --log-group-name {log_group_name} --filter-name-prefix {name}",
    ),
    by_hand("aws_lb_listener_rule", "priority", "", "aws elbv2 describe-rules --listener-arn {listener_arn}"),
    by_hand("aws_ssm_document", "name", "{name}", "aws ssm describe-document --name {name}"),
    by_hand(
        "aws_secretsmanager_secret_version",
        "secret_id",
        "",
        "aws secretsmanager list-secret-version-ids --secret-id {secret_id}",
    ),
    by_hand("aws_sns_topic", "name", "", "aws sns list-topics"),
    by_hand(
        "aws_sns_topic_subscription",
        "endpoint",
        "",
        "aws sns list-subscriptions-by-topic --topic-arn {topic_arn}",
    ),
    by_hand("aws_sns_topic_policy", "arn", "{arn}", "aws sns get-topic-attributes --topic-arn {arn}"),
    by_hand(
        "aws_vpc_security_group_ingress_rule",
        "security_group_id",
        "",
        "aws ec2 describe-security-group-rules --filters Name=group-id,Values={security_group_id}",
    ),
    by_hand(
        "aws_vpc_security_group_egress_rule",
        "security_group_id",
        "",
        "aws ec2 describe-security-group-rules --filters Name=group-id,Values={security_group_id}",
    ),
    by_hand("aws_vpc", "tags.Name", "", "aws ec2 describe-vpcs --filters Name=tag:Name,Values={tags.Name}"),
    by_hand("aws_subnet", "tags.Name", "", "aws ec2 describe-subnets --filters Name=tag:Name,Values={tags.Name}"),
    by_hand(
        "aws_route_table",
        "tags.Name",
        "",
        "aws ec2 describe-route-tables --filters Name=tag:Name,Values={tags.Name}",
    ),
    by_hand(
        "aws_route",
        "destination_cidr_block",
        "{route_table_id}_{destination_cidr_block}",
        "aws ec2 describe-route-tables --route-table-ids {route_table_id}",
    ),
    by_hand(
        "aws_route_table_association",
        "subnet_id",
        "{subnet_id}/{route_table_id}",
        "aws ec2 describe-route-tables --filters Name=association.subnet-id,Values={subnet_id}",
    ),
    by_hand(
        "aws_internet_gateway",
        "tags.Name",
        "",
        "aws ec2 describe-internet-gateways --filters Name=tag:Name,Values={tags.Name}",
    ),
    by_hand(
        "aws_nat_gateway",
        "tags.Name",
        "",
        "aws ec2 describe-nat-gateways --filter Name=tag:Name,Values={tags.Name}",
    ),
    by_hand("aws_eip", "tags.Name", "", "aws ec2 describe-addresses --filters Name=tag:Name,Values={tags.Name}"),
    by_hand(
        "aws_vpc_endpoint",
        "tags.Name",
        "",
        "aws ec2 describe-vpc-endpoints --filters Name=tag:Name,Values={tags.Name}",
    ),
    by_hand("aws_flow_log", "tags.Name", "", "aws ec2 describe-flow-logs --filter Name=tag:Name,Values={tags.Name}"),
    by_hand("aws_launch_template", "name", "", "aws ec2 describe-launch-templates --launch-template-names {name}"),
    by_hand("aws_route53_health_check", "tags.Name", "", "aws route53 list-health-checks"),
    by_hand("aws_wafv2_web_acl", "name", "", "aws wafv2 list-web-acls --scope {scope}"),
    by_hand(
        "aws_wafv2_web_acl_association",
        "resource_arn",
        "{web_acl_arn},{resource_arn}",
        "aws wafv2 get-web-acl-for-resource --resource-arn {resource_arn}",
    ),
    by_hand("aws_service_discovery_private_dns_namespace", "name", "", "aws servicediscovery list-namespaces"),
    by_hand("aws_service_discovery_service", "name", "", "aws servicediscovery list-services"),
    by_hand(
        "aws_kinesis_firehose_delivery_stream",
        "name",
        "",
        "aws firehose describe-delivery-stream --delivery-stream-name {name}",
    ),
    by_hand("aws_guardduty_detector", "id", "", "aws guardduty list-detectors"),
    by_hand("aws_acm_certificate", "domain_name", "", "aws acm list-certificates"),
    by_hand(
        "aws_acm_certificate_validation",
        "certificate_arn",
        "",
        "aws acm describe-certificate --certificate-arn {certificate_arn}",
    ),
    by_hand(
        "aws_autoscaling_group",
        "name",
        "{name}",
        "aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names {name}",
    ),
    by_hand(
        "aws_autoscaling_policy",
        "name",
        "{autoscaling_group_name}/{name}",
        "aws autoscaling describe-policies --policy-names {name}",
    ),
    by_hand("aws_budgets_budget", "name", "", "aws budgets describe-budgets --account-id ACCOUNT"),
    by_hand("aws_cloudfront_distribution", "comment", "", "aws cloudfront list-distributions"),
    by_hand("aws_cloudfront_origin_access_control", "name", "", "aws cloudfront list-origin-access-controls"),
    by_hand("aws_cloudtrail", "name", "", "aws cloudtrail describe-trails --trail-name-list {name}"),
    by_hand(
        "aws_cloudwatch_dashboard",
        "dashboard_name",
        "{dashboard_name}",
        "aws cloudwatch list-dashboards --dashboard-name-prefix {dashboard_name}",
    ),
    by_hand(
        "aws_cloudwatch_log_stream",
        "name",
        "{log_group_name}:{name}",
        "aws logs describe-log-streams --log-group-name {log_group_name} --log-stream-name-prefix {name}",
    ),
    by_hand(
        "aws_cloudwatch_log_subscription_filter",
        "name",
        "{log_group_name}|{name}",
        "aws logs describe-subscription-filters --log-group-name {log_group_name} --filter-name-prefix {name}",
    ),
    by_hand(
        "aws_cognito_user_pool_client",
        "name",
        "",
        "aws cognito-idp list-user-pool-clients --user-pool-id {user_pool_id}",
    ),
    by_hand(
        "aws_config_configuration_recorder",
        "name",
        "{name}",
        "aws configservice describe-configuration-recorders --configuration-recorder-names {name}",
    ),
    by_hand(
        "aws_config_configuration_recorder_status",
        "name",
        "{name}",
        "aws configservice describe-configuration-recorder-status --configuration-recorder-names {name}",
    ),
    by_hand(
        "aws_config_delivery_channel",
        "name",
        "{name}",
        "aws configservice describe-delivery-channels --delivery-channel-names {name}",
    ),
];

/// Returns the row of a type.
pub(super) fn type_row(kind: &str) -> Option<&'static Type> {
    TYPES.iter().find(|known| known.kind == kind)
}

/// Returns a text with each `{attribute}` replaced by its value; `None` if a value is missing.
pub(super) fn fill_template(text: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        out.push_str(before);
        out.push_str(&value(name)?);
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn types_are_unique_and_have_a_call_or_a_command() {
        let kinds: BTreeSet<&str> = TYPES.iter().map(|one| one.kind).collect();
        assert_eq!(kinds.len(), TYPES.len());
        assert!(TYPES.iter().all(|one| one.manual_command.is_empty() || one.manual_command.starts_with("aws ")));
    }

    #[test]
    fn braces_are_filled_or_the_result_is_none() {
        let value = |name: &str| (name == "role").then(|| "web".to_owned());
        assert_eq!(fill_template("{role}:x", value).as_deref(), Some("web:x"));
        assert_eq!(fill_template("aws iam list-policies", value).as_deref(), Some("aws iam list-policies"));
        assert_eq!(fill_template("{role}:{name}", value), None);
    }
}
