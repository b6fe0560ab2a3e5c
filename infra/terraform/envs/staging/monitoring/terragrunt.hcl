include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

include "unit" {
  path = "${dirname(find_in_parent_folders("root.hcl"))}/_units/monitoring.hcl"
}

locals {
  env = include.root.locals.env
}

inputs = {
  services = { for name in keys(local.env.services) : name => {
    cluster_name = local.env.cluster_name
    service_name = "${local.env.name_prefix}-${name}"
  } }

  scheduler_function_name = "${local.env.name_prefix}-ecs-scheduler"
}
