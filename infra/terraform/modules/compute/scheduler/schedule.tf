resource "aws_scheduler_schedule" "this" {
  # checkov:skip=CKV_AWS_297: the payload is start or stop and not secret
  for_each = { start = var.schedule.start, stop = var.schedule.stop }

  name                         = "${var.name_prefix}-${each.key}"
  description                  = "Services of ${var.cluster_name}: ${each.key}"
  schedule_expression          = each.value
  schedule_expression_timezone = var.schedule.timezone

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.this.arn
    role_arn = aws_iam_role.schedule.arn
    input    = jsonencode({ action = each.key })

    retry_policy {
      maximum_event_age_in_seconds = 3600 # after an hour, someone has probably started it by hand
      maximum_retry_attempts       = 10
    }
  }
}
