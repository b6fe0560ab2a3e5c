output "identifier" {
  description = "Name of the instance or the cluster, as `databases` in the cockpit's config.toml has it."
  value       = local.identifier
}

output "endpoint" {
  description = "Address that reads and writes."
  value       = local.host
}

output "db_endpoint" {
  description = "The same as endpoint, under its documented name."
  value       = local.host
}

output "reader_endpoint" {
  description = "Address that only reads, or null."
  value       = local.reader_host
}

output "port" {
  description = "Port."
  value       = var.port
}

output "database_name" {
  description = "Name of the database."
  value       = var.database_name
}

output "username" {
  description = "Its owner."
  value       = var.username
}

output "password_secret_arn" {
  description = "Where the password is, in Secrets Manager."
  value       = aws_secretsmanager_secret.password.arn
}

output "secrets" {
  description = "Parameters that services read as environment variables: name to ARN."
  value       = { DATABASE_URL = aws_ssm_parameter.database_url.arn }
}
