include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

terraform {
  source = "${get_parent_terragrunt_dir("root")}/../modules//compute"
}

locals {
  env = include.root.locals.env
}

dependency "ecr" {
  config_path = "../ecr"

  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan"]
  mock_outputs = {
    repository_urls = { web = "mock.invalid/web", api = "mock.invalid/api" }
    repository_arns = { web = "arn:aws:ecr:mock:123456789012:repository/web", api = "arn:aws:ecr:mock:123456789012:repository/api" }
  }
}

dependency "network" {
  config_path = "../network"

  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan"]
  mock_outputs = {
    vpc_id             = "vpc-mock"
    public_subnet_ids  = ["subnet-mock-1", "subnet-mock-2"]
    private_subnet_ids = ["subnet-mock-3", "subnet-mock-4"]
    availability_zones = ["mock-1a", "mock-1c"]
    nat_gateway_ids    = {}
    s3_endpoint_id     = "vpce-mock"
  }
}

dependency "security" {
  config_path = "../security"

  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan"]
  mock_outputs = {
    alb_security_group_id      = "sg-mock-alb"
    service_security_group_ids = { web = "sg-mock-web", api = "sg-mock-api" }
    database_security_group_id = "sg-mock-database"
  }
}

dependency "database" {
  config_path = "../database"

  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan"]
  mock_outputs = {
    secrets = { DATABASE_URL = "arn:aws:ssm:mock:123456789012:parameter/mock/DATABASE_URL" }
  }
}

dependency "monitoring" {
  config_path = "../monitoring"

  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan"]
  mock_outputs = {
    sidecars        = []
    secrets         = { SENTRY_DSN = "arn:aws:ssm:mock:123456789012:parameter/mock/SENTRY_DSN" }
    sidecar_secrets = {}
  }
}

inputs = {
  name_prefix        = local.env.name_prefix
  cluster_name       = local.env.cluster_name
  container_insights = true
  log_retention_days = local.env.log_retention_days

  vpc_id                = dependency.network.outputs.vpc_id
  alb_subnet_ids        = dependency.network.outputs.public_subnet_ids
  alb_security_group_id = dependency.security.outputs.alb_security_group_id
  task_subnet_ids       = dependency.network.outputs.private_subnet_ids
  assign_public_ip      = false

  repository_arns   = values(dependency.ecr.outputs.repository_arns)
  parameter_path    = local.env.parameter_path
  secrets           = merge(dependency.database.outputs.secrets, dependency.monitoring.outputs.secrets)
  generated_secrets = { JWT_SECRET = 1 }
  external_secrets  = ["MONGODB_URI"]
  file_buckets      = [local.env.files_bucket]

  services = { for name, service in local.env.services : name => merge(service, {
    image             = "${dependency.ecr.outputs.repository_urls[name]}:${local.env.image_tag}"
    security_group_id = dependency.security.outputs.service_security_group_ids[name]
    environment       = { NODE_ENV = "production", PORT = tostring(service.port) }
  }) }

  sidecars        = dependency.monitoring.outputs.sidecars
  sidecar_secrets = dependency.monitoring.outputs.sidecar_secrets

  health_check = local.env.health_check
  domain       = local.env.domain
  waf          = true

  deletion_protection = true
  allow_destroy       = local.env.allow_destroy
}
