# The bucket for Terraform's states.
provider "aws" {
  region = "ap-northeast-1"
}

module "state" {
  source = "../.."

  project = "shop"
}
