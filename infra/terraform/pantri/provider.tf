provider "aws" {
  region = var.region
  # Credentials of any other account are rejected.
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = {
      Project     = "pantri"
      Environment = var.environment
      ManagedBy   = "terraform"
    }
  }

  # Tags that the cockpit sets while services are stopped.
  ignore_tags {
    key_prefixes = ["cockpit:"]
  }

  # For tests against an emulator on this machine.
  s3_use_path_style           = var.emulator
  skip_metadata_api_check     = var.emulator ? "true" : null
  skip_credentials_validation = var.emulator
  max_retries                 = var.emulator ? 2 : null
}

# Prevents dev.tfvars in the workspace prod, which would turn production into a development environment.
resource "terraform_data" "workspace" {
  input = var.environment

  lifecycle {
    precondition {
      condition     = local.workspace == terraform.workspace
      error_message = "The workspace is ${terraform.workspace} and the variables are those of ${var.environment}. Use `TF_WORKSPACE=${terraform.workspace} terraform … -var-file=${terraform.workspace}.tfvars`."
    }
  }
}
