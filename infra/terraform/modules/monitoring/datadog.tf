# The agent runs as a sidecar of each service. Its API key is set outside Terraform, like every secret.
resource "aws_ssm_parameter" "datadog_api_key" {
  # checkov:skip=CKV_AWS_337: encrypted with the account's Parameter Store key; a customer-managed key costs money and can lock us out
  count = var.datadog == null ? 0 : 1

  name             = "${var.parameter_path}/DD_API_KEY"
  description      = "API key of Datadog; set outside Terraform"
  type             = "SecureString"
  value_wo         = "not-set-yet"
  value_wo_version = 1
}

locals {
  datadog_sidecar = var.datadog == null ? null : {
    name  = "datadog-agent"
    image = var.datadog.image
    # The application keeps running if its agent stops.
    essential          = false
    cpu                = 64
    memory_reservation = 128
    ports              = [8126]
    environment = {
      DD_APM_ENABLED = "true"
      DD_ENV         = var.datadog.environment
      DD_SITE        = var.datadog.site
      ECS_FARGATE    = "true"
    }
    secrets = { DD_API_KEY = aws_ssm_parameter.datadog_api_key[0].arn }
  }
}
