include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

include "unit" {
  path = "${dirname(find_in_parent_folders("root.hcl"))}/_units/monitoring.hcl"
}

locals {
  env   = include.root.locals.env
  mocks = read_terragrunt_config("${dirname(find_in_parent_folders("root.hcl"))}/_units/mocks.hcl").locals
}

# The alarm on the NAT gateway's traffic needs the gateway's ID; all other alarms refer to resources by name.
dependency "network" {
  config_path = "../network"

  mock_outputs_allowed_terraform_commands = local.mocks.commands
  mock_outputs                            = merge(local.mocks.network, { nat_gateway_ids = { a = "nat-mock" } })
}

inputs = {
  services = { for name in keys(local.env.services) : name => {
    cluster_name = local.env.cluster_name
    service_name = "${local.env.name_prefix}-${name}"
  } }

  nat_gateway_ids = dependency.network.outputs.nat_gateway_ids
  datadog         = { environment = local.env.environment }
  sentry          = true
  health_checks   = local.env.health_checks
}
