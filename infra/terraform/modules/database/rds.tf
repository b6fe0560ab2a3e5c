locals {
  rds    = var.engine == "rds"
  aurora = var.engine == "aurora"
  major  = split(".", var.engine_version)[0]
  # Off if the minor version is pinned: otherwise AWS upgrades it, and the next plan tries to downgrade.
  minor_upgrades = !strcontains(var.engine_version, ".")

  # Only allow_destroy lifts the protection, in preparation for a destroy.
  protected = var.deletion_protection && !var.allow_destroy

  # Known before the database exists, so that its log group, alarms and dashboard do not depend on it.
  identifier = local.rds ? "${var.name_prefix}-db" : "${var.name_prefix}-aurora"
}

resource "aws_db_parameter_group" "rds" {
  count = local.rds ? 1 : 0

  name_prefix = "${var.name_prefix}-postgres${local.major}-"
  family      = "postgres${local.major}"
  description = "PostgreSQL ${local.major} of ${var.name_prefix}"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
  # A fixed value instead of one computed from the memory, so that the alarm at 80 % of it is exact.
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

resource "aws_db_instance" "this" {
  # checkov:skip=CKV_AWS_118: enhanced monitoring is billed per metric; Performance Insights answers the same questions
  # checkov:skip=CKV_AWS_157: each environment decides on a standby (multi_az); staging has none
  # checkov:skip=CKV_AWS_293: deletion protection is a variable, and a validation requires it in production
  # checkov:skip=CKV_AWS_354: Performance Insights is encrypted with the AWS-managed RDS key
  count = local.rds ? 1 : 0

  identifier     = local.identifier
  engine         = "postgres"
  engine_version = var.engine_version
  instance_class = var.instance_class

  allocated_storage     = var.allocated_storage
  max_allocated_storage = var.max_allocated_storage
  storage_type          = "gp3"
  storage_encrypted     = true

  db_name             = var.database_name
  username            = var.username
  password_wo         = ephemeral.aws_secretsmanager_secret_version.password.secret_string
  password_wo_version = var.password_version
  port                = var.port

  iam_database_authentication_enabled = true

  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [var.security_group_id]
  publicly_accessible    = false
  multi_az               = var.multi_az
  parameter_group_name   = aws_db_parameter_group.rds[0].name

  backup_retention_period    = var.backup_retention_days
  backup_window              = "17:00-17:30" # 02:00 in Tokyo
  maintenance_window         = "sun:18:00-sun:18:30"
  auto_minor_version_upgrade = local.minor_upgrades
  copy_tags_to_snapshot      = true

  deletion_protection       = local.protected
  skip_final_snapshot       = var.skip_final_snapshot
  final_snapshot_identifier = var.skip_final_snapshot ? null : "${local.identifier}-final"

  enabled_cloudwatch_logs_exports = ["postgresql"]
  performance_insights_enabled    = true

  depends_on = [aws_cloudwatch_log_group.postgresql]
}

resource "aws_db_instance" "replica" {
  # checkov:skip=CKV_AWS_118: enhanced monitoring is billed per metric, as for the writer
  # checkov:skip=CKV_AWS_157: the replica is itself the second copy
  # checkov:skip=CKV_AWS_293: a replica can be recreated
  # checkov:skip=CKV_AWS_354: Performance Insights is encrypted with the AWS-managed RDS key
  # checkov:skip=CKV2_AWS_30: queries are logged by the parameter group
  count = local.rds && var.read_replica ? 1 : 0

  identifier          = "${local.identifier}-replica"
  replicate_source_db = aws_db_instance.this[0].identifier
  instance_class      = var.instance_class
  storage_encrypted   = true
  # Inherited from the writer; set here too, because otherwise every plan would revert them.
  max_allocated_storage               = var.max_allocated_storage
  iam_database_authentication_enabled = true

  vpc_security_group_ids = [var.security_group_id]
  publicly_accessible    = false
  parameter_group_name   = aws_db_parameter_group.rds[0].name

  auto_minor_version_upgrade      = local.minor_upgrades
  copy_tags_to_snapshot           = true
  skip_final_snapshot             = true
  enabled_cloudwatch_logs_exports = ["postgresql"]
  performance_insights_enabled    = true
}
