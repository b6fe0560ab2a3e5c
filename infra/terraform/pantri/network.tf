module "network" {
  source = "../modules/network"

  name_prefix          = var.name_prefix
  cidr_block           = var.cidr_block
  availability_zones   = [for letter in var.zone_letters : "${var.region}${letter}"]
  nat_gateways         = var.nat_gateways
  gateway_endpoints    = ["s3"]
  permissions_boundary = var.permissions_boundary
}

module "security" {
  source = "../modules/security"

  name_prefix = var.name_prefix
  vpc_id      = module.network.vpc_id
  # Visitors come through CloudFront, which uses HTTPS if the load balancer has a certificate.
  cloudfront_port      = local.https ? 443 : 80
  allowed_cidr_blocks  = var.allowed_cidr_blocks
  services             = { service = { port = var.port } }
  allow_destroy        = var.allow_destroy
  permissions_boundary = var.permissions_boundary
}
