locals {
  host = local.rds ? one(aws_db_instance.this[*].address) : one(aws_rds_cluster.this[*].endpoint)
  # The replica of RDS, or Aurora's reader endpoint; null without a replica.
  reader_host = local.aurora ? one(aws_rds_cluster.this[*].reader_endpoint) : one(aws_db_instance.replica[*].address)
}

# For the application. Write-only: the value is in neither the plan nor the state.
resource "aws_ssm_parameter" "database_url" {
  # checkov:skip=CKV_AWS_337: encrypted with the account's Parameter Store key; a customer-managed key costs money and can lock us out
  name             = "${var.parameter_path}/DATABASE_URL"
  description      = "Connection string of the application"
  type             = "SecureString"
  value_wo         = "postgresql://${var.username}:${ephemeral.aws_secretsmanager_secret_version.password.secret_string}@${local.host}:${var.port}/${var.database_name}?schema=public&sslmode=require"
  value_wo_version = var.password_version
}

# For people and for the cockpit's tunnel.
resource "aws_ssm_parameter" "endpoint" {
  # checkov:skip=CKV2_AWS_34: an address is not secret
  name        = "${var.parameter_path}/db/endpoint"
  description = "Address of the database"
  type        = "String"
  value       = local.host
}

# For reports and other reads that tolerate replication lag; created where there is a replica or reader.
resource "aws_ssm_parameter" "reader_endpoint" {
  # checkov:skip=CKV2_AWS_34: an address is not secret
  count = local.aurora || var.read_replica ? 1 : 0

  name        = "${var.parameter_path}/db/reader-endpoint"
  description = "Address of the database that only reads"
  type        = "String"
  value       = local.reader_host
}
