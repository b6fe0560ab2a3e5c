resource "aws_rds_cluster_parameter_group" "aurora" {
  count = local.aurora ? 1 : 0

  name_prefix = "${var.name_prefix}-aurora${local.major}-"
  family      = "aurora-postgresql${local.major}"
  description = "Aurora PostgreSQL ${local.major} of ${var.name_prefix}"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
  # A fixed value instead of one computed from the capacity, so that the alarm at 80 % of it is exact.
  parameter {
    name         = "max_connections"
    value        = tostring(var.max_connections)
    apply_method = "pending-reboot"
  }
  # Log schema changes, and statements that take more than a second.
  parameter {
    name  = "log_statement"
    value = "ddl"
  }
  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_rds_cluster" "this" {
  # checkov:skip=CKV_AWS_139: deletion protection is a variable, and a validation requires it in production
  # checkov:skip=CKV_AWS_327: encrypted with the AWS-managed RDS key; a customer-managed key costs money and can lock us out
  # checkov:skip=CKV2_AWS_8: automatic backups have a retention period; AWS Backup would be another service to run
  count = local.aurora ? 1 : 0

  cluster_identifier = local.identifier
  engine             = "aurora-postgresql"
  engine_mode        = "provisioned" # the mode of Serverless v2
  engine_version     = var.engine_version

  serverlessv2_scaling_configuration {
    min_capacity = var.min_capacity
    max_capacity = var.max_capacity
  }

  database_name              = var.database_name
  master_username            = var.username
  master_password_wo         = ephemeral.aws_secretsmanager_secret_version.password.secret_string
  master_password_wo_version = var.password_version
  port                       = var.port

  iam_database_authentication_enabled = true

  db_subnet_group_name            = aws_db_subnet_group.this.name
  vpc_security_group_ids          = [var.security_group_id]
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.aurora[0].name

  storage_encrypted            = true
  backup_retention_period      = var.backup_retention_days
  preferred_backup_window      = "17:00-17:30" # 02:00 in Tokyo
  preferred_maintenance_window = "sun:18:00-sun:18:30"
  copy_tags_to_snapshot        = true

  deletion_protection       = local.protected
  skip_final_snapshot       = var.skip_final_snapshot
  final_snapshot_identifier = var.skip_final_snapshot ? null : "${local.identifier}-final"

  enabled_cloudwatch_logs_exports = ["postgresql"]

  depends_on = [aws_cloudwatch_log_group.postgresql]
}

locals {
  # Keyed by name suffix, so that removing an instance does not affect the others.
  aurora_instances = { for index, name in var.instances : name => {
    zone = var.availability_zones[index % length(var.availability_zones)]
    tier = index
  } if local.aurora }
}

# Instances used to be indexed from 0; these blocks prevent their replacement.
moved {
  from = aws_rds_cluster_instance.this[0]
  to   = aws_rds_cluster_instance.this["1"]
}

moved {
  from = aws_rds_cluster_instance.this[1]
  to   = aws_rds_cluster_instance.this["2"]
}

# The first instance starts as the writer, the others are readers. They are spread over the zones, so that a failover leaves
# the failed zone.
resource "aws_rds_cluster_instance" "this" {
  # checkov:skip=CKV_AWS_226: off only where engine_version pins a minor version
  # checkov:skip=CKV_AWS_118: enhanced monitoring is billed per metric; Performance Insights answers the same questions
  # checkov:skip=CKV_AWS_354: Performance Insights is encrypted with the AWS-managed RDS key
  for_each = local.aurora_instances

  identifier         = "${local.identifier}-${each.key}"
  cluster_identifier = aws_rds_cluster.this[0].id
  engine             = aws_rds_cluster.this[0].engine
  engine_version     = aws_rds_cluster.this[0].engine_version
  instance_class     = "db.serverless"
  availability_zone  = each.value.zone
  promotion_tier     = each.value.tier

  db_subnet_group_name       = aws_db_subnet_group.this.name
  publicly_accessible        = false
  auto_minor_version_upgrade = local.minor_upgrades
  copy_tags_to_snapshot      = true

  performance_insights_enabled = true
}
