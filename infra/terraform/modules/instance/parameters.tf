# Set outside Terraform. The application reads every parameter under its path when it starts.
resource "aws_ssm_parameter" "external" {
  # checkov:skip=CKV_AWS_337: encrypted with the account's Parameter Store key; a customer-managed key costs money and can lock us out
  for_each = var.external_secrets

  name             = "${var.parameter_path}/${each.key}"
  description      = "Set outside Terraform"
  type             = "SecureString"
  value_wo         = "not-set-yet"
  value_wo_version = 1
}
