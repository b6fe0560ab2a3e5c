terraform {
  source = "${dirname(find_in_parent_folders("root.hcl"))}/../modules//storage"
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

inputs = {
  name_prefix   = local.env.name_prefix
  force_destroy = local.env.allow_destroy

  endpoint_only_roles = {
    role_pattern = "${local.env.name_prefix}-${local.env.role}"
    endpoint_id  = dependency.network.outputs.s3_endpoint_id
  }
}
