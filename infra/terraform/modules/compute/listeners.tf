locals {
  # Depends on variables only, so that the listeners are known at plan time.
  https           = var.certificate_arn != null || (var.domain == null ? false : var.domain.delegated)
  certificate_arn = var.certificate_arn != null ? var.certificate_arn : module.edge.certificate_arn

  default_service = one([for name, service in var.services : name if length(service.path_patterns) == 0])
  routed_services = { for name, service in var.services : name => service if length(service.path_patterns) > 0 }
  # Ordered by name; the first matching rule wins.
  priorities = { for index, name in sort(keys(local.routed_services)) : name => 100 + index * 10 }
}

# A warning in every plan, not an error: an environment may be created before its domain is delegated.
check "https" {
  assert {
    condition     = local.https || !var.expect_https
    error_message = "No certificate, so no HTTPS listener: the load balancer serves HTTP only. Set domain (and domain.delegated once the registrar has the zone's name servers) or certificate_arn."
  }
}

resource "aws_lb_listener" "http" {
  # checkov:skip=CKV_AWS_2: redirects to HTTPS wherever a certificate exists
  # checkov:skip=CKV_AWS_103: redirects to HTTPS wherever a certificate exists
  # checkov:skip=CKV2_AWS_20: redirects to HTTPS wherever a certificate exists
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

# www.example.com → example.com, so that each page has one URL.
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
