include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

include "unit" {
  path = "${dirname(find_in_parent_folders("root.hcl"))}/_units/compute.hcl"
}

locals {
  env   = include.root.locals.env
  mocks = read_terragrunt_config("${dirname(find_in_parent_folders("root.hcl"))}/_units/mocks.hcl").locals
}

dependency "monitoring" {
  config_path = "../monitoring"

  mock_outputs_allowed_terraform_commands = local.mocks.commands
  mock_outputs                            = local.mocks.monitoring
}

inputs = {
  container_insights = true
  task_subnet_ids    = dependency.network.outputs.private_subnet_ids
  assign_public_ip   = false

  secrets         = dependency.monitoring.outputs.secrets
  sidecars        = dependency.monitoring.outputs.sidecars
  sidecar_secrets = dependency.monitoring.outputs.sidecar_secrets

  domain = local.env.domain
  waf    = true

  deletion_protection = true
  allow_destroy       = local.env.allow_destroy
}
