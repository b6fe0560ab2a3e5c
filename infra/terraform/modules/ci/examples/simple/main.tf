# Roles for one environment, assumed by the workflows of one repository.
provider "aws" {
  region = "ap-northeast-1"
}

module "ci" {
  source = "../.."

  github       = { repository = "example/shop" }
  state_bucket = "shop-terraform-state-123456789012"
  environments = {
    dev = {
      name_prefix    = "shop-dev"
      region         = "ap-northeast-1"
      cluster_name   = "shop-dev"
      repositories   = ["shop-dev-web"]
      parameter_path = "/shop/dev"
      state_prefix   = "dev"
    }
  }
}

output "role_arns" {
  value = module.ci.role_arns
}
