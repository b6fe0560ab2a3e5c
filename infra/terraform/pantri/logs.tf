# Who asked for what: access logs of the load balancer and of CloudFront, for ninety days.
module "access_logs" {
  source = "../modules/storage"

  name_prefix       = var.name_prefix
  purpose           = "logs"
  log_delivery      = true
  delete_after_days = 90
  force_destroy     = var.allow_destroy
}
