provider "aws" {
  region = var.region
  # Another account's credentials change nothing here.
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = {
      Project     = "pantri"
      Environment = var.environment
      ManagedBy   = "terraform"
    }
  }

  # Written by the cockpit while services are stopped; Terraform leaves them alone.
  ignore_tags {
    key_prefixes = ["cockpit:"]
  }

  # An emulator on this machine, for tests.
  s3_use_path_style           = var.emulator
  skip_metadata_api_check     = var.emulator ? "true" : null
  skip_credentials_validation = var.emulator
  max_retries                 = var.emulator ? 2 : null
}

# dev.tfvars in the workspace prod would turn production into a development environment.
resource "terraform_data" "workspace" {
  input = var.environment

  lifecycle {
    precondition {
      condition     = local.workspace == terraform.workspace
      error_message = "The workspace is ${terraform.workspace} and the variables are those of ${var.environment}. Use `TF_WORKSPACE=${terraform.workspace} terraform … -var-file=${terraform.workspace}.tfvars`."
    }
  }
}
