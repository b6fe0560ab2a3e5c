output "alarm_topic_arn" {
  description = "Topic that alarms are sent to."
  value       = aws_sns_topic.alarms.arn
}

output "alarm_names" {
  description = "All alarms made here."
  value       = sort([for alarm in concat(values(aws_cloudwatch_metric_alarm.this), values(aws_cloudwatch_metric_alarm.anomaly)) : alarm.alarm_name])
}

output "health_check_ids" {
  description = "Health checks of Route 53, by short name."
  value       = { for name, check in aws_route53_health_check.this : name => check.id }
}

output "sidecars" {
  description = "Container definitions to run beside each service, for the module compute."
  value       = local.datadog_sidecar == null ? [] : [local.datadog_sidecar]
}

output "secrets" {
  description = "Parameters that services read: name of the environment variable to ARN."
  value       = { for name, arn in { SENTRY_DSN = one(aws_ssm_parameter.sentry_dsn[*].arn) } : name => arn if arn != null }
}

output "sidecar_secrets" {
  description = "Parameters that sidecars read: the execution role must be allowed to."
  value       = { for name, arn in { DD_API_KEY = one(aws_ssm_parameter.datadog_api_key[*].arn) } : name => arn if arn != null }
}
