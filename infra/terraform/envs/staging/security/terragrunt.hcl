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

# allowed_cidr_blocks is yours and in no repository: copy terraform.tfvars.example to terraform.tfvars.
inputs = {
  name_prefix   = local.env.name_prefix
  vpc_id        = dependency.network.outputs.vpc_id
  cluster_name  = local.env.cluster_name
  database_port = local.env.database.port
  services      = local.env.services
  allow_destroy = true
}
