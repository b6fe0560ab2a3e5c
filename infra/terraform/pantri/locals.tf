locals {
  # The workspace of the environment.
  workspace      = { dev = "dev", production = "prod" }[var.environment]
  parameter_path = "/pantri/${local.workspace}"
  # The cluster is named like the prefix, and its service <prefix>-service.
  service_name = "${var.name_prefix}-service"

  # null: only CloudFront's own domain name.
  domain = var.domain_name == null ? null : {
    name        = var.domain_name
    zone_id     = var.zone_id
    create_zone = var.zone_id == null
    delegated   = var.domain_delegated
  }
  https = var.domain_name != null && var.domain_delegated
}
