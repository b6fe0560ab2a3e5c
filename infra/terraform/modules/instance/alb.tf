locals {
  # Depends on variables only, so that the listeners are known at plan time.
  https           = var.certificate_arn != null || (var.domain == null ? false : var.domain.delegated)
  certificate_arn = var.certificate_arn != null ? var.certificate_arn : one(module.edge[*].certificate_arn)
}

# The zone, certificate and DNS records of phase 2.
module "edge" {
  source = "../edge"
  count  = var.phase == 2 ? 1 : 0

  name_prefix = var.name_prefix
  domain      = var.domain
  load_balancer = {
    arn      = aws_lb.this[0].arn
    dns_name = aws_lb.this[0].dns_name
    zone_id  = aws_lb.this[0].zone_id
    https    = local.https
  }
}

resource "aws_lb" "this" {
  # checkov:skip=CKV_AWS_91: access logs are not required
  # checkov:skip=CKV_AWS_150: deletion protection is a variable
  # checkov:skip=CKV2_AWS_20: HTTP redirects to HTTPS wherever a certificate exists
  # checkov:skip=CKV2_AWS_76: a firewall is not required here
  # checkov:skip=CKV2_AWS_28: a firewall is not required here
  count = var.phase == 2 ? 1 : 0

  name               = "${var.name_prefix}-alb"
  load_balancer_type = "application"
  subnets            = var.public_subnet_ids
  security_groups    = [var.alb_security_group_id]

  drop_invalid_header_fields = true
  enable_deletion_protection = var.deletion_protection && !var.allow_destroy
}

resource "aws_lb_target_group" "this" {
  # checkov:skip=CKV_AWS_378: TLS ends at the load balancer
  count = var.phase == 2 ? 1 : 0

  name                 = var.name_prefix
  vpc_id               = var.vpc_id
  target_type          = "instance"
  protocol             = "HTTP"
  port                 = var.port
  deregistration_delay = 30

  health_check {
    path                = var.health_check_path
    matcher             = "200"
    interval            = 30
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

check "https" {
  assert {
    condition     = var.phase == 1 || local.https
    error_message = "No certificate, so no HTTPS listener: the load balancer serves HTTP only. Set domain (and domain.delegated once the registrar has the zone's name servers) or certificate_arn."
  }
}

resource "aws_lb_listener" "http" {
  # checkov:skip=CKV_AWS_2: redirects to HTTPS wherever a certificate exists
  # checkov:skip=CKV_AWS_103: redirects to HTTPS wherever a certificate exists
  # checkov:skip=CKV2_AWS_20: redirects to HTTPS wherever a certificate exists
  count = var.phase == 2 ? 1 : 0

  load_balancer_arn = aws_lb.this[0].arn
  protocol          = "HTTP"
  port              = 80

  dynamic "default_action" {
    for_each = local.https ? [1] : []
    content {
      type = "redirect"
      redirect {
        protocol    = "HTTPS"
        port        = "443"
        status_code = "HTTP_301"
      }
    }
  }

  dynamic "default_action" {
    for_each = local.https ? [] : [1]
    content {
      type             = "forward"
      target_group_arn = aws_lb_target_group.this[0].arn
    }
  }
}

resource "aws_lb_listener" "https" {
  count = var.phase == 2 && local.https ? 1 : 0

  load_balancer_arn = aws_lb.this[0].arn
  protocol          = "HTTPS"
  port              = 443
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = local.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[0].arn
  }
}
