terraform {
  source = "${dirname(find_in_parent_folders("root.hcl"))}/../modules//monitoring"
}

locals {
  env = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
}

inputs = merge({
  name_prefix    = local.env.name_prefix
  parameter_path = local.env.parameter_path

  database = {
    engine          = local.env.database.engine
    identifier      = local.env.database_identifier
    max_connections = local.env.database.max_connections
  }
  budget = {
    monthly_usd     = local.env.monthly_budget_usd
    environment_tag = local.env.environment
  }
}, local.env.own.monitoring)
