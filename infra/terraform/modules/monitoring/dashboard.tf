locals {
  # One widget per service and two for the database, with the most important metrics.
  rows = concat(
    [for name in sort(keys(var.services)) : {
      title = var.services[name].service_name
      metrics = [
        ["AWS/ECS", "CPUUtilization", "ClusterName", var.services[name].cluster_name, "ServiceName", var.services[name].service_name],
        ["AWS/ECS", "MemoryUtilization", "ClusterName", var.services[name].cluster_name, "ServiceName", var.services[name].service_name],
      ]
    }],
    var.database == null ? [] : [for metric in ["CPUUtilization", "DatabaseConnections"] : {
      title   = "${var.database.identifier} ${metric}"
      metrics = [concat(["AWS/RDS", metric], flatten([for key, value in local.database_dimension : [key, value]]))]
    }],
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.dashboard && length(local.rows) > 0 ? 1 : 0

  dashboard_name = var.name_prefix
  dashboard_body = jsonencode({
    widgets = [for index, row in local.rows : {
      type = "metric", x = (index % 2) * 12, y = floor(index / 2) * 6, width = 12, height = 6
      properties = {
        title  = row.title, view = "timeSeries", stat = "Average", period = 60
        region = data.aws_region.current.name, metrics = row.metrics
      }
    }]
  })
}
