data "aws_region" "current" {}

locals {
  # /24 subnets of the /16: public ones start at the first, private ones at the eleventh, so that a third zone can be added
  # later without moving any subnet.
  public_cidrs  = [for index, zone in var.availability_zones : cidrsubnet(var.cidr_block, 8, index)]
  private_cidrs = [for index, zone in var.availability_zones : cidrsubnet(var.cidr_block, 8, index + 10)]

  # Keyed by zone letter (ap-northeast-1a → a), which names subnets and routes.
  zones = { for index, zone in var.availability_zones : substr(zone, -1, 1) => { name = zone, index = index } }
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr_block
  enable_dns_support   = true
  enable_dns_hostnames = true # needed for the private DNS names of interface endpoints

  tags = { Name = "${var.name_prefix}-vpc" }
}

# Resources without a security group get this one, which allows nothing.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name_prefix}-default-closed" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name_prefix}-igw" }
}
