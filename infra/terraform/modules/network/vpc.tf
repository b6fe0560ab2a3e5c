data "aws_region" "current" {}

locals {
  # /16 → /24: public networks from the first, private ones from the eleventh, so that a third zone
  # can be added later without moving any network.
  public_cidrs  = [for index, zone in var.availability_zones : cidrsubnet(var.cidr_block, 8, index)]
  private_cidrs = [for index, zone in var.availability_zones : cidrsubnet(var.cidr_block, 8, index + 10)]

  # ap-northeast-1a → a: the letter names subnets and routes.
  zones = { for index, zone in var.availability_zones : substr(zone, -1, 1) => { name = zone, index = index } }
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr_block
  enable_dns_support   = true
  enable_dns_hostnames = true # private names of interface endpoints need it

  tags = { Name = "${var.name_prefix}-vpc" }
}

# Whatever names no security group gets this one: it allows nothing.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name_prefix}-default-closed" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name_prefix}-igw" }
}
