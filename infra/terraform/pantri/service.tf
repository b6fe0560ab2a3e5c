module "compute" {
  source = "../modules/compute"

  name_prefix        = var.name_prefix
  cluster_name       = var.name_prefix
  namespace          = "${var.name_prefix}.internal"
  container_insights = var.container_insights
  log_retention_days = var.log_retention_days

  vpc_id                = module.network.vpc_id
  alb_subnet_ids        = module.network.public_subnet_ids
  alb_security_group_id = module.security.alb_security_group_id
  task_subnet_ids       = module.network.private_subnet_ids
  assign_public_ip      = false

  repository_arns = values(module.ecr.repository_arns)
  parameter_path  = local.parameter_path
  file_buckets    = [module.static.bucket_name]

  services = {
    service = {
      image             = "${module.ecr.repository_urls["service"]}:${var.image_tag}"
      port              = var.port
      cpu               = var.cpu
      memory            = var.memory
      desired_count     = var.autoscaling.min
      health_check_path = var.health_check_path
      log_group_name    = var.log_group_name
      security_group_id = module.security.service_security_group_ids["service"]
      environment = {
        NODE_ENV             = "production"
        PORT                 = tostring(var.port)
        COGNITO_USER_POOL_ID = aws_cognito_user_pool.this.id
        COGNITO_CLIENT_ID    = aws_cognito_user_pool_client.web.id
        STATIC_BUCKET        = module.static.bucket_name
      }
      autoscaling = var.autoscaling
      capacity    = var.capacity
    }
  }

  sidecars        = module.monitoring.sidecars
  sidecar_secrets = module.monitoring.sidecar_secrets

  sidecar_log_group_name = var.datadog_log_group_name

  # The application reads users and updates their attributes; it neither creates nor deletes users.
  task_grants = {
    Users = {
      actions   = ["cognito-idp:AdminGetUser", "cognito-idp:AdminListGroupsForUser", "cognito-idp:AdminUpdateUserAttributes", "cognito-idp:DescribeUserPool", "cognito-idp:ListUsers"]
      resources = [aws_cognito_user_pool.this.arn]
    }
  }

  access_logs = {
    bucket_name        = module.access_logs.bucket_name
    bucket_domain_name = module.access_logs.bucket_domain_name
  }

  health_check = { grace_period = 120, interval = 30, unhealthy_threshold = 3 }

  domain = local.domain
  # Without a domain, CloudFront serves HTTPS under its own name.
  expect_https = var.domain_name != null
  cloudfront = {
    static = {
      bucket_domain_name = module.static.bucket_domain_name
      paths              = ["/_next/static/*", "/images/*"]
    }
  }

  deletion_protection  = var.deletion_protection
  permissions_boundary = var.permissions_boundary
  allow_destroy        = var.allow_destroy
}

module "monitoring" {
  source = "../modules/monitoring"

  name_prefix     = var.name_prefix
  parameter_path  = local.parameter_path
  services        = { service = { cluster_name = var.name_prefix, service_name = local.service_name } }
  nat_gateway_ids = module.network.nat_gateway_ids
  alarm_emails    = var.alarm_emails
  budget          = var.monthly_budget_usd == null ? null : { monthly_usd = var.monthly_budget_usd, environment_tag = var.environment }
  datadog         = { environment = var.environment, site = var.datadog_site }
  anomalies       = var.anomaly_monitors ? { load_balancer = module.compute.load_balancer_arn_suffix } : null
}
