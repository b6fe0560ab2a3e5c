include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

terraform {
  source = "${get_parent_terragrunt_dir("root")}/../modules//security"
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

inputs = {
  name_prefix   = local.env.name_prefix
  vpc_id        = dependency.network.outputs.vpc_id
  cluster_name  = local.env.cluster_name
  database_port = local.env.database.port
  services      = local.env.services
  allow_destroy = local.env.allow_destroy

  # For everyone.
  allowed_cidr_blocks = ["0.0.0.0/0"]

  # A way to the database beside the tasks. Session Manager only.
  bastion = {
    subnet_id     = dependency.network.outputs.private_subnet_ids[0]
    instance_type = "t3.nano"
  }
}
