# The access logs of the load balancer and CloudFront, kept for ninety days.
module "access_logs" {
  source = "../modules/storage"

  name_prefix       = var.name_prefix
  purpose           = "logs"
  log_delivery      = true
  delete_after_days = 90
  force_destroy     = var.allow_destroy
}

# Forwards a copy of the service's log lines to Datadog if the secret with its API key is given.
module "datadog_logs" {
  source = "../modules/datadog_logs"
  count  = var.datadog_api_key_secret_arn == null ? 0 : 1

  name_prefix          = var.name_prefix
  environment          = var.environment
  log_groups           = module.compute.log_groups
  site                 = var.datadog_site
  api_key_secret_arn   = var.datadog_api_key_secret_arn
  undelivered          = { bucket_arn = module.access_logs.bucket_arn }
  log_retention_days   = var.log_retention_days
  permissions_boundary = var.permissions_boundary
}
