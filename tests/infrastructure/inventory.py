"""The contents of an account, by kind: taken before an environment and after its end, and compared."""


# The kinds below, and their Terraform resource types.
COUNTED = {
    "vpc": {"aws_vpc"},
    "subnet": {"aws_subnet"},
    "route table": {"aws_route_table"},
    "security group": {"aws_security_group", "aws_default_security_group"},
    "address": {"aws_eip"},
    "internet gateway": {"aws_internet_gateway"},
    "nat gateway": {"aws_nat_gateway"},
    "vpc endpoint": {"aws_vpc_endpoint"},
    "launch template": {"aws_launch_template"},
    "instance": {"aws_instance"},
    "autoscaling group": {"aws_autoscaling_group"},
    "load balancer": {"aws_lb"},
    "target group": {"aws_lb_target_group"},
    "cluster": {"aws_ecs_cluster"},
    "repository": {"aws_ecr_repository"},
    "scalable target": {"aws_appautoscaling_target"},
    "bucket": {"aws_s3_bucket"},
    "database": {"aws_db_instance", "aws_rds_cluster_instance"},
    "database cluster": {"aws_rds_cluster"},
    "database subnets": {"aws_db_subnet_group"},
    "parameter group": {"aws_db_parameter_group"},
    "secret": {"aws_secretsmanager_secret"},
    "parameter": {"aws_ssm_parameter"},
    "log group": {"aws_cloudwatch_log_group"},
    "alarm": {"aws_cloudwatch_metric_alarm"},
    "dashboard": {"aws_cloudwatch_dashboard"},
    "topic": {"aws_sns_topic"},
    "budget": {"aws_budgets_budget"},
    "function": {"aws_lambda_function"},
    "schedule": {"aws_scheduler_schedule"},
    "role": {"aws_iam_role"},
    "instance profile": {"aws_iam_instance_profile"},
    "identity provider": {"aws_iam_openid_connect_provider"},
    "zone": {"aws_route53_zone"},
    "certificate": {"aws_acm_certificate"},
    "firewall": {"aws_wafv2_web_acl"},
    "distribution": {"aws_cloudfront_distribution"},
    "task definition": {"aws_ecs_task_definition"},
    "namespace": {"aws_service_discovery_private_dns_namespace"},
    "name inside": {"aws_service_discovery_service"},
    "health check": {"aws_route53_health_check"},
    "document": {"aws_ssm_document"},
    "policy": {"aws_iam_policy"},
    "scaling policy": {"aws_appautoscaling_policy"},
    "cluster parameter group": {"aws_rds_cluster_parameter_group"},
    "flow log": {"aws_flow_log"},
    "metric filter": {"aws_cloudwatch_log_metric_filter"},
    "stream": {"aws_kinesis_firehose_delivery_stream"},
    "trail": {"aws_cloudtrail"},
    "detector": {"aws_guardduty_detector"},
    "recorder": {"aws_config_configuration_recorder"},
    "delivery channel": {"aws_config_delivery_channel"},
    "origin access control": {"aws_cloudfront_origin_access_control"},
    "user pool": {"aws_cognito_user_pool"},
}

# Parts of counted resources, which cannot exist without them.
GOES_WITH = {
    "aws_acm_certificate_validation": "certificate",
    "aws_autoscaling_policy": "autoscaling group",
    "aws_cloudwatch_log_stream": "log group",
    "aws_cloudwatch_log_subscription_filter": "log group",
    "aws_cognito_user_pool_client": "user pool",
    "aws_config_configuration_recorder_status": "recorder",
    "aws_ecr_lifecycle_policy": "repository",
    "aws_ecs_cluster_capacity_providers": "cluster",
    "aws_ecs_service": "cluster",
    "aws_iam_role_policy": "role",
    "aws_iam_role_policy_attachment": "role",
    "aws_lb_listener": "load balancer",
    "aws_lb_listener_rule": "load balancer",
    "aws_route": "route table",
    "aws_route53_record": "zone",
    "aws_route_table_association": "route table",
    "aws_s3_bucket_cors_configuration": "bucket",
    "aws_s3_bucket_lifecycle_configuration": "bucket",
    "aws_s3_bucket_ownership_controls": "bucket",
    "aws_s3_bucket_policy": "bucket",
    "aws_s3_bucket_public_access_block": "bucket",
    "aws_s3_bucket_server_side_encryption_configuration": "bucket",
    "aws_s3_bucket_versioning": "bucket",
    "aws_s3_object": "bucket",
    "aws_secretsmanager_secret_version": "secret",
    "aws_sns_topic_policy": "topic",
    "aws_sns_topic_subscription": "topic",
    "aws_vpc_security_group_egress_rule": "security group",
    "aws_vpc_security_group_ingress_rule": "security group",
    "aws_wafv2_web_acl_association": "firewall",
}

# Created by AWS for another resource, and declared nowhere in Terraform.
MADE_BY_AWS = {"snapshot": "a database's last", "cluster snapshot": "a cluster's last", "volume": "an instance's disk"}


def _names(rows, key):
    return sorted(str(row[key] if key else row) for row in rows)


def take(shell, region):
    """Names of everything that this Terraform code can create, requested from AWS and not read from a state."""

    def ask(service, call, rows, key, keep=lambda row: True, **arguments):
        answer = getattr(shell.client(service, region), call)(**arguments)
        for part in rows.split("."):
            answer = answer.get(part) or []
        return _names([row for row in answer if keep(row)], key)

    found = {
        "vpc": ask("ec2", "describe_vpcs", "Vpcs", "VpcId"),
        "subnet": ask("ec2", "describe_subnets", "Subnets", "SubnetId"),
        "route table": ask("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
        "security group": ask("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
        "address": ask("ec2", "describe_addresses", "Addresses", "AllocationId"),
        "internet gateway": ask("ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
        "nat gateway": ask("ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId", lambda row: row["State"] != "deleted"),
        "vpc endpoint": ask("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", lambda row: row["State"] != "deleted"),
        "launch template": ask("ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateName"),
        "instance": ask(
            "ec2", "describe_instances", "Reservations", "ReservationId",
            lambda row: any(each["State"]["Name"] != "terminated" for each in row["Instances"]),
        ),
        "autoscaling group": ask("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupName"),
        "load balancer": ask("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerName"),
        "target group": ask("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupName"),
        "cluster": ask("ecs", "describe_clusters", "clusters", "clusterName", lambda row: row["status"] == "ACTIVE"),
        "repository": ask("ecr", "describe_repositories", "repositories", "repositoryName"),
        "scalable target": ask("application-autoscaling", "describe_scalable_targets", "ScalableTargets", "ResourceId", ServiceNamespace="ecs"),
        "bucket": ask("s3", "list_buckets", "Buckets", "Name"),
        "database": ask("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
        "database cluster": ask("rds", "describe_db_clusters", "DBClusters", "DBClusterIdentifier"),
        "database subnets": ask("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
        # AWS creates and keeps its default ones.
        "parameter group": ask(
            "rds", "describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupName",
            lambda row: not row["DBParameterGroupName"].startswith("default."),
        ),
        "secret": ask("secretsmanager", "list_secrets", "SecretList", "Name"),
        # Parameters that AWS publishes for everyone do not count.
        "parameter": ask("ssm", "describe_parameters", "Parameters", "Name", lambda row: not row["Name"].startswith("/aws/")),
        "log group": ask("logs", "describe_log_groups", "logGroups", "logGroupName"),
        "alarm": ask("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
        "dashboard": ask("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
        "topic": ask("sns", "list_topics", "Topics", "TopicArn"),
        "budget": ask("budgets", "describe_budgets", "Budgets", "BudgetName", AccountId="123456789012"),
        "function": ask("lambda", "list_functions", "Functions", "FunctionName"),
        "schedule": ask("scheduler", "list_schedules", "Schedules", "Name"),
        "role": ask("iam", "list_roles", "Roles", "RoleName"),
        "instance profile": ask("iam", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
        "identity provider": ask("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList", "Arn"),
        "zone": ask("route53", "list_hosted_zones", "HostedZones", "Name"),
        "certificate": ask("acm", "list_certificates", "CertificateSummaryList", "DomainName"),
        "firewall": ask("wafv2", "list_web_acls", "WebACLs", "Name", Scope="REGIONAL"),
        "distribution": ask("cloudfront", "list_distributions", "DistributionList.Items", "Id"),
        # Terraform leaves former revisions for rollbacks; ECS deletes no active one (`environments.py` names them).
        "task definition": ask("ecs", "list_task_definitions", "taskDefinitionArns", None),
        "namespace": ask("servicediscovery", "list_namespaces", "Namespaces", "Name"),
        "name inside": ask("servicediscovery", "list_services", "Services", "Name"),
        "health check": ask("route53", "list_health_checks", "HealthChecks", "Id"),
        "document": ask("ssm", "list_documents", "DocumentIdentifiers", "Name", Filters=[{"Key": "Owner", "Values": ["Self"]}]),
        "policy": ask("iam", "list_policies", "Policies", "PolicyName", Scope="Local"),
        "scaling policy": ask("application-autoscaling", "describe_scaling_policies", "ScalingPolicies", "PolicyName", ServiceNamespace="ecs"),
        "cluster parameter group": ask(
            "rds", "describe_db_cluster_parameter_groups", "DBClusterParameterGroups", "DBClusterParameterGroupName",
            lambda row: not row["DBClusterParameterGroupName"].startswith("default."),
        ),
        "snapshot": ask(
            "rds", "describe_db_snapshots", "DBSnapshots", "DBSnapshotIdentifier", lambda row: not row["DBSnapshotIdentifier"].startswith("rds:"),
        ),
        # Those that RDS creates are deleted with their cluster; the emulator keeps them, and a NAT gateway's interfaces too.
        "cluster snapshot": ask(
            "rds", "describe_db_cluster_snapshots", "DBClusterSnapshots", "DBClusterSnapshotIdentifier",
            lambda row: not row["DBClusterSnapshotIdentifier"].startswith("rds:"),
        ),
        "flow log": ask("ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
        "volume": ask("ec2", "describe_volumes", "Volumes", "VolumeId"),
        "metric filter": ask("logs", "describe_metric_filters", "metricFilters", "filterName"),
        "stream": ask("firehose", "list_delivery_streams", "DeliveryStreamNames", None),
        "trail": ask("cloudtrail", "list_trails", "Trails", "Name"),
        "detector": ask("guardduty", "list_detectors", "DetectorIds", None),
        "recorder": ask("config", "describe_configuration_recorders", "ConfigurationRecorders", "name"),
        "delivery channel": ask("config", "describe_delivery_channels", "DeliveryChannels", "name"),
        "origin access control": ask("cloudfront", "list_origin_access_controls", "OriginAccessControlList.Items", "Id"),
        "user pool": ask("cognito-idp", "list_user_pools", "UserPools", "Name", MaxResults=60),
    }
    assert set(found) == set(COUNTED) | set(MADE_BY_AWS)
    return found


def difference(before, after):
    """What exists now and did not before, by kind."""
    return {kind: sorted(set(names) - set(before[kind])) for kind, names in after.items() if set(names) - set(before[kind])}
