locals {
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
  dimensions          = merge(local.instance_dimensions, { path = "/" })
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
