terraform {
  source = "${dirname(find_in_parent_folders("root.hcl"))}/../modules//ecr"
}

locals {
  env = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
}

inputs = {
  name_prefix  = local.env.name_prefix
  repositories = keys(local.env.services)
  keep_images  = 30
  mutable_tags = local.env.mutable_tags
  force_delete = local.env.allow_destroy
}
