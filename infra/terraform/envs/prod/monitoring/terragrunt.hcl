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

# The alarm on the NAT gateway's traffic needs the gateway; everything else is known by its name.
dependency "network" {
  config_path = "../network"

  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan"]
  mock_outputs = {
    nat_gateway_ids = { a = "nat-mock" }
  }
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
  nat_gateway_ids = dependency.network.outputs.nat_gateway_ids

  budget = {
    monthly_usd     = local.env.monthly_budget_usd
    environment_tag = local.env.environment
  }
  datadog = { environment = local.env.environment }
  sentry  = true
}
