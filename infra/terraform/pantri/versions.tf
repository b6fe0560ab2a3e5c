terraform {
  # 1.11: write-only arguments keep secrets out of state and plan.
  required_version = ">= 1.11.0, < 2.0.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # The state of both workspaces is stored next to this file. For S3, copy backend_override.tf.example to
  # backend_override.tf and run `terraform init -migrate-state`.
  backend "local" {}
}
