include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

terraform {
  source = "${get_parent_terragrunt_dir("root")}/../modules//instance"
}

locals {
  env = include.root.locals.env
}

dependency "ecr" {
  config_path = "../ecr"

  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan"]
  mock_outputs = {
    repository_urls = { app = "mock.invalid/app" }
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
    service_security_group_ids = { app = "sg-mock-app" }
    database_security_group_id = "sg-mock-database"
  }
}

dependency "monitoring" {
  config_path = "../monitoring"

  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan"]
  mock_outputs = {
    alarm_topic_arn = "arn:aws:sns:ap-northeast-1:123456789012:mock"
  }
}

# The instance reads DATABASE_URL when it starts, so the database comes first.
dependencies {
  paths = ["../database"]
}

inputs = {
  name_prefix        = local.env.name_prefix
  phase              = local.env.phase
  parameter_path     = local.env.parameter_path
  log_retention_days = local.env.log_retention_days

  vpc_id                = dependency.network.outputs.vpc_id
  public_subnet_ids     = dependency.network.outputs.public_subnet_ids
  private_subnet_ids    = dependency.network.outputs.private_subnet_ids
  security_group_id     = dependency.security.outputs.service_security_group_ids["app"]
  alb_security_group_id = dependency.security.outputs.alb_security_group_id
  alarm_topic_arn       = dependency.monitoring.outputs.alarm_topic_arn

  image            = "${dependency.ecr.outputs.repository_urls["app"]}:${local.env.image_tag}"
  port             = local.env.port
  instance_type    = "t4g.small"
  architecture     = "arm64"
  disk_gb          = 30
  scaling          = { min = 2, max = 4, cpu = 70 }
  external_secrets = ["APP_SECRET"]
  file_buckets     = [local.env.files_bucket]
}
