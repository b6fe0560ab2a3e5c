# The bucket for Terraform states.
provider "aws" {
  region = "ap-northeast-1"
}

module "state" {
  source = "../.."

  project = "shop"
}
