# Set outside Terraform; the application reads everything under its path when it starts.
resource "aws_ssm_parameter" "external" {
  # checkov:skip=CKV_AWS_337: encrypted with the account's key of Parameter Store; a key of our own costs and can lock us out
  for_each = var.external_secrets

  name             = "${var.parameter_path}/${each.key}"
  description      = "Set outside Terraform"
  type             = "SecureString"
  value_wo         = "not-set-yet"
  value_wo_version = 1
}
