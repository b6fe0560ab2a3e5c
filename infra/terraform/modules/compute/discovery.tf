# Private DNS names for the services: NAME.NAMESPACE resolves to the tasks themselves, which ECS registers once they are
# healthy. Services call each other through these names, not through the load balancer, which only admits the website's
# visitors, counts requests towards the firewall's rate limit, and sees all private subnets as the NAT gateway's one address.
# An internal load balancer would do the same for $20 a month more; the namespace costs half a dollar.
resource "aws_service_discovery_private_dns_namespace" "this" {
  count = var.namespace == null ? 0 : 1

  name        = var.namespace
  description = "Services of ${var.name_prefix}, inside the network"
  vpc         = var.vpc_id
}

resource "aws_service_discovery_service" "this" {
  for_each = var.namespace == null ? {} : var.services

  name        = each.key
  description = "Tasks of ${var.name_prefix}-${each.key}"

  dns_config {
    namespace_id   = aws_service_discovery_private_dns_namespace.this[0].id
    routing_policy = "MULTIVALUE"

    # Short, so that callers soon stop using a replaced task.
    dns_records {
      type = "A"
      ttl  = 10
    }
  }

  # ECS reports the health of the tasks. AWS ignores other thresholds and always returns 1.
  health_check_custom_config {
    failure_threshold = 1
  }

  # Otherwise a task that is still stopping prevents the deletion of the name.
  force_destroy = true
}

locals {
  # The variables that `calls` names, with values such as http://api.bookmark-manager-staging.internal:4000.
  internal_urls = { for name, service in var.services : name => {
    for variable, other in service.calls : variable => "http://${other}.${coalesce(var.namespace, "none")}:${var.services[other].port}"
  } }
}
