locals {
  # Decided by variables alone, so that a plan knows which listeners there will be.
  https           = var.certificate_arn != null || (var.domain == null ? false : var.domain.delegated)
  certificate_arn = var.certificate_arn != null ? var.certificate_arn : module.edge.certificate_arn

  default_service = one([for name, service in var.services : name if length(service.path_patterns) == 0])
  routed_services = { for name, service in var.services : name => service if length(service.path_patterns) > 0 }
  # In the order of their names: the first rule that fits wins.
  priorities = { for index, name in sort(keys(local.routed_services)) : name => 100 + index * 10 }
}

# A sentence in every plan, not a failure: an environment may be built before its domain is delegated.
check "https" {
  assert {
    condition     = local.https || !var.expect_https
    error_message = "No certificate, so no HTTPS listener: the load balancer answers HTTP only. Give it a domain (and set domain.delegated once the zone's name servers are at the registrar) or a certificate_arn."
  }
}

resource "aws_lb_listener" "http" {
  # checkov:skip=CKV_AWS_2: it redirects to HTTPS wherever there is a certificate
  # checkov:skip=CKV_AWS_103: it redirects to HTTPS wherever there is a certificate
  # checkov:skip=CKV2_AWS_20: it redirects to HTTPS wherever there is a certificate
  load_balancer_arn = aws_lb.this.arn
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
      target_group_arn = aws_lb_target_group.this[local.default_service].arn
    }
  }
}

resource "aws_lb_listener" "https" {
  count = local.https ? 1 : 0

  load_balancer_arn = aws_lb.this.arn
  protocol          = "HTTPS"
  port              = 443
  ssl_policy        = var.ssl_policy
  certificate_arn   = local.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[local.default_service].arn
  }
}

resource "aws_lb_listener_rule" "service" {
  for_each = local.routed_services

  listener_arn = local.https ? aws_lb_listener.https[0].arn : aws_lb_listener.http.arn
  priority     = local.priorities[each.key]

  condition {
    path_pattern {
      values = each.value.path_patterns
    }
  }

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[each.key].arn
  }
}

# www.example.com → example.com, so that each page has one address.
resource "aws_lb_listener_rule" "www" {
  count = local.https && var.domain != null ? 1 : 0

  listener_arn = aws_lb_listener.https[0].arn
  priority     = 10

  condition {
    host_header {
      values = ["www.${var.domain.name}"]
    }
  }

  action {
    type = "redirect"
    redirect {
      host        = var.domain.name
      protocol    = "HTTPS"
      port        = "443"
      status_code = "HTTP_301"
    }
  }
}
