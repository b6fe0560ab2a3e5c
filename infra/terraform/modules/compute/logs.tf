resource "aws_cloudwatch_log_group" "service" {
  # checkov:skip=CKV_AWS_158: the default encryption of CloudWatch Logs is enough; a customer-managed key costs money and can lock us out
  # checkov:skip=CKV_AWS_338: each environment sets its own retention (7 days in staging, 30 in prod), as documented
  for_each = var.services

  name              = coalesce(each.value.log_group_name, "/ecs/${var.name_prefix}-${each.key}")
  retention_in_days = var.log_retention_days
}

resource "aws_cloudwatch_log_group" "sidecars" {
  # checkov:skip=CKV_AWS_158: the default encryption of CloudWatch Logs is enough; a customer-managed key costs money and can lock us out
  # checkov:skip=CKV_AWS_338: each environment sets its own retention, as documented
  count = var.sidecar_log_group_name == null ? 0 : 1

  name              = var.sidecar_log_group_name
  retention_in_days = var.log_retention_days
}

# Counts error lines. The alarm on this metric is in the module monitoring, which refers to it by name.
resource "aws_cloudwatch_log_metric_filter" "errors" {
  for_each = var.services

  name           = "${var.name_prefix}-${each.key}-errors"
  log_group_name = aws_cloudwatch_log_group.service[each.key].name
  pattern        = "?ERROR ?UnhandledPromiseRejection"

  metric_transformation {
    name          = "${each.key}-errors"
    namespace     = var.name_prefix
    value         = "1"
    default_value = "0"
  }
}
