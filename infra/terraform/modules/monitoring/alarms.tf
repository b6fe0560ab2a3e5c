# All alarms of an environment in one table, except those of instances (module instance). Each key is the suffix of the alarm's
# name. Alarms refer to their resources by name, so that nothing has to exist before them.
locals {
  gibibyte = 1024 * 1024 * 1024

  service_alarms = merge([for name, service in var.services : {
    "${name}-cpu" = {
      description = "CPU of ${service.service_name} at ${var.thresholds.task_cpu} % or more for ten minutes"
      namespace   = "AWS/ECS", metric = "CPUUtilization", statistic = "Average", period = 300, periods = 2
      comparison  = "GreaterThanOrEqualToThreshold", threshold = var.thresholds.task_cpu
      dimensions  = { ClusterName = service.cluster_name, ServiceName = service.service_name }
    }
    "${name}-memory" = {
      description = "Memory of ${service.service_name} at ${var.thresholds.task_memory} % or more for ten minutes"
      namespace   = "AWS/ECS", metric = "MemoryUtilization", statistic = "Average", period = 300, periods = 2
      comparison  = "GreaterThanOrEqualToThreshold", threshold = var.thresholds.task_memory
      dimensions  = { ClusterName = service.cluster_name, ServiceName = service.service_name }
    }
    "${name}-errors" = {
      description = "More than ${var.thresholds.error_lines} error lines of ${service.service_name} in five minutes"
      namespace   = var.name_prefix, metric = "${name}-errors", statistic = "Sum", period = 300, periods = 1
      comparison  = "GreaterThanThreshold", threshold = var.thresholds.error_lines
      dimensions  = {}
    }
  }]...)

  database_dimension = var.database == null ? {} : (
    var.database.engine == "aurora" ? { DBClusterIdentifier = var.database.identifier } : { DBInstanceIdentifier = var.database.identifier }
  )
  database_alarms = var.database == null ? {} : {
    "db-cpu" = {
      description = "CPU of the database at ${var.thresholds.database_cpu} % or more for ten minutes"
      namespace   = "AWS/RDS", metric = "CPUUtilization", statistic = "Average", period = 300, periods = 2
      comparison  = "GreaterThanOrEqualToThreshold", threshold = var.thresholds.database_cpu
      dimensions  = local.database_dimension
    }
    "db-connections" = {
      description = "Connections at ${var.thresholds.database_connections} % or more of the ${var.database.max_connections} allowed"
      namespace   = "AWS/RDS", metric = "DatabaseConnections", statistic = "Maximum", period = 300, periods = 1
      comparison  = "GreaterThanOrEqualToThreshold", threshold = floor(var.database.max_connections * var.thresholds.database_connections / 100)
      dimensions  = local.database_dimension
    }
    "db-storage" = {
      description = "Free storage of the database at ${var.thresholds.database_free_gb} GiB or less"
      # Aurora's volume grows automatically; only each instance's local storage can fill up.
      namespace  = "AWS/RDS", metric = var.database.engine == "aurora" ? "FreeLocalStorage" : "FreeStorageSpace", statistic = "Minimum", period = 300, periods = 1
      comparison = "LessThanOrEqualToThreshold", threshold = var.thresholds.database_free_gb * local.gibibyte
      dimensions = local.database_dimension
    }
  }

  nat_alarms = { for zone, id in var.nat_gateway_ids : "nat-${zone}-bytes" => {
    # AWS names traffic from the view of the gateway: BytesOutToSource is what the gateway returns to the task, i.e. incoming
    # traffic such as repeated image pulls.
    description = "More than ${var.thresholds.nat_gib_per_day} GiB a day brought in through the NAT gateway: each is paid for"
    namespace   = "AWS/NATGateway", metric = "BytesOutToSource", statistic = "Sum", period = 86400, periods = 1
    comparison  = "GreaterThanThreshold", threshold = var.thresholds.nat_gib_per_day * local.gibibyte
    dimensions  = { NatGatewayId = id }
  } }

  scheduler_alarms = var.scheduler_function_name == null ? {} : {
    "scheduler-errors" = {
      description = "The function that starts and stops services failed"
      namespace   = "AWS/Lambda", metric = "Errors", statistic = "Sum", period = 300, periods = 1
      comparison  = "GreaterThanThreshold", threshold = 0
      dimensions  = { FunctionName = var.scheduler_function_name }
    }
  }

  alarms = merge(local.service_alarms, local.database_alarms, local.nat_alarms, local.scheduler_alarms)
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name        = "${var.name_prefix}-${each.key}"
  alarm_description = each.value.description

  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = each.value.period
  evaluation_periods  = each.value.periods
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  # Missing data is normal: services stop at night, and error metrics only exist once an error is logged.
  treat_missing_data = "notBreaching"

  alarm_actions = [aws_sns_topic.alarms.arn]
  ok_actions    = [aws_sns_topic.alarms.arn]
}
