# The secrets of the services. Values never enter the plan or the state: generated ones are created during the apply and
# written once; the others start as a placeholder and are set outside Terraform, which never reads the value again:
#   aws ssm put-parameter --overwrite --type SecureString --name /bookmark-manager/staging/MONGODB_URI --value …
ephemeral "aws_secretsmanager_random_password" "generated" {
  for_each = var.generated_secrets

  password_length     = 48
  exclude_punctuation = true
}

resource "aws_ssm_parameter" "generated" {
  # checkov:skip=CKV_AWS_337: encrypted with the account's Parameter Store key; a customer-managed key costs money and can lock us out
  for_each = var.generated_secrets

  name             = "${var.parameter_path}/${each.key}"
  description      = "Generated; raise its number in generated_secrets for a new one"
  type             = "SecureString"
  value_wo         = ephemeral.aws_secretsmanager_random_password.generated[each.key].random_password
  value_wo_version = each.value
}

resource "aws_ssm_parameter" "external" {
  # checkov:skip=CKV_AWS_337: encrypted with the account's Parameter Store key; a customer-managed key costs money and can lock us out
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
  # The secrets that each service reads.
  read_secrets = { for name, service in var.services : name => service.uses_database ? setunion(service.secrets, keys(var.database_secrets)) : service.secrets }
  # Names only, so that they are known at plan time, before the parameters exist.
  secret_names = setunion(keys(var.secrets), keys(var.database_secrets), keys(var.generated_secrets), var.external_secrets)
}
