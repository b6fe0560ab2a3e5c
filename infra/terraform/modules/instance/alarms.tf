locals {
  # The dimensions of the disk alarm. The agent knows both without calling AWS (instance.tf).
  disk_dimensions = { Group = var.name_prefix, path = "/" }

  instance_dimensions = { for key, value in {
    InstanceId           = one(aws_instance.this[*].id)
    AutoScalingGroupName = one(aws_autoscaling_group.this[*].name)
  } : key => value if key == (var.phase == 1 ? "InstanceId" : "AutoScalingGroupName") }
}

resource "aws_cloudwatch_metric_alarm" "cpu" {
  alarm_name          = "${var.name_prefix}-instance-cpu"
  alarm_description   = "CPU at 80 % or more for ten minutes"
  namespace           = "AWS/EC2"
  metric_name         = "CPUUtilization"
  dimensions          = local.instance_dimensions
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 2
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 80
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "disk" {
  alarm_name          = "${var.name_prefix}-instance-disk"
  alarm_description   = "Disk at 85 % or more"
  namespace           = "CWAgent"
  metric_name         = "disk_used_percent"
  dimensions          = local.disk_dimensions
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 85
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "status" {
  count = var.phase == 1 ? 1 : 0

  alarm_name          = "${var.name_prefix}-instance-status"
  alarm_description   = "A status check of the instance fails"
  namespace           = "AWS/EC2"
  metric_name         = "StatusCheckFailed"
  dimensions          = local.instance_dimensions
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}

# On a hardware failure, EC2 starts the instance on another host, with the same disk and IP addresses.
resource "aws_cloudwatch_metric_alarm" "recover" {
  count = var.phase == 1 ? 1 : 0

  alarm_name          = "${var.name_prefix}-instance-recover"
  alarm_description   = "The machine under the instance fails: it is started on another one"
  namespace           = "AWS/EC2"
  metric_name         = "StatusCheckFailed_System"
  dimensions          = local.instance_dimensions
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  alarm_actions       = ["arn:${data.aws_partition.current.partition}:automate:${data.aws_region.current.name}:ec2:recover", var.alarm_topic_arn]
}

# Counts error lines in the application's log, as for ECS services.
resource "aws_cloudwatch_log_metric_filter" "errors" {
  name           = "${var.name_prefix}-errors"
  log_group_name = aws_cloudwatch_log_group.this.name
  pattern        = "?ERROR ?UnhandledPromiseRejection"

  metric_transformation {
    name          = "errors"
    namespace     = var.name_prefix
    value         = "1"
    default_value = "0"
  }
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${var.name_prefix}-instance-errors"
  alarm_description   = "More than ${var.error_lines} error lines in five minutes"
  namespace           = aws_cloudwatch_log_metric_filter.errors.metric_transformation[0].namespace
  metric_name         = aws_cloudwatch_log_metric_filter.errors.metric_transformation[0].name
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.error_lines
  # There is no data while nothing is logged.
  treat_missing_data = "notBreaching"
  alarm_actions      = [var.alarm_topic_arn]
  ok_actions         = [var.alarm_topic_arn]
}
