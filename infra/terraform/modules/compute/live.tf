# What runs now, so that Terraform and deployments do not undo each other. A deployment (the cockpit's, a workflow's, one by
# hand) registers a revision with another image and points the service at it; Terraform changes sizes, variables, secrets.
#
#   the image   is the running one, unless the code asks for another than it did when the running revision was made: the
#               label DECLARED says which that was, and goes along with every copy of the revision
#   the rest    is the code's: a change of it makes a new revision, and the service takes it
#   the service points at the newer of Terraform's revision and the running one
#
# Whether there is a service is asked by its tags, which is no error where there is none yet.
data "aws_resourcegroupstaggingapi_resources" "services" {
  resource_type_filters = ["ecs:service"]
}

locals {
  declared = "cockpit.declared-image"

  tagged  = toset([for each in data.aws_resourcegroupstaggingapi_resources.services.resource_tag_mapping_list : each.resource_arn])
  running = { for name in keys(var.services) : name => "${var.name_prefix}-${name}" if contains(local.tagged, "arn:${data.aws_partition.current.partition}:ecs:${local.here}:service/${var.cluster_name}/${var.name_prefix}-${name}") }
}

data "aws_ecs_service" "running" {
  for_each = local.running

  service_name = each.value
  cluster_arn  = "arn:${data.aws_partition.current.partition}:ecs:${local.here}:cluster/${var.cluster_name}"
}

data "aws_ecs_container_definition" "running" {
  for_each = data.aws_ecs_service.running

  task_definition = each.value.task_definition
  container_name  = each.key
}

locals {
  # A revision without the label was registered by somebody from nothing: its image stays.
  images = { for name, service in var.services : name => !contains(keys(local.running), name) ? service.image : (
    try(data.aws_ecs_container_definition.running[name].docker_labels[local.declared], service.image) == service.image ? data.aws_ecs_container_definition.running[name].image : service.image
  ) }

  running_revisions = { for name, service in data.aws_ecs_service.running : name => tonumber(regex("[0-9]+$", service.task_definition)) }
}

# Everything of a task that is the code's: a change of it, and nothing else, makes a new revision.
resource "terraform_data" "declared" {
  for_each = var.services

  input = sha256(jsonencode([merge(local.containers[each.key], { image = each.value.image }), local.sidecars[each.key]]))
}
