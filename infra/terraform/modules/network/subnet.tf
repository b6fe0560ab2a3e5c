resource "aws_subnet" "public" {
  for_each = local.zones

  vpc_id            = aws_vpc.this.id
  availability_zone = each.value.name
  cidr_block        = local.public_cidrs[each.value.index]
  # Resources that need a public address request it explicitly (ECS tasks, the NAT gateway); none gets one by accident.
  map_public_ip_on_launch = false

  tags = { Name = "${var.name_prefix}-public-${each.key}", Tier = "public" }
}

resource "aws_subnet" "private" {
  for_each = local.zones

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.value.name
  cidr_block              = local.private_cidrs[each.value.index]
  map_public_ip_on_launch = false

  tags = { Name = "${var.name_prefix}-private-${each.key}", Tier = "private" }
}
