terraform {
  source = "${dirname(find_in_parent_folders("root.hcl"))}/../modules//network"
}

locals {
  env = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
}

inputs = merge(local.env.network, {
  name_prefix          = local.env.name_prefix
  permissions_boundary = local.env.boundary
})
