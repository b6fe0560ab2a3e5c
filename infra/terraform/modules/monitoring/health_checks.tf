# Checks from outside, by Route 53 servers in several regions: they see what visitors see, even if nothing inside fails. The
# metric is in us-east-1, and an alarm must be in the region of its metric. An environment in another region therefore only
# has the status of the check in the console; the alarm is created only if the environment is in us-east-1.
resource "aws_route53_health_check" "this" {
  for_each = var.health_checks

  type              = "HTTPS"
  fqdn              = each.value.domain
  port              = 443
  resource_path     = each.value.path
  request_interval  = 30
  failure_threshold = 3
  measure_latency   = false

  tags = { Name = "${var.name_prefix}-${each.key}" }
}

resource "aws_cloudwatch_metric_alarm" "health_check" {
  for_each = data.aws_region.current.name == "us-east-1" ? var.health_checks : {}

  alarm_name          = "${var.name_prefix}-health-${each.key}"
  alarm_description   = "https://${each.value.domain}${each.value.path} does not answer from outside"
  namespace           = "AWS/Route53"
  metric_name         = "HealthCheckStatus"
  dimensions          = { HealthCheckId = aws_route53_health_check.this[each.key].id }
  statistic           = "Minimum"
  period              = 60
  evaluation_periods  = 2
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
