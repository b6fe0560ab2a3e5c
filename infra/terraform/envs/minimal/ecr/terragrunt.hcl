include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

terraform {
  source = "${get_parent_terragrunt_dir("root")}/../modules//ecr"
}

locals {
  env = include.root.locals.env
}

inputs = {
  name_prefix  = local.env.name_prefix
  repositories = keys(local.env.services)
  keep_images  = 30
  force_delete = true
}
