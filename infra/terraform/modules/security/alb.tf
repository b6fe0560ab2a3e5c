data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

# The load balancer: traffic from the allowed addresses, and to the services' ports; nothing else.
resource "aws_security_group" "alb" {
  # checkov:skip=CKV2_AWS_5: attached by another module, which a scan of this module cannot see
  name        = "${var.name_prefix}-alb"
  description = "Load balancer: HTTP and HTTPS from the allowed addresses"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name_prefix}-alb" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "alb_http" {
  # checkov:skip=CKV_AWS_260: port 80 redirects where there is a certificate; staging admits listed addresses only
  for_each = toset(var.allowed_cidr_blocks)

  security_group_id = aws_security_group.alb.id
  description       = "HTTP"
  cidr_ipv4         = each.key
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
}

resource "aws_vpc_security_group_ingress_rule" "alb_https" {
  for_each = toset(var.allowed_cidr_blocks)

  security_group_id = aws_security_group.alb.id
  description       = "HTTPS"
  cidr_ipv4         = each.key
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# Behind CloudFront, only its servers may connect, by AWS's managed prefix list. The list counts as 55 of the 60 rules that a
# security group may have, so only one port is open.
data "aws_ec2_managed_prefix_list" "cloudfront" {
  count = var.cloudfront_port == null ? 0 : 1

  name = "com.amazonaws.global.cloudfront.origin-facing"
}

resource "aws_vpc_security_group_ingress_rule" "alb_cloudfront" {
  count = var.cloudfront_port == null ? 0 : 1

  security_group_id = aws_security_group.alb.id
  description       = "CloudFront"
  prefix_list_id    = data.aws_ec2_managed_prefix_list.cloudfront[0].id
  ip_protocol       = "tcp"
  from_port         = var.cloudfront_port
  to_port           = var.cloudfront_port
}

resource "aws_vpc_security_group_egress_rule" "alb" {
  for_each = var.services

  security_group_id            = aws_security_group.alb.id
  description                  = "To ${each.key}"
  referenced_security_group_id = aws_security_group.service[each.key].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}
