# Allows visitors to reach the load balancer, the load balancer the service, and the service the database.
provider "aws" {
  region = "ap-northeast-1"
}

module "network" {
  source = "../../../network"

  name_prefix        = "shop-dev"
  cidr_block         = "10.20.0.0/16"
  availability_zones = ["ap-northeast-1a", "ap-northeast-1c"]
}

module "security" {
  source = "../.."

  name_prefix         = "shop-dev"
  vpc_id              = module.network.vpc_id
  allowed_cidr_blocks = ["203.0.113.4/32"] # your own address: curl https://checkip.amazonaws.com
  services            = { web = { port = 3000, uses_database = true } }
}

output "service_security_group_ids" {
  value = module.security.service_security_group_ids
}
