include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

terraform {
  source = "${get_parent_terragrunt_dir("root")}/../modules//network"
}

locals {
  env = include.root.locals.env
}

inputs = merge(local.env.network, {
  name_prefix = local.env.name_prefix
})
