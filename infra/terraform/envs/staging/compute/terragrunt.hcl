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

# In public subnets with an address of their own: there is no NAT gateway to pay for.
inputs = {
  container_insights = false
  task_subnet_ids    = dependency.network.outputs.public_subnet_ids
  assign_public_ip   = true

  schedule = local.env.schedule
  # Staging has no domain; plans need not say so each time.
  expect_https = false
}
