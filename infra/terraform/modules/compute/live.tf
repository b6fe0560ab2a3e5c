# Reads what runs now, so that Terraform and deployments do not revert each other. A deployment (by the cockpit, a workflow
# or by hand) registers a revision with another image and points the service at it; Terraform changes sizes, variables and
# secrets.
#
#   the image     stays the running one, unless the code declares another image than when the running revision was created.
#                 The label `declared` records that image; every copy of the revision keeps it.
#   the rest      comes from the code: a change creates a new revision, and the service uses it.
#   the service   points at the newer of Terraform's revision and the running one.
#
# The services are found by their tags, because that lookup succeeds even if a service does not exist yet.
data "aws_resourcegroupstaggingapi_resources" "services" {
  resource_type_filters = ["ecs:service"]
}

locals {
  declared = "cockpit.declared-image"

  tagged  = toset([for each in data.aws_resourcegroupstaggingapi_resources.services.resource_tag_mapping_list : each.resource_arn])
  running = { for name in keys(var.services) : name => "${var.name_prefix}-${name}" if contains(local.tagged, "arn:${data.aws_partition.current.partition}:ecs:${local.region_account}:service/${var.cluster_name}/${var.name_prefix}-${name}") }
}

data "aws_ecs_service" "running" {
  for_each = local.running

  service_name = each.value
  cluster_arn  = "arn:${data.aws_partition.current.partition}:ecs:${local.region_account}:cluster/${var.cluster_name}"
}

data "aws_ecs_container_definition" "running" {
  for_each = data.aws_ecs_service.running

  task_definition = each.value.task_definition
  container_name  = each.key
}

locals {
  # A revision without the label was not derived from one of Terraform's: its image stays.
  images = { for name, service in var.services : name => !contains(keys(local.running), name) ? service.image : (
    try(data.aws_ecs_container_definition.running[name].docker_labels[local.declared], service.image) == service.image ? data.aws_ecs_container_definition.running[name].image : service.image
  ) }

  running_revisions = { for name, service in data.aws_ecs_service.running : name => tonumber(regex("[0-9]+$", service.task_definition)) }
}

# The parts of a task that the code declares. Only a change of these creates a new revision.
resource "terraform_data" "declared" {
  for_each = var.services

  input = sha256(jsonencode([merge(local.containers[each.key], { image = each.value.image }), local.sidecars[each.key]]))
}
