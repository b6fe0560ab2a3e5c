# Shared by all units: the state backend, the AWS provider and the sources of your own values.
terragrunt_version_constraint = ">= 1.0.0, < 2.0.0"

locals {
  env = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals

  own_files = ["${get_terragrunt_dir()}/terraform.tfvars", "${get_terragrunt_dir()}/.tfvars.local"]

  # True for an emulator on this machine, for tests: `AWS_ENDPOINT_URL=http://127.0.0.1:PORT terragrunt …`.
  emulator = startswith(get_env("AWS_ENDPOINT_URL", ""), "http://127.0.0.1:")

  state = {
    local = {
      path = "${get_terragrunt_dir()}/terraform.tfstate"
    }
    # envs/bootstrap creates the bucket once. The lock is a file next to the state, so no DynamoDB table is needed.
    s3 = merge({
      bucket       = "cockpit-terraform-state-${local.env.account_id}"
      key          = "${path_relative_to_include()}/terraform.tfstate"
      region       = local.env.region
      encrypt      = true
      use_lockfile = true
    }, local.emulator ? { use_path_style = true } : {})
  }
}

# To move the state, set `state` in env.hcl to "local" or "s3", then `terragrunt run --all -- init -migrate-state`.
remote_state {
  backend = local.env.state
  config  = local.state[local.env.state]

  generate = {
    path      = "backend.tf"
    if_exists = "overwrite_terragrunt"
  }
}

generate "provider" {
  path      = "provider.tf"
  if_exists = "overwrite_terragrunt"
  contents  = <<-HCL
    provider "aws" {
      region = "${local.env.region}"
      # Credentials of any other account are rejected.
      allowed_account_ids = ["${local.env.account_id}"]

      default_tags {
        tags = {
          Project     = "${local.env.project}"
          Environment = "${local.env.environment}"
          ManagedBy   = "terraform"
        }
      }

      # Tags that the scheduler and the cockpit set while services are stopped.
      ignore_tags {
        key_prefixes = ["cockpit:"]
      }
      %{if local.emulator}
      s3_use_path_style           = true
      skip_metadata_api_check     = true
      skip_credentials_validation = true
      max_retries                 = 2
      %{endif}
    }
  HCL
}

# While the state is local, values that belong in no repository go into a unit's terraform.tfvars (copy its
# terraform.tfvars.example). `.tfvars.local` takes precedence over it, for private experiments. Git ignores both.
#
# With a shared state, everyone and the workflows must plan with the same values, or they would revert each other's changes.
# Such values belong in `own` in env.hcl; files that exist on this machine only are rejected.
terraform {
  extra_arguments "own_values" {
    commands           = get_terraform_commands_that_need_vars()
    optional_var_files = local.env.state == "local" ? local.own_files : []
  }

  before_hook "one_source_of_values" {
    commands = ["plan", "apply", "destroy"]
    execute = local.env.state == "s3" && anytrue([for file in local.own_files : fileexists(file)]) ? [
      "sh", "-c", "echo 'terraform.tfvars or .tfvars.local is on this machine only, and the state is shared: a workflow would revert its values. Move them to `own` in env.hcl and delete the file.' >&2; exit 1",
    ] : ["true"]
  }
}
