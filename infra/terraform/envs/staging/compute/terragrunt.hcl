include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

include "unit" {
  path = "${dirname(find_in_parent_folders("root.hcl"))}/_units/compute.hcl"
}

locals {
  env = include.root.locals.env
}

# Tasks run in public subnets with public IP addresses, which saves the cost of a NAT gateway.
inputs = {
  container_insights = false
  task_subnet_ids    = dependency.network.outputs.public_subnet_ids
  assign_public_ip   = true

  schedule = local.env.schedule
  # Staging has no domain, so the warning about missing HTTPS is off.
  expect_https = false
}
