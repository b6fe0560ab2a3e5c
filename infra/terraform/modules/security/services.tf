# One security group per service: inbound from the load balancer to its port; outbound over HTTPS, to the database if the
# service uses it, and to the other ports it declares.
resource "aws_security_group" "service" {
  # checkov:skip=CKV2_AWS_5: attached by another module, which a scan of this module cannot see
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
  } if service.public_port != null]...)
}

# For a service without a load balancer, such as the single instance of phase 1. The application's own port stays closed.
resource "aws_vpc_security_group_ingress_rule" "public" {
  for_each = local.public

  security_group_id = aws_security_group.service[each.value.service].id
  description       = "Readers"
  cidr_ipv4         = each.value.block
  ip_protocol       = "tcp"
  from_port         = var.services[each.value.service].public_port
  to_port           = var.services[each.value.service].public_port
}

locals {
  calls = merge([for name, service in var.services : {
    for called in distinct(values(service.calls)) : "${name}-${called}" => { from = name, to = called }
  }]...)
}

# Calls between services go directly from task to task, not through the load balancer, which only admits visitors.
resource "aws_vpc_security_group_ingress_rule" "call" {
  for_each = local.calls

  security_group_id            = aws_security_group.service[each.value.to].id
  description                  = "From ${each.value.from}"
  referenced_security_group_id = aws_security_group.service[each.value.from].id
  ip_protocol                  = "tcp"
  from_port                    = var.services[each.value.to].port
  to_port                      = var.services[each.value.to].port
}

resource "aws_vpc_security_group_egress_rule" "call" {
  for_each = local.calls

  security_group_id            = aws_security_group.service[each.value.from].id
  description                  = "To ${each.value.to}"
  referenced_security_group_id = aws_security_group.service[each.value.to].id
  ip_protocol                  = "tcp"
  from_port                    = var.services[each.value.to].port
  to_port                      = var.services[each.value.to].port
}

# The registry, logs, parameters and other APIs, over HTTPS.
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

# Other ports outside the VPC, such as 27017 for MongoDB Atlas.
resource "aws_vpc_security_group_egress_rule" "service_other" {
  for_each = local.egress

  security_group_id = aws_security_group.service[each.value.service].id
  description       = "Port ${each.value.port} outside"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}
