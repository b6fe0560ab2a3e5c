include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

terraform {
  source = "${get_parent_terragrunt_dir("root")}/../modules//monitoring"
}

locals {
  env = include.root.locals.env
}

inputs = {
  name_prefix    = local.env.name_prefix
  parameter_path = local.env.parameter_path

  services = { for name in keys(local.env.services) : name => {
    cluster_name = local.env.cluster_name
    service_name = "${local.env.name_prefix}-${name}"
  } }
  database = {
    engine          = local.env.database.engine
    identifier      = local.env.database_identifier
    max_connections = local.env.database.max_connections
  }
  scheduler_function_name = "${local.env.name_prefix}-ecs-scheduler"
}
