# Forwards one service's log lines to Datadog. Create the secret by hand first.
provider "aws" {
  region = "ap-northeast-1"
}

data "aws_secretsmanager_secret" "datadog" {
  name = "shop-dev-datadog"
}

module "undelivered" {
  source = "../../../storage"

  name_prefix       = "shop-dev"
  purpose           = "logs"
  delete_after_days = 90
}

module "datadog_logs" {
  source = "../.."

  name_prefix        = "shop-dev"
  environment        = "dev"
  log_groups         = { web = "/ecs/shop-dev-web" }
  api_key_secret_arn = data.aws_secretsmanager_secret.datadog.arn
  undelivered        = { bucket_arn = module.undelivered.bucket_arn }
  log_retention_days = 7
}
