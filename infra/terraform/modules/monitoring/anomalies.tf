# Anomaly detection by hour and day of the week: CloudWatch learns a band of expected values from two weeks of data, and the
# alarms fire when a metric leaves it. They cover the load balancer's requests (in both directions, since missing visitors
# matter as much as a rush), and response time and 5xx responses (upwards only).
locals {
  anomalies = var.anomalies == null ? {} : {
    "requests-unusual" = {
      description = "Requests in five minutes are unusually many or few"
      metric      = "RequestCount", statistic = "Sum", comparison = "LessThanLowerOrGreaterThanUpperThreshold"
    }
    "response-time-unusual" = {
      description = "Nineteen in twenty requests are answered unusually late"
      metric      = "TargetResponseTime", statistic = "p95", comparison = "GreaterThanUpperThreshold"
    }
    "5xx-unusual" = {
      description = "Unusually many answers of the application are 5xx"
      metric      = "HTTPCode_Target_5XX_Count", statistic = "Sum", comparison = "GreaterThanUpperThreshold"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "anomaly" {
  for_each = local.anomalies

  alarm_name        = "${var.name_prefix}-${each.key}"
  alarm_description = "${each.value.description}, for a quarter of an hour"

  comparison_operator = each.value.comparison
  evaluation_periods  = 3
  threshold_metric_id = "band"
  # CloudWatch has no data while there are no requests, e.g. at night.
  treat_missing_data = "notBreaching"

  metric_query {
    id          = "band"
    expression  = "ANOMALY_DETECTION_BAND(seen, ${var.anomalies.width})"
    label       = "usual"
    return_data = true
  }
  metric_query {
    id          = "seen"
    return_data = true
    metric {
      namespace   = "AWS/ApplicationELB"
      metric_name = each.value.metric
      dimensions  = { LoadBalancer = var.anomalies.load_balancer }
      stat        = each.value.statistic
      period      = 300
    }
  }

  alarm_actions = [aws_sns_topic.alarms.arn]
  ok_actions    = [aws_sns_topic.alarms.arn]
}
