terraform {
  source = "${dirname(find_in_parent_folders("root.hcl"))}/../modules//database"
}

locals {
  env   = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
  mocks = read_terragrunt_config("${dirname(find_in_parent_folders("root.hcl"))}/_units/mocks.hcl").locals
}

dependency "network" {
  config_path = "${get_terragrunt_dir()}/../network"

  mock_outputs_allowed_terraform_commands = local.mocks.commands
  # Already known before the network exists, so that a draft plan shows the real zones.
  mock_outputs = merge(local.mocks.network, { availability_zones = sort(local.env.network.availability_zones) })
}

dependency "security" {
  config_path = "${get_terragrunt_dir()}/../security"

  mock_outputs_allowed_terraform_commands = local.mocks.commands
  mock_outputs                            = local.mocks.security
}

inputs = merge(local.env.database, {
  name_prefix        = local.env.name_prefix
  parameter_path     = local.env.parameter_path
  log_retention_days = local.env.log_retention_days
  subnet_ids         = dependency.network.outputs.private_subnet_ids
  availability_zones = dependency.network.outputs.availability_zones
  security_group_id  = dependency.security.outputs.database_security_group_id
})
