locals {
  host = local.rds ? one(aws_db_instance.this[*].address) : one(aws_rds_cluster.this[*].endpoint)
}

# For the application. Write-only: the value is in neither plan nor state.
resource "aws_ssm_parameter" "database_url" {
  # checkov:skip=CKV_AWS_337: encrypted with the account's key of Parameter Store; a key of our own costs and can lock us out
  name             = "${var.parameter_path}/DATABASE_URL"
  description      = "Connection string of the application"
  type             = "SecureString"
  value_wo         = "postgresql://${var.username}:${ephemeral.aws_secretsmanager_secret_version.password.secret_string}@${local.host}:${var.port}/${var.database_name}?schema=public&sslmode=require"
  value_wo_version = var.password_version
}

# For people and for the cockpit's tunnel: an address is no secret.
resource "aws_ssm_parameter" "endpoint" {
  # checkov:skip=CKV2_AWS_34: an address is no secret
  name        = "${var.parameter_path}/db/endpoint"
  description = "Address of the database"
  type        = "String"
  value       = local.host
}
