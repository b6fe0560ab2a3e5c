include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

terraform {
  source = "${get_parent_terragrunt_dir("root")}/../modules//database"
}

locals {
  env = include.root.locals.env
}

dependency "network" {
  config_path = "../network"

  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan"]
  mock_outputs = {
    vpc_id             = "vpc-mock"
    public_subnet_ids  = ["subnet-mock-1", "subnet-mock-2"]
    private_subnet_ids = ["subnet-mock-3", "subnet-mock-4"]
    availability_zones = ["mock-1a", "mock-1c"]
    nat_gateway_ids    = {}
    s3_endpoint_id     = "vpce-mock"
  }
}

dependency "security" {
  config_path = "../security"

  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan"]
  mock_outputs = {
    alb_security_group_id      = "sg-mock-alb"
    service_security_group_ids = { web = "sg-mock-web", api = "sg-mock-api" }
    database_security_group_id = "sg-mock-database"
  }
}

inputs = merge(local.env.database, {
  name_prefix        = local.env.name_prefix
  parameter_path     = local.env.parameter_path
  log_retention_days = local.env.log_retention_days
  subnet_ids         = dependency.network.outputs.private_subnet_ids
  availability_zones = dependency.network.outputs.availability_zones
  security_group_id  = dependency.security.outputs.database_security_group_id
})
