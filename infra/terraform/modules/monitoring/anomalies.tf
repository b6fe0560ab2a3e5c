# What is unusual for the hour and the day of the week: CloudWatch learns a band from two weeks of data, and an alarm tells
# when the figures leave it. For the load balancer's requests (both ways: readers who stay away are as telling as a rush),
# and for response time and answers 5xx (upwards only).
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
  # CloudWatch has no data where nobody asks, as at night.
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
