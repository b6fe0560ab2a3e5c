# What all units have in common: where state lies, how AWS is reached, where values of one's own come from.
terragrunt_version_constraint = ">= 1.0.0, < 2.0.0"

locals {
  env = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals

  own_files = ["${get_terragrunt_dir()}/terraform.tfvars", "${get_terragrunt_dir()}/.tfvars.local"]

  # An emulator on this machine, for tests: `AWS_ENDPOINT_URL=http://127.0.0.1:PORT terragrunt …`.
  emulator = startswith(get_env("AWS_ENDPOINT_URL", ""), "http://127.0.0.1:")

  state = {
    local = {
      path = "${get_terragrunt_dir()}/terraform.tfstate"
    }
    # The bucket is made once by envs/bootstrap. The lock is a file beside the state, so no table is needed.
    s3 = merge({
      bucket       = "cockpit-terraform-state-${local.env.account_id}"
      key          = "${path_relative_to_include()}/terraform.tfstate"
      region       = local.env.region
      encrypt      = true
      use_lockfile = true
    }, local.emulator ? { use_path_style = true } : {})
  }
}

# One switch: `state = "local"` or `"s3"` in env.hcl, then `terragrunt run --all -- init -migrate-state`.
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
      # Another account's credentials change nothing here.
      allowed_account_ids = ["${local.env.account_id}"]

      default_tags {
        tags = {
          Project     = "${local.env.project}"
          Environment = "${local.env.environment}"
          ManagedBy   = "terraform"
        }
      }

      # Written by the scheduler and the cockpit while services are stopped; Terraform leaves them alone.
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

# Values that are in no repository, while you are alone with a state in files: copy a unit's terraform.tfvars.example to
# terraform.tfvars. `.tfvars.local` wins over it, for a change that only you try. Both are ignored by git.
#
# Where the state is shared, everyone and the workflows must plan with the same values, or each would undo what another's
# file made: they are in env.hcl (`own`), and a file that only this machine has is refused.
terraform {
  extra_arguments "own_values" {
    commands           = get_terraform_commands_that_need_vars()
    optional_var_files = local.env.state == "local" ? local.own_files : []
  }

  before_hook "one_source_of_values" {
    commands = ["plan", "apply", "destroy"]
    execute = local.env.state == "s3" && anytrue([for file in local.own_files : fileexists(file)]) ? [
      "sh", "-c", "echo 'terraform.tfvars or .tfvars.local is on this machine only, and the state is shared: a workflow would undo what it says. Put its values into `own` in env.hcl, and delete it.' >&2; exit 1",
    ] : ["true"]
  }
}
