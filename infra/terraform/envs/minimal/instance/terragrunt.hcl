include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

terraform {
  source = "${dirname(find_in_parent_folders("root.hcl"))}/../modules//instance"
}

locals {
  env   = include.root.locals.env
  mocks = read_terragrunt_config("${dirname(find_in_parent_folders("root.hcl"))}/_units/mocks.hcl").locals
}

dependency "ecr" {
  config_path = "../ecr"

  mock_outputs_allowed_terraform_commands = local.mocks.commands
  mock_outputs                            = local.mocks.ecr
}

dependency "network" {
  config_path = "../network"

  mock_outputs_allowed_terraform_commands = local.mocks.commands
  mock_outputs                            = local.mocks.network
}

dependency "security" {
  config_path = "../security"

  mock_outputs_allowed_terraform_commands = local.mocks.commands
  mock_outputs                            = local.mocks.security
}

dependency "monitoring" {
  config_path = "../monitoring"

  mock_outputs_allowed_terraform_commands = local.mocks.commands
  mock_outputs                            = local.mocks.monitoring
}

# The instance reads DATABASE_URL when it starts, so the database must exist first.
dependencies {
  paths = ["../database"]
}

inputs = merge({
  name_prefix          = local.env.name_prefix
  permissions_boundary = local.env.boundary
  phase                = local.env.phase
  parameter_path       = local.env.parameter_path
  log_retention_days   = local.env.log_retention_days

  vpc_id                = dependency.network.outputs.vpc_id
  public_subnet_ids     = dependency.network.outputs.public_subnet_ids
  private_subnet_ids    = dependency.network.outputs.private_subnet_ids
  security_group_id     = dependency.security.outputs.service_security_group_ids["app"]
  alb_security_group_id = dependency.security.outputs.alb_security_group_id
  alarm_topic_arn       = dependency.monitoring.outputs.alarm_topic_arn

  image            = "${dependency.ecr.outputs.repository_urls["app"]}:${local.env.image_tag}"
  repository_arns  = values(dependency.ecr.outputs.repository_arns)
  port             = local.env.port
  instance_type    = "t4g.small"
  architecture     = "arm64"
  disk_gb          = 30
  domain           = local.env.domain
  scaling          = { min = 2, max = 4, cpu = 70 }
  external_secrets = ["APP_SECRET"]
  file_buckets     = [local.env.files_bucket]
}, local.env.own.instance)
