module "network" {
  source = "../modules/network"

  name_prefix        = var.name_prefix
  cidr_block         = var.cidr_block
  availability_zones = [for letter in var.zone_letters : "${var.region}${letter}"]
  nat_gateways       = var.nat_gateways
  gateway_endpoints  = ["s3"]
}

module "security" {
  source = "../modules/security"

  name_prefix         = var.name_prefix
  vpc_id              = module.network.vpc_id
  cluster_name        = var.name_prefix
  allowed_cidr_blocks = var.allowed_cidr_blocks
  services            = { service = { port = var.port } }
  allow_destroy       = var.allow_destroy
}
