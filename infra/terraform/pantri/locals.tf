locals {
  parameter_path = "/pantri/${var.environment}"
  # The cluster is called like the prefix, and its service <prefix>-service.
  service_name = "${var.name_prefix}-service"
  https        = var.domain == null ? false : var.domain.delegated
}
