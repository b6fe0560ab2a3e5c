output "alarm_topic_arn" {
  description = "ARN of the SNS topic that receives alarms."
  value       = aws_sns_topic.alarms.arn
}

output "alarm_names" {
  description = "Names of all alarms created here."
  value       = sort([for alarm in concat(values(aws_cloudwatch_metric_alarm.this), values(aws_cloudwatch_metric_alarm.anomaly)) : alarm.alarm_name])
}

output "health_check_ids" {
  description = "IDs of the Route 53 health checks, by short name."
  value       = { for name, check in aws_route53_health_check.this : name => check.id }
}

output "sidecars" {
  description = "Sidecar containers of each service, for the compute module."
  value       = local.datadog_sidecar == null ? [] : [local.datadog_sidecar]
}

output "secrets" {
  description = "Parameters that services read: environment variable to parameter ARN."
  value       = { for name, arn in { SENTRY_DSN = one(aws_ssm_parameter.sentry_dsn[*].arn) } : name => arn if arn != null }
}

output "sidecar_secrets" {
  description = "Parameters that sidecars read: environment variable to parameter ARN. The execution role must be allowed to read them."
  value       = { for name, arn in { DD_API_KEY = one(aws_ssm_parameter.datadog_api_key[*].arn) } : name => arn if arn != null }
}
