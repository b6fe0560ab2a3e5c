output "identifier" {
  description = "Identifier of the instance or cluster, for `databases` in the cockpit's config.toml."
  value       = local.identifier
}

output "endpoint" {
  description = "Host name of the writer."
  value       = local.host
}

output "db_endpoint" {
  description = "Same value as endpoint, under its documented name."
  value       = local.host
}

output "reader_endpoint" {
  description = "Host name for read-only connections, or null."
  value       = local.reader_host
}

output "port" {
  description = "Port of the database."
  value       = var.port
}

output "database_name" {
  description = "Name of the database."
  value       = var.database_name
}

output "username" {
  description = "Owner of the database."
  value       = var.username
}

output "password_secret_arn" {
  description = "ARN of the password's secret in Secrets Manager."
  value       = aws_secretsmanager_secret.password.arn
}

output "secrets" {
  description = "Parameters that services read: environment variable to parameter ARN."
  value       = { DATABASE_URL = aws_ssm_parameter.database_url.arn }
}
