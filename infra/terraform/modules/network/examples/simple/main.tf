# A VPC in two zones with public and private subnets, one NAT gateway, and a gateway endpoint for S3.
provider "aws" {
  region = "ap-northeast-1"
}

module "network" {
  source = "../.."

  name_prefix        = "shop-dev"
  cidr_block         = "10.20.0.0/16"
  availability_zones = ["ap-northeast-1a", "ap-northeast-1c"]
  nat_gateways       = 1
  gateway_endpoints  = ["s3"]
}

output "private_subnet_ids" {
  value = module.network.private_subnet_ids
}
