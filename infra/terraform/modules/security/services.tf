# What runs the application, a group for each service: from the load balancer to its port; out over HTTPS,
# to the database where it uses it, and to what else it says it needs.
resource "aws_security_group" "service" {
  # checkov:skip=CKV2_AWS_5: attached by another module, which a scan of this one cannot see
  for_each = var.services

  name        = "${var.name_prefix}-${each.key}"
  description = "The ${each.key} service"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name_prefix}-${each.key}" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "service" {
  for_each = var.services

  security_group_id            = aws_security_group.service[each.key].id
  description                  = "From the load balancer"
  referenced_security_group_id = aws_security_group.alb.id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

locals {
  public = merge([for name, service in var.services : {
    for block in var.allowed_cidr_blocks : "${name}-${block}" => { service = name, block = block }
  } if service.public]...)
}

# Without a load balancer before it, as the single instance of the first phase.
resource "aws_vpc_security_group_ingress_rule" "public" {
  for_each = local.public

  security_group_id = aws_security_group.service[each.value.service].id
  description       = "Readers"
  cidr_ipv4         = each.value.block
  ip_protocol       = "tcp"
  from_port         = var.services[each.value.service].port
  to_port           = var.services[each.value.service].port
}

# Registry, logs, parameters, other services' names over HTTPS.
resource "aws_vpc_security_group_egress_rule" "service_https" {
  for_each = var.services

  security_group_id = aws_security_group.service[each.key].id
  description       = "HTTPS"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

locals {
  egress = merge([for name, service in var.services : {
    for port in service.egress_ports : "${name}-${port}" => { service = name, port = port }
  }]...)
}

# As for MongoDB Atlas, which is outside and speaks on 27017, or for HTTP through the load balancer.
resource "aws_vpc_security_group_egress_rule" "service_other" {
  for_each = local.egress

  security_group_id = aws_security_group.service[each.value.service].id
  description       = "Port ${each.value.port} outside"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}
