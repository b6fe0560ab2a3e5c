# The DSN to which the application reports errors. It contains a key and is set outside Terraform.
resource "aws_ssm_parameter" "sentry_dsn" {
  # checkov:skip=CKV_AWS_337: as for the Datadog API key
  count = var.sentry ? 1 : 0

  name             = "${var.parameter_path}/SENTRY_DSN"
  description      = "DSN of Sentry; set outside Terraform"
  type             = "SecureString"
  value_wo         = "not-set-yet"
  value_wo_version = 1
}
