# What services read as secrets. Values are never in plan or state: generated ones are made while applying
# and written once; the others are made with a placeholder and set outside,
#   aws ssm put-parameter --overwrite --type SecureString --name /bookmark-manager/staging/MONGODB_URI --value …
# and Terraform never looks at the value again.
ephemeral "aws_secretsmanager_random_password" "generated" {
  for_each = var.generated_secrets

  password_length     = 48
  exclude_punctuation = true
}

resource "aws_ssm_parameter" "generated" {
  # checkov:skip=CKV_AWS_337: encrypted with the account's key of Parameter Store; a key of our own costs and can lock us out
  for_each = var.generated_secrets

  name             = "${var.parameter_path}/${each.key}"
  description      = "Generated; raise its number in generated_secrets for a new one"
  type             = "SecureString"
  value_wo         = ephemeral.aws_secretsmanager_random_password.generated[each.key].random_password
  value_wo_version = each.value
}

resource "aws_ssm_parameter" "external" {
  # checkov:skip=CKV_AWS_337: encrypted with the account's key of Parameter Store; a key of our own costs and can lock us out
  for_each = var.external_secrets

  name             = "${var.parameter_path}/${each.key}"
  description      = "Set outside Terraform"
  type             = "SecureString"
  value_wo         = "not-set-yet"
  value_wo_version = 1
}

locals {
  secrets = merge(
    var.secrets,
    var.database_secrets,
    { for name, parameter in aws_ssm_parameter.generated : name => parameter.arn },
    { for name, parameter in aws_ssm_parameter.external : name => parameter.arn },
  )
  # What each service reads.
  read_secrets = { for name, service in var.services : name => service.uses_database ? setunion(service.secrets, keys(var.database_secrets)) : service.secrets }
  # By name, so that a plan knows it before the parameters exist.
  secret_names = setunion(keys(var.secrets), keys(var.database_secrets), keys(var.generated_secrets), var.external_secrets)
}
