resource "aws_lb" "this" {
  # checkov:skip=CKV_AWS_91: access logs are a variable, on in pantri; elsewhere they are not required
  # checkov:skip=CKV_AWS_150: deletion protection is a variable, on in prod
  # checkov:skip=CKV2_AWS_20: HTTP redirects to HTTPS wherever a certificate exists
  # checkov:skip=CKV2_AWS_28: the firewall is a variable, on in prod; staging admits listed addresses only
  name               = "${var.name_prefix}-alb"
  load_balancer_type = "application"
  internal           = false
  subnets            = var.alb_subnet_ids
  security_groups    = [var.alb_security_group_id]

  drop_invalid_header_fields = true
  enable_deletion_protection = var.deletion_protection && !var.allow_destroy
  idle_timeout               = 60

  dynamic "access_logs" {
    for_each = var.access_logs == null ? [] : [1]
    content {
      bucket  = var.access_logs.bucket_name
      prefix  = "load-balancer"
      enabled = true
    }
  }
}

resource "aws_lb_target_group" "this" {
  # checkov:skip=CKV_AWS_378: TLS ends at the load balancer; inside the VPC it reaches the tasks over HTTP
  for_each = var.services

  name        = "${var.name_prefix}-${each.key}"
  vpc_id      = var.vpc_id
  target_type = "ip"
  protocol    = "HTTP"
  port        = each.value.port

  # Seconds that a stopping task has to finish its requests.
  deregistration_delay = 30

  health_check {
    path                = each.value.health_check_path
    matcher             = "200"
    interval            = var.health_check.interval
    timeout             = var.health_check.timeout
    healthy_threshold   = var.health_check.healthy_threshold
    unhealthy_threshold = var.health_check.unhealthy_threshold
  }

  lifecycle {
    precondition {
      condition     = length("${var.name_prefix}-${each.key}") <= 32
      error_message = "${var.name_prefix}-${each.key} exceeds the 32 characters allowed for a target group's name: shorten name_prefix or the service's name."
    }
  }
}
