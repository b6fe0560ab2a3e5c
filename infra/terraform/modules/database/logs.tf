# Created before the database, which would otherwise create a log group that never expires.
resource "aws_cloudwatch_log_group" "postgresql" {
  # checkov:skip=CKV_AWS_158: the default encryption of CloudWatch Logs is enough; a customer-managed key costs money and can lock us out
  # checkov:skip=CKV_AWS_338: each environment sets its own retention (7 days in staging, 30 in prod), as documented
  name              = local.rds ? "/aws/rds/instance/${local.identifier}/postgresql" : "/aws/rds/cluster/${local.identifier}/postgresql"
  retention_in_days = var.log_retention_days
}
