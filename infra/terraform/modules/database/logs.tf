# Made before the database, which would make it without an end to its retention.
resource "aws_cloudwatch_log_group" "postgresql" {
  # checkov:skip=CKV_AWS_158: the key of CloudWatch Logs is enough; a key of our own costs and can lock us out
  # checkov:skip=CKV_AWS_338: how long is the environment's decision (7 days in staging, 30 in prod), as documented
  name              = local.rds ? "/aws/rds/instance/${local.identifier}/postgresql" : "/aws/rds/cluster/${local.identifier}/postgresql"
  retention_in_days = var.log_retention_days
}
