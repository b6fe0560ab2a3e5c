# Names for the services inside the network: NAME.NAMESPACE leads to the tasks themselves, which ECS registers when they
# are well. A service that calls another goes there and not through the load balancer: that one admits readers only,
# counts requests for the firewall's limit, and is reached from private subnets over the NAT gateway's one address. A
# second, internal load balancer would do the same for $20 a month more; the namespace costs half a dollar.
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

    # Short: a task that is replaced is soon asked no more.
    dns_records {
      type = "A"
      ttl  = 10
    }
  }

  # ECS says which tasks are well. The threshold is always 1, whatever is written; AWS gives it back so.
  health_check_custom_config {
    failure_threshold = 1
  }

  # A task that ECS is just stopping would keep the name from being deleted.
  force_destroy = true
}

locals {
  # http://api.bookmark-manager-staging.internal:4000, under the variables that `calls` names.
  called = { for name, service in var.services : name => {
    for variable, other in service.calls : variable => "http://${other}.${coalesce(var.namespace, "none")}:${var.services[other].port}"
  } }
}
