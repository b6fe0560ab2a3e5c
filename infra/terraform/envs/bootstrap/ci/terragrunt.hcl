include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

terraform {
  source = "${get_parent_terragrunt_dir("root")}/../modules//ci"
}

locals {
  env = include.root.locals.env
}

inputs = {
  github       = local.env.github
  state_bucket = local.env.state_bucket
  environments = local.env.environments
}
