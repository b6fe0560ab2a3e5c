terraform {
  source = "${dirname(find_in_parent_folders("root.hcl"))}/../modules//security"
}

locals {
  env   = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
  mocks = read_terragrunt_config("${dirname(find_in_parent_folders("root.hcl"))}/_units/mocks.hcl").locals
}

dependency "network" {
  config_path = "${get_terragrunt_dir()}/../network"

  mock_outputs_allowed_terraform_commands = local.mocks.commands
  mock_outputs                            = local.mocks.network
}

# Each environment sets its own allowed_cidr_blocks.
inputs = merge({
  name_prefix          = local.env.name_prefix
  permissions_boundary = local.env.boundary
  vpc_id               = dependency.network.outputs.vpc_id
  database_port        = local.env.database.port
  services             = local.env.services
  allow_destroy        = local.env.allow_destroy
}, local.env.own.security)
