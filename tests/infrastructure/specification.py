"""The documented figures of the environments, each with its place in a plan.

One row is (what, unit, address and attribute, wanted). The address may have a `[*]` for all matches; the path descends
into lists and objects with dots. `test_environments.py` compares every row with the plan's JSON.
"""


class Has:
    """A list or text that must contain something."""

    def __init__(self, *parts):
        self.parts = parts

    def __eq__(self, other):
        return all(part in other for part in self.parts)

    def __repr__(self):
        return f"something with {self.parts}"


class Absent:
    """Nothing at that address."""

    def __repr__(self):
        return "nothing"


ABSENT = Absent()


def bookmark_manager(env, rows):
    """What staging and prod have in common."""
    name = f"bookmark-manager-{env}"
    common = [
        ("cluster", "compute", "aws_ecs_cluster.this name", f"{name}-cluster"),
        ("service web", "compute", 'aws_ecs_service.this["web"] name', f"{name}-web"),
        ("service api", "compute", 'aws_ecs_service.this["api"] name', f"{name}-api"),
        ("log group web", "compute", 'aws_cloudwatch_log_group.service["web"] name', f"/ecs/{name}-web"),
        ("log group api", "compute", 'aws_cloudwatch_log_group.service["api"] name', f"/ecs/{name}-api"),
        ("repository web", "ecr", 'aws_ecr_repository.this["web"] name', f"{name}-web"),
        ("repository api", "ecr", 'aws_ecr_repository.this["api"] name', f"{name}-api"),
        ("parameter DATABASE_URL", "database", "aws_ssm_parameter.database_url name", f"/bookmark-manager/{env}/DATABASE_URL"),
        ("parameter db/endpoint", "database", "aws_ssm_parameter.endpoint name", f"/bookmark-manager/{env}/db/endpoint"),
        ("parameter JWT_SECRET", "compute", 'aws_ssm_parameter.generated["JWT_SECRET"] name', f"/bookmark-manager/{env}/JWT_SECRET"),
        ("parameter MONGODB_URI", "compute", 'aws_ssm_parameter.external["MONGODB_URI"] name', f"/bookmark-manager/{env}/MONGODB_URI"),
        ("parameters are encrypted", "compute", "aws_ssm_parameter[*] type", "SecureString"),
        ("one task each", "compute", "aws_ecs_service[*] desired_count", 1),
        ("/api/* goes to api", "compute", 'aws_lb_listener_rule.service["api"] condition.0.path_pattern.0.values', ["/api/*"]),
        ("health of web", "compute", 'aws_lb_target_group.this["web"] health_check.0.path', "/health"),
        ("health of api", "compute", 'aws_lb_target_group.this["api"] health_check.0.path', "/api/health"),
        ("api has a name inside the network", "compute", 'aws_service_discovery_service.this["api"] name', "api"),
        ("… in the environment's namespace", "compute", "aws_service_discovery_private_dns_namespace.this[0] name", f"{name}.internal"),
        ("web calls api there", "security", 'aws_vpc_security_group_ingress_rule.call["web-api"] from_port', 4000),
        ("… and may go out to it", "security", 'aws_vpc_security_group_egress_rule.call["web-api"] to_port', 4000),
        ("… and not over HTTP elsewhere", "security", 'aws_vpc_security_group_egress_rule.service_other["web-80"]', ABSENT),
        ("ECS Exec", "compute", "aws_ecs_service[*] enable_execute_command", True),
        ("circuit breaker", "compute", "aws_ecs_service[*] deployment_circuit_breaker.0.enable", True),
        ("rollback", "compute", "aws_ecs_service[*] deployment_circuit_breaker.0.rollback", True),
        ("grace 120 s", "compute", "aws_ecs_service[*] health_check_grace_period_seconds", 120),
        ("images are scanned", "ecr", "aws_ecr_repository[*] image_scanning_configuration.0.scan_on_push", True),
        ("S3 over a gateway endpoint", "network", 'aws_vpc_endpoint.gateway["s3"] vpc_endpoint_type', "Gateway"),
        ("alarm on CPU of tasks", "monitoring", 'aws_cloudwatch_metric_alarm.this["api-cpu"] threshold', 80),
        ("… at or above", "monitoring", 'aws_cloudwatch_metric_alarm.this["api-cpu"] comparison_operator', "GreaterThanOrEqualToThreshold"),
        ("alarm on CPU of the database", "monitoring", 'aws_cloudwatch_metric_alarm.this["db-cpu"] threshold', 80),
        ("… at or above", "monitoring", 'aws_cloudwatch_metric_alarm.this["db-cpu"] comparison_operator', "GreaterThanOrEqualToThreshold"),
        ("alarm on connections: at or above", "monitoring", 'aws_cloudwatch_metric_alarm.this["db-connections"] comparison_operator', "GreaterThanOrEqualToThreshold"),
        ("alarm on free storage: 5 GiB", "monitoring", 'aws_cloudwatch_metric_alarm.this["db-storage"] threshold', 5 * 2**30),
        ("… or less", "monitoring", 'aws_cloudwatch_metric_alarm.this["db-storage"] comparison_operator', "LessThanOrEqualToThreshold"),
        ("alarm on error lines", "monitoring", 'aws_cloudwatch_metric_alarm.this["api-errors"] metric_name', "api-errors"),
        ("alarms are called by the prefix", "monitoring", 'aws_cloudwatch_metric_alarm.this["db-cpu"] alarm_name', f"{name}-db-cpu"),
        ("bucket's public access", "storage", "aws_s3_bucket_public_access_block.this block_public_acls", True),
    ]
    return common + rows


STAGING = bookmark_manager("staging", [
    ("VPC", "network", "aws_vpc.this cidr_block", "10.0.0.0/16"),
    ("tasks have a public address", "compute", "aws_ecs_service[*] network_configuration.0.assign_public_ip", True),
    ("no NAT gateway", "network", "aws_nat_gateway", ABSENT),
    ("endpoint ECR api", "network", 'aws_vpc_endpoint.interface["ecr.api"] vpc_endpoint_type', "Interface"),
    ("endpoint ECR dkr", "network", 'aws_vpc_endpoint.interface["ecr.dkr"] vpc_endpoint_type', "Interface"),
    ("endpoint Logs", "network", 'aws_vpc_endpoint.interface["logs"] vpc_endpoint_type', "Interface"),
    ("only allowed addresses", "security", 'aws_vpc_security_group_ingress_rule.alb_http["203.0.113.4/32"] cidr_ipv4', "203.0.113.4/32"),
    ("nobody else over HTTP", "security", 'aws_vpc_security_group_ingress_rule.alb_http["0.0.0.0/0"]', ABSENT),
    ("no domain", "compute", "aws_route53_zone", ABSENT),
    ("no firewall", "compute", "aws_wafv2_web_acl", ABSENT),
    ("256 CPU", "compute", "aws_ecs_task_definition[*] cpu", "256"),
    ("512 MB", "compute", "aws_ecs_task_definition[*] memory", "512"),
    ("no autoscaling", "compute", "aws_appautoscaling_target", ABSENT),
    ("starts Mon–Fri 09:00", "compute", 'aws_scheduler_schedule.this["start"] schedule_expression', "cron(0 9 ? * MON-FRI *)"),
    ("stops 22:00", "compute", 'aws_scheduler_schedule.this["stop"] schedule_expression', "cron(0 22 ? * MON-FRI *)"),
    ("JST", "compute", "aws_scheduler_schedule[*] schedule_expression_timezone", "Asia/Tokyo"),
    ("payload start", "compute", 'aws_scheduler_schedule.this["start"] target.0.input', '{"action":"start"}'),
    ("payload stop", "compute", 'aws_scheduler_schedule.this["stop"] target.0.input', '{"action":"stop"}'),
    ("names of the schedule", "compute", 'aws_scheduler_schedule.this["stop"] name', "bookmark-manager-staging-stop"),
    ("function", "compute", "aws_lambda_function.this function_name", "bookmark-manager-staging-ecs-scheduler"),
    ("function's runtime is Node", "compute", "aws_lambda_function.this runtime", Has("nodejs")),
    ("RDS PostgreSQL", "database", "aws_db_instance.this[0] engine", "postgres"),
    ("17.6", "database", "aws_db_instance.this[0] engine_version", "17.6"),
    ("web reaches the database", "security", 'aws_vpc_security_group_ingress_rule.database["web"] from_port', 5432),
    ("tags move: :latest", "ecr", "aws_ecr_repository[*] image_tag_mutability", "MUTABLE"),
    ("no reader, so no address of one", "database", "aws_ssm_parameter.reader_endpoint", ABSENT),
    ("budget", "monitoring", "aws_budgets_budget.this[0] time_unit", "MONTHLY"),
    ("db.t4g.micro", "database", "aws_db_instance.this[0] instance_class", "db.t4g.micro"),
    ("database's name in config.toml", "database", "aws_db_instance.this[0] identifier", "bookmark-manager-staging-db"),
    ("database bookmarkdb", "database", "aws_db_instance.this[0] db_name", "bookmarkdb"),
    ("user dbadmin", "database", "aws_db_instance.this[0] username", "dbadmin"),
    ("port 5432", "database", "aws_db_instance.this[0] port", 5432),
    ("not public", "database", "aws_db_instance.this[0] publicly_accessible", False),
    ("encrypted", "database", "aws_db_instance.this[0] storage_encrypted", True),
    ("connections at 80 % of 80", "monitoring", 'aws_cloudwatch_metric_alarm.this["db-connections"] threshold', 64),
    ("no bastion", "security", "aws_instance", ABSENT),
    ("logs 7 days", "compute", "aws_cloudwatch_log_group[*] retention_in_days", 7),
    ("the database's too", "database", "aws_cloudwatch_log_group[*] retention_in_days", 7),
    ("no Container Insights", "compute", "aws_ecs_cluster.this setting.0.value", "disabled"),
    ("versioning off", "storage", "aws_s3_bucket_versioning.this versioning_configuration.0.status", "Suspended"),
    ("lifecycle", "storage", "aws_s3_bucket_lifecycle_configuration.this rule.0.status", "Enabled"),
    ("repositories force delete", "ecr", "aws_ecr_repository[*] force_delete", True),
    ("health interval 60 s", "compute", "aws_lb_target_group[*] health_check.0.interval", 60),
    ("unhealthy 10", "compute", "aws_lb_target_group[*] health_check.0.unhealthy_threshold", 10),
    ("HTTP is answered", "compute", "aws_lb_listener.http default_action.0.type", "forward"),
])

PROD = bookmark_manager("prod", [
    ("VPC", "network", "aws_vpc.this cidr_block", "10.1.0.0/16"),
    ("zone a", "network", 'aws_subnet.private["a"] availability_zone', "ap-northeast-1a"),
    ("zone c", "network", 'aws_subnet.private["c"] availability_zone', "ap-northeast-1c"),
    ("tasks have no public address", "compute", "aws_ecs_service[*] network_configuration.0.assign_public_ip", False),
    ("one NAT gateway", "network", 'aws_nat_gateway.this["a"] connectivity_type', "public"),
    ("… and no second", "network", 'aws_nat_gateway.this["c"]', ABSENT),
    ("endpoint ECR api", "network", 'aws_vpc_endpoint.interface["ecr.api"] vpc_endpoint_type', "Interface"),
    ("endpoint ECR dkr", "network", 'aws_vpc_endpoint.interface["ecr.dkr"] vpc_endpoint_type', "Interface"),
    ("open to everyone", "security", 'aws_vpc_security_group_ingress_rule.alb_https["0.0.0.0/0"] from_port', 443),
    ("HTTPS", "compute", "aws_lb_listener.https[0] port", 443),
    ("TLS 1.3", "compute", "aws_lb_listener.https[0] ssl_policy", Has("TLS13")),
    ("HTTP → HTTPS", "compute", "aws_lb_listener.http default_action.0.redirect.0.protocol", "HTTPS"),
    ("… by 301", "compute", "aws_lb_listener.http default_action.0.redirect.0.status_code", "HTTP_301"),
    ("www leads to the domain", "compute", "aws_lb_listener_rule.www[0] condition.0.host_header.0.values", ["www.tidilyspace.app"]),
    ("zone", "compute", "aws_route53_zone.this[0] name", "tidilyspace.app"),
    ("certificate's wildcard", "compute", "aws_acm_certificate.this[0] subject_alternative_names", Has("*.tidilyspace.app")),
    ("validated by DNS", "compute", "aws_acm_certificate.this[0] validation_method", "DNS"),
    ("record www", "compute", 'aws_route53_record.website["www"] name', "www.tidilyspace.app"),
    ("firewall: 2000 requests in five minutes", "compute", "aws_wafv2_web_acl.this[0] rule.*.statement.0.rate_based_statement.0.limit", 2000),
    ("firewall: core rules", "compute", "aws_wafv2_web_acl.this[0] rule.*.name", Has("AWSManagedRulesCommonRuleSet")),
    ("firewall: SQL injection", "compute", "aws_wafv2_web_acl.this[0] rule.*.name", Has("AWSManagedRulesSQLiRuleSet")),
    ("firewall: bad inputs", "compute", "aws_wafv2_web_acl.this[0] rule.*.name", Has("AWSManagedRulesKnownBadInputsRuleSet")),
    ("1024 CPU", "compute", "aws_ecs_task_definition[*] cpu", "1024"),
    ("2048 MB", "compute", "aws_ecs_task_definition[*] memory", "2048"),
    ("least 1", "compute", "aws_appautoscaling_target[*] min_capacity", 1),
    ("most 10", "compute", "aws_appautoscaling_target[*] max_capacity", 10),
    ("CPU 70 %", "compute", 'aws_appautoscaling_policy.cpu["web"] target_tracking_scaling_policy_configuration.0.target_value', 70),
    ("memory 80 %", "compute", 'aws_appautoscaling_policy.memory["web"] target_tracking_scaling_policy_configuration.0.target_value', 80),
    ("out after 60 s", "compute", "aws_appautoscaling_policy[*] target_tracking_scaling_policy_configuration.0.scale_out_cooldown", 60),
    ("in after 300 s", "compute", "aws_appautoscaling_policy[*] target_tracking_scaling_policy_configuration.0.scale_in_cooldown", 300),
    ("24 hours: no schedule", "compute", "aws_scheduler_schedule", ABSENT),
    ("Aurora PostgreSQL", "database", "aws_rds_cluster.this[0] engine", "aurora-postgresql"),
    ("17.6", "database", "aws_rds_cluster.this[0] engine_version", "17.6"),
    ("… and no other by itself", "database", "aws_rds_cluster_instance[*] auto_minor_version_upgrade", False),
    ("parameter of the reader's address", "database", "aws_ssm_parameter.reader_endpoint[0] name", "/bookmark-manager/prod/db/reader-endpoint"),
    ("web reaches the database", "security", 'aws_vpc_security_group_ingress_rule.database["web"] from_port', 5432),
    ("health check from outside: web", "monitoring", 'aws_route53_health_check.this["web"] fqdn', "tidilyspace.app"),
    ("health check from outside: api", "monitoring", 'aws_route53_health_check.this["api"] resource_path', "/api/health"),
    ("tags do not move", "ecr", "aws_ecr_repository[*] image_tag_mutability", "IMMUTABLE"),
    ("Serverless v2", "database", "aws_rds_cluster_instance[*] instance_class", "db.serverless"),
    ("least 0.5 ACU", "database", "aws_rds_cluster.this[0] serverlessv2_scaling_configuration.0.min_capacity", 0.5),
    ("most 2 ACU", "database", "aws_rds_cluster.this[0] serverlessv2_scaling_configuration.0.max_capacity", 2),
    ("the writer before the reader", "database", 'aws_rds_cluster_instance.this["1"] promotion_tier', 0),
    ("a reader", "database", 'aws_rds_cluster_instance.this["2"] promotion_tier', 1),
    ("backups 30 days", "database", "aws_rds_cluster.this[0] backup_retention_period", 30),
    ("deletion protection", "database", "aws_rds_cluster.this[0] deletion_protection", True),
    ("a final snapshot", "database", "aws_rds_cluster.this[0] skip_final_snapshot", False),
    ("database's name in config.toml", "database", "aws_rds_cluster.this[0] cluster_identifier", "bookmark-manager-prod-aurora"),
    ("database bookmarkdb", "database", "aws_rds_cluster.this[0] database_name", "bookmarkdb"),
    ("user dbadmin", "database", "aws_rds_cluster.this[0] master_username", "dbadmin"),
    ("port 5432", "database", "aws_rds_cluster.this[0] port", 5432),
    ("the writer in zone a", "database", 'aws_rds_cluster_instance.this["1"] availability_zone', "ap-northeast-1a"),
    ("the reader in zone c", "database", 'aws_rds_cluster_instance.this["2"] availability_zone', "ap-northeast-1c"),
    ("connections at 80 % of 400", "monitoring", 'aws_cloudwatch_metric_alarm.this["db-connections"] threshold', 320),
    ("bastion t3.nano", "security", "aws_instance.bastion[0] instance_type", "t3.nano"),
    ("logs 30 days", "compute", "aws_cloudwatch_log_group[*] retention_in_days", 30),
    ("Container Insights", "compute", "aws_ecs_cluster.this setting.0.value", "enabled"),
    ("versioning", "storage", "aws_s3_bucket_versioning.this versioning_configuration.0.status", "Enabled"),
    ("infrequent access after 180 days", "storage", "aws_s3_bucket_lifecycle_configuration.this rule.0.transition.0.days", 180),
    ("… in that class", "storage", "aws_s3_bucket_lifecycle_configuration.this rule.0.transition.0.storage_class", "STANDARD_IA"),
    ("deleted after 730 days", "storage", "aws_s3_bucket_lifecycle_configuration.this rule.0.expiration.0.days", 730),
    ("CORS for the domain", "storage", "aws_s3_bucket_cors_configuration.this[0] cors_rule.0.allowed_origins", Has("https://tidilyspace.app")),
    ("keep 30", "ecr", 'aws_ecr_lifecycle_policy.this["web"] policy', Has('"countNumber":30')),
    ("no force delete", "ecr", "aws_ecr_repository[*] force_delete", False),
    ("stricter: unhealthy 3", "compute", "aws_lb_target_group[*] health_check.0.unhealthy_threshold", 3),
    ("stricter: interval 30 s", "compute", "aws_lb_target_group[*] health_check.0.interval", 30),
    ("Datadog's key", "monitoring", "aws_ssm_parameter.datadog_api_key[0] name", "/bookmark-manager/prod/DD_API_KEY"),
    ("Sentry's address", "monitoring", "aws_ssm_parameter.sentry_dsn[0] name", "/bookmark-manager/prod/SENTRY_DSN"),
    ("NAT: 10 GiB a day", "monitoring", 'aws_cloudwatch_metric_alarm.this["nat-a-bytes"] threshold', 10_737_418_240),
    ("… more than that", "monitoring", 'aws_cloudwatch_metric_alarm.this["nat-a-bytes"] comparison_operator', "GreaterThanThreshold"),
    ("… brought in", "monitoring", 'aws_cloudwatch_metric_alarm.this["nat-a-bytes"] metric_name', "BytesOutToSource"),
    ("… in a day", "monitoring", 'aws_cloudwatch_metric_alarm.this["nat-a-bytes"] period', 86400),
    ("budget", "monitoring", "aws_budgets_budget.this[0] time_unit", "MONTHLY"),
])


def pantri(name, rows):
    return [
        ("cluster", "pantri", "module.compute.aws_ecs_cluster.this name", name),
        ("service", "pantri", 'module.compute.aws_ecs_service.this["service"] name', f"{name}-service"),
        ("us-east-1", "pantri", 'module.network.aws_subnet.private["a"] availability_zone', "us-east-1a"),
        ("several zones", "pantri", 'module.network.aws_subnet.private["b"] availability_zone', "us-east-1b"),
        ("tasks in private subnets", "pantri", "module.compute.aws_ecs_service[*] network_configuration.0.assign_public_ip", False),
        ("service discovery", "pantri", "module.compute.aws_service_discovery_private_dns_namespace.this[0] name", f"{name}.internal"),
        ("access logs of the load balancer", "pantri", "module.compute.aws_lb.this access_logs.0.prefix", "load-balancer"),
        ("access logs of CloudFront", "pantri", "module.compute.module.edge.aws_cloudfront_distribution.this[0] logging_config.0.prefix", "cloudfront/"),
        ("readers come over CloudFront only", "pantri", 'module.security.aws_vpc_security_group_ingress_rule.alb_cloudfront[0] from_port', 80),
        ("… and no other way", "pantri", "module.security.aws_vpc_security_group_ingress_rule.alb_http", ABSENT),
        ("NAT", "pantri", 'module.network.aws_nat_gateway.this["a"] connectivity_type', "public"),
        ("CloudFront", "pantri", "module.compute.module.edge.aws_cloudfront_distribution.this[0] enabled", True),
        ("static files over CloudFront", "pantri", "module.compute.module.edge.aws_cloudfront_distribution.this[0] ordered_cache_behavior.*.path_pattern", Has("/_next/static/*")),
        ("static files: versioning", "pantri", "module.static.aws_s3_bucket_versioning.this versioning_configuration.0.status", "Enabled"),
        ("static files: lifecycle", "pantri", "module.static.aws_s3_bucket_lifecycle_configuration.this rule.0.status", "Enabled"),
        ("password policy", "pantri", "aws_cognito_user_pool.this password_policy.0.minimum_length", 12),
        ("second factor by an application", "pantri", "aws_cognito_user_pool.this software_token_mfa_configuration.0.enabled", True),
        ("Datadog's key", "pantri", "module.monitoring.aws_ssm_parameter.datadog_api_key[0] type", "SecureString"),
        ("target tracking on CPU", "pantri", 'module.compute.aws_appautoscaling_policy.cpu["service"] target_tracking_scaling_policy_configuration.0.target_value', 70),
        ("target tracking on memory", "pantri", 'module.compute.aws_appautoscaling_policy.memory["service"] target_tracking_scaling_policy_configuration.0.target_value', 80),
        ("both capacity providers", "pantri", "module.compute.aws_ecs_cluster_capacity_providers.this capacity_providers", Has("FARGATE", "FARGATE_SPOT")),
        ("alarms are called by the prefix", "pantri", 'module.monitoring.aws_cloudwatch_metric_alarm.this["service-cpu"] alarm_name', f"{name}-service-cpu"),
    ] + rows


PANTRI_DEV = pantri("pantri-dev", [
    ("logs of the service", "pantri", 'module.compute.aws_cloudwatch_log_group.service["service"] name', "/aws/ecs/pantri-dev"),
    ("budget", "pantri", "module.monitoring.aws_budgets_budget.this[0] time_unit", "MONTHLY"),
    ("VPC", "pantri", "module.network.aws_vpc.this cidr_block", "10.10.0.0/16"),
    ("all on Spot", "pantri", 'module.compute.aws_ecs_service.this["service"] capacity_provider_strategy.*.capacity_provider', ["FARGATE_SPOT"]),
    ("second factor where wanted", "pantri", "aws_cognito_user_pool.this mfa_configuration", "OPTIONAL"),
    ("no copy of logs to Datadog without a key", "pantri", "module.datadog_logs[0].aws_kinesis_firehose_delivery_stream", ABSENT),
])

PANTRI_PROD = pantri("pantri", [
    ("logs of the service", "pantri", 'module.compute.aws_cloudwatch_log_group.service["service"] name', "/aws/ecs/pantri"),
    ("logs of Datadog's agent", "pantri", "module.compute.aws_cloudwatch_log_group.sidecars[0] name", "/ecs/datadog-agent"),
    ("environment = production", "pantri", "module.compute.aws_ecs_cluster.this tags_all.Environment", "production"),
    ("VPC", "pantri", "module.network.aws_vpc.this cidr_block", "10.11.0.0/16"),
    ("a NAT gateway in each zone", "pantri", 'module.network.aws_nat_gateway.this["c"] connectivity_type', "public"),
    ("two for sure", "pantri", 'module.compute.aws_ecs_service.this["service"] capacity_provider_strategy.*.base', Has(2)),
    ("a second factor for all", "pantri", "aws_cognito_user_pool.this mfa_configuration", "ON"),
    ("most 10", "pantri", "module.compute.aws_appautoscaling_target[*] max_capacity", 10),
    ("unusual requests", "pantri", 'module.monitoring.aws_cloudwatch_metric_alarm.anomaly["requests-unusual"] comparison_operator', "LessThanLowerOrGreaterThanUpperThreshold"),
    ("unusual response time", "pantri", 'module.monitoring.aws_cloudwatch_metric_alarm.anomaly["response-time-unusual"] threshold_metric_id', "band"),
    ("unusual answers 5xx", "pantri", 'module.monitoring.aws_cloudwatch_metric_alarm.anomaly["5xx-unusual"] threshold_metric_id', "band"),
])


def minimal(rows):
    return [
        ("database private", "database", "aws_db_instance.this[0] publicly_accessible", False),
        ("PostgreSQL", "database", "aws_db_instance.this[0] engine", "postgres"),
        ("database's name in config.toml", "database", "aws_db_instance.this[0] identifier", "minimal-db"),
        ("logs 30 days", "instance", "aws_cloudwatch_log_group.this retention_in_days", 30),
        ("Session Manager and the agent, with a policy of its own", "instance", "aws_iam_role_policy.this name", "application"),
        ("… and none of AWS's, which reads all parameters", "instance", "aws_iam_role_policy_attachment", ABSENT),
        ("error lines", "instance", "aws_cloudwatch_metric_alarm.errors metric_name", "errors"),
        ("the disk's figures are the agent's", "instance", "aws_cloudwatch_metric_alarm.disk dimensions", {"Group": "minimal", "path": "/"}),
        ("the application's port is not public", "security", 'aws_vpc_security_group_ingress_rule.service["app"] cidr_ipv4', None),
        ("a version is deployed by Run Command", "instance", "aws_ssm_document.deploy name", "minimal-deploy"),
        ("budget", "monitoring", "aws_budgets_budget.this[0] time_unit", "MONTHLY"),
        ("disk 85 %", "instance", "aws_cloudwatch_metric_alarm.disk threshold", 85),
        ("… or more", "instance", "aws_cloudwatch_metric_alarm.disk comparison_operator", "GreaterThanOrEqualToThreshold"),
        ("alarms are called by the prefix", "instance", "aws_cloudwatch_metric_alarm.disk alarm_name", "minimal-instance-disk"),
        ("no NAT gateway", "network", "aws_nat_gateway", ABSENT),
        ("files", "storage", "aws_s3_bucket_public_access_block.this block_public_acls", True),
        ("parameters of the application are encrypted", "instance", "aws_ssm_parameter.external type", "SecureString"),
        ("the image that instances take is a parameter", "instance", "aws_ssm_parameter.image name", "/minimal/deploy/image"),
    ] + rows


MINIMAL_1 = minimal([
    ("one instance in a public subnet", "instance", "aws_instance.this[0] associate_public_ip_address", True),
    ("no load balancer", "instance", "aws_lb", ABSENT),
    ("readers come on port 80", "security", 'aws_vpc_security_group_ingress_rule.public["app-0.0.0.0/0"] from_port', 80),
    ("recovers by itself", "instance", "aws_instance.this[0] maintenance_options.0.auto_recovery", "default"),
    ("… by an alarm", "instance", "aws_cloudwatch_metric_alarm.recover[0] alarm_actions", Has("arn:aws:automate:ap-northeast-1:ec2:recover")),
    ("no group", "instance", "aws_autoscaling_group", ABSENT),
    ("one zone", "database", "aws_db_instance.this[0] multi_az", False),
    ("no replica", "database", "aws_db_instance.replica", ABSENT),
])

MINIMAL_2 = minimal([
    ("load balancer", "instance", "aws_lb.this[0] load_balancer_type", "application"),
    ("nobody reaches an instance past it", "security", "aws_vpc_security_group_ingress_rule.public", ABSENT),
    ("Route 53", "instance", "aws_route53_zone.this[0] name", "minimal.example.com"),
    ("certificate", "instance", "aws_acm_certificate.this[0] domain_name", "minimal.example.com"),
    ("HTTPS", "instance", "aws_lb_listener.https[0] port", 443),
    ("least 2", "instance", "aws_autoscaling_group.this[0] min_size", 2),
    ("most 4", "instance", "aws_autoscaling_group.this[0] max_size", 4),
    ("CPU 70 %", "instance", "aws_autoscaling_policy.cpu[0] target_tracking_configuration.0.target_value", 70),
    ("endpoint S3", "network", 'aws_vpc_endpoint.gateway["s3"] vpc_endpoint_type', "Gateway"),
    ("endpoint Logs", "network", 'aws_vpc_endpoint.interface["logs"] vpc_endpoint_type', "Interface"),
    ("endpoint SSM", "network", 'aws_vpc_endpoint.interface["ssm"] vpc_endpoint_type', "Interface"),
    ("two zones", "database", "aws_db_instance.this[0] multi_az", True),
    ("a replica", "database", "aws_db_instance.replica[0] identifier", "minimal-db-replica"),
    ("no instance of its own", "instance", "aws_instance", ABSENT),
])

FIGURES = {
    "staging": STAGING,
    "prod": PROD,
    "pantri-dev": PANTRI_DEV,
    "pantri-prod": PANTRI_PROD,
    "minimal-1": MINIMAL_1,
    "minimal-2": MINIMAL_2,
}

# The complete inbound rules of each security group: (from port, to port, source). A rule that is not listed is one too many.
# Groups without their environment's prefix; `default` is the one that AWS creates in every network.
READERS = {(80, 80, "0.0.0.0/0"), (443, 443, "0.0.0.0/0")}
TWO_SERVICES = {
    "web": {(3000, 3000, "alb")},
    "api": {(4000, 4000, "alb"), (4000, 4000, "web")},
    "default": set(),
}
ONE_SERVICE = {"alb": {(80, 80, "com.amazonaws.global.cloudfront.origin-facing")}, "service": {(3000, 3000, "alb")}, "default": set()}
INSTANCE = {"alb": READERS, "database": {(5432, 5432, "app")}, "default": set()}
COMING_IN = {
    "staging": TWO_SERVICES | {
        "alb": {(80, 80, "203.0.113.4/32"), (443, 443, "203.0.113.4/32")},
        "database": {(5432, 5432, "web"), (5432, 5432, "api")},
        "endpoints": {(443, 443, "10.0.0.0/16")},
    },
    "prod": TWO_SERVICES | {
        "alb": READERS,
        "database": {(5432, 5432, "web"), (5432, 5432, "api"), (5432, 5432, "bastion")},
        "endpoints": {(443, 443, "10.1.0.0/16")},
        "bastion": set(),
    },
    "pantri-dev": ONE_SERVICE,
    "pantri-prod": ONE_SERVICE,
    "minimal-1": INSTANCE | {"app": {(3000, 3000, "alb"), (80, 80, "0.0.0.0/0")}},
    "minimal-2": INSTANCE | {"app": {(3000, 3000, "alb")}, "endpoints": {(443, 443, "10.2.0.0/16")}},
}


# Figures that no single value of a plan shows: the figure, its declaration, and the test that checks it.
ELSEWHERE = [
    ("cost: staging $60–90, prod $190.50 to $620.50 a month", "envs/staging/env.hcl", "test_cost_is_close_to_the_documented_cost"),
    ("nothing comes in to the bastion; to everything else, who is listed", "modules/security/bastion.tf", "test_only_listed_addresses_are_allowed"),
    ("edges between units", "envs/_units/compute.hcl", "test_units_have_the_expected_dependencies"),
    ("names as config.toml has them", "envs/staging/env.hcl", "test_names_match_the_configuration"),
    ("outputs under their documented names", "modules/compute/outputs.tf", "test_needed_outputs_exist"),
    ("secrets are in no state and no plan", "modules/database/password.tf", "test_states_and_plans_contain_no_secret"),
    ("DATABASE_URL has the database's password", "modules/database/parameters.tf", "test_application_gets_the_database_password"),
    ("web is told where api is", "modules/compute/discovery.tf", "test_web_gets_the_internal_address_of_api"),
    ("Datadog's agent runs beside each service (prod, pantri)", "modules/monitoring/datadog.tf", "test_services_get_agents_and_error_reporting"),
    ("Sentry's DSN is given to the services (prod)", "modules/monitoring/sentry.tf", "test_services_get_agents_and_error_reporting"),
    ("EventBridge calls the function (staging)", "modules/compute/scheduler/schedule.tf", "test_schedule_calls_the_function"),
    ("start and stop: counts are remembered and restored", "modules/compute/scheduler/index.mjs", "test_stop_remembers_and_start_restores"),
    ("… a service at 0 stays there", "modules/compute/scheduler/index.mjs", "test_service_at_0_stays_at_0"),
    ("… a DAEMON service is skipped", "modules/compute/scheduler/index.mjs", "test_daemon_service_is_skipped"),
    ("… one that fails does not keep the others", "modules/compute/scheduler/index.mjs", "test_failing_service_does_not_prevent_the_others"),
    ("the application's role: its own parameters, its own users (pantri)", "pantri/service.tf", "test_roles_are_limited_to_their_environment"),
    ("the function's zip needs no build", "modules/compute/scheduler/zip.tf", "test_terraform_zip_contains_the_source_and_is_reproducible"),
    ("an HTTPS listener only with a certificate, and the plan says so", "modules/compute/listeners.tf", "test_terraform_tests_pass"),
    ("/ leads to web", "modules/compute/variables.tf", "test_terraform_tests_pass"),
    ("deploying by tag, and a change of the code", "modules/compute/live.tf", "test_code_change_reaches_the_service_and_keeps_the_deployed_image"),
    ("an instance takes a new version (minimal)", "modules/instance/deploy.tf", "test_deployment_waits_until_the_application_is_healthy"),
    ("CloudTrail, off", "modules/security/audit.tf", "test_cloudtrail_may_write_to_its_bucket"),
    ("GuardDuty, off", "modules/security/audit.tf", "test_guardduty_is_enabled"),
    ("AWS Config, off", "modules/security/audit.tf", "test_config_records_into_the_bucket"),
    ("flow logs, off", "modules/network/flow_logs.tf", "test_refused_connections_are_logged"),
    ("logs to Datadog, off without a key (pantri)", "modules/datadog_logs/stream.tf", "test_log_lines_stay_where_they_are_and_a_copy_goes_to_datadog"),
    ("state in S3 with a lock", "envs/root.hcl", "test_state_moves_from_a_file_to_the_bucket"),
    ("versions are pinned", "modules/network/versions.tf", "test_versions_are_pinned_once"),
    ("policy scan", "modules/storage/bucket.tf", "test_checkov_finds_nothing_unaccepted"),
]


def _reach(value, path):
    """All values at a path; `*` iterates over every element that has the rest of the path."""
    if not path:
        return [value]
    step, rest = path[0], path[1:]
    if step == "*":
        return [found for each in value or [] for found in _reach(each, rest)]
    if value is None or (isinstance(value, list) and int(step) >= len(value)):
        return []
    return _reach(value[int(step)] if isinstance(value, list) else value.get(step), rest)


def matches(resources, address):
    """Resources at an address, in any module: exact, all of a type (`aws_x[*]`), or all with this prefix (for ABSENT)."""
    if address.endswith("[*]"):
        kind = address[:-3]
        return {name: each for name, each in resources.items() if f".{kind}." in f".{name}"}
    exact = {name: each for name, each in resources.items() if name == address or name.endswith(f".{address}")}
    if exact:
        return exact
    return {name: each for name, each in resources.items() if any(f".{address}{end}" in f".{name}" for end in (".", "["))}


def place(where):
    """Address and path of a row's third column; a key in brackets may contain blanks and dots."""
    if '["' in where:
        end = where.index('"]') + 2
        return where[:end], where[end:].strip()
    address, _, path = where.partition(" ")
    return address, path


def mistakes(rows, units):
    """Rows that the plans do not fulfil, as sentences."""
    found = []
    for what, unit, where, wanted in rows:
        address, path = place(where)
        at = matches(units[unit], address)
        if wanted is ABSENT:
            if at:
                found.append(f"{what}: {unit} has {', '.join(sorted(at))}")
            continue
        if not at:
            found.append(f"{what}: {unit} has no {address}")
            continue
        for name, values in at.items():
            got = _reach(values, path.split("."))
            starred = "*" in path.split(".")
            value = got if starred and not isinstance(wanted, (int, float)) else (got[0] if got else None)
            if isinstance(wanted, Has):
                good = value is not None and wanted == value
            else:
                good = value == wanted
            if not good:
                found.append(f"{what}: {name} {path} is {value!r}, not {wanted!r}")
    return found


def _changed(value, path):
    """A copy with another value at a path, as far as the path exists."""
    if not path:
        return "something else"
    step, rest = path[0], path[1:]
    if step == "*":
        return [_changed(each, rest) for each in value or []]
    if isinstance(value, list):
        return [_changed(each, rest) if str(at) == step else each for at, each in enumerate(value)]
    return (value or {}) | {step: _changed((value or {}).get(step), rest)}


def rows_that_check_nothing(rows, units):
    """Rows that report nothing when one of their resources has another value or is missing: they check nothing."""
    found = []
    for row in rows:
        what, unit, where, wanted = row
        if wanted is ABSENT:  # test_static.py checks that absent resources could exist
            continue
        address, path = place(where)
        for name, values in matches(units[unit], address).items():
            other = units | {unit: units[unit] | {name: _changed(values, path.split("."))}}
            if not mistakes([row], other):
                found.append(f"{what}: {name} {path}")
        if not mistakes([row], units | {unit: {}}):
            found.append(f"{what}: {unit} is empty")
    return found
