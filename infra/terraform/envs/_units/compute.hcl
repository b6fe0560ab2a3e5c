terraform {
  source = "${dirname(find_in_parent_folders("root.hcl"))}/../modules//compute"
}

locals {
  env   = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
  mocks = read_terragrunt_config("${dirname(find_in_parent_folders("root.hcl"))}/_units/mocks.hcl").locals
}

dependency "ecr" {
  config_path = "${get_terragrunt_dir()}/../ecr"

  mock_outputs_allowed_terraform_commands = local.mocks.commands
  mock_outputs                            = local.mocks.ecr
}

dependency "network" {
  config_path = "${get_terragrunt_dir()}/../network"

  mock_outputs_allowed_terraform_commands = local.mocks.commands
  mock_outputs                            = local.mocks.network
}

dependency "security" {
  config_path = "${get_terragrunt_dir()}/../security"

  mock_outputs_allowed_terraform_commands = local.mocks.commands
  mock_outputs                            = local.mocks.security
}

dependency "database" {
  config_path = "${get_terragrunt_dir()}/../database"

  mock_outputs_allowed_terraform_commands = local.mocks.commands
  mock_outputs                            = local.mocks.database
}

inputs = merge({
  name_prefix          = local.env.name_prefix
  permissions_boundary = local.env.boundary
  cluster_name         = local.env.cluster_name
  namespace            = local.env.namespace
  log_retention_days   = local.env.log_retention_days

  vpc_id                = dependency.network.outputs.vpc_id
  alb_subnet_ids        = dependency.network.outputs.public_subnet_ids
  alb_security_group_id = dependency.security.outputs.alb_security_group_id

  repository_arns   = values(dependency.ecr.outputs.repository_arns)
  parameter_path    = local.env.parameter_path
  database_secrets  = dependency.database.outputs.secrets
  generated_secrets = { JWT_SECRET = 1 }
  external_secrets  = ["MONGODB_URI"]
  file_buckets      = [local.env.files_bucket]

  services = { for name, service in local.env.services : name => merge(service, {
    image             = "${dependency.ecr.outputs.repository_urls[name]}:${local.env.image_tag}"
    security_group_id = dependency.security.outputs.service_security_group_ids[name]
    environment       = { NODE_ENV = "production", PORT = tostring(service.port) }
  }) }

  health_check = local.env.health_check
}, local.env.own.compute)
