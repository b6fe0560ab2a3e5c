locals {
  # The application's container definition, by service.
  containers = { for name, service in var.services : name => {
    name      = name
    image     = local.images[name]
    essential = true

    portMappings = [{ containerPort = service.port, hostPort = service.port, protocol = "tcp" }]
    environment  = [for key, value in merge(service.environment, local.internal_urls[name]) : { name = key, value = value }]
    secrets      = [for key in sort(tolist(local.read_secrets[name])) : { name = key, valueFrom = lookup(local.secrets, key, "") }]

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.service[name].name
        awslogs-region        = data.aws_region.current.name
        awslogs-stream-prefix = name
      }
    }

    dockerLabels = { (local.declared) = service.image }

    # An init process reaps the application's orphaned child processes, which would stay as zombies.
    linuxParameters = { initProcessEnabled = true }
  } }

  # The sidecar containers, by service.
  sidecars = { for name, service in var.services : name => [for sidecar in var.sidecars : {
    name      = sidecar.name
    image     = sidecar.image
    essential = sidecar.essential

    cpu               = sidecar.cpu
    memoryReservation = sidecar.memory_reservation
    portMappings      = [for port in sidecar.ports : { containerPort = port, hostPort = port, protocol = "tcp" }]
    environment       = [for key, value in sidecar.environment : { name = key, value = value }]
    secrets           = [for key, arn in sidecar.secrets : { name = key, valueFrom = arn }]

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = var.sidecar_log_group_name == null ? aws_cloudwatch_log_group.service[name].name : aws_cloudwatch_log_group.sidecars[0].name
        awslogs-region        = data.aws_region.current.name
        awslogs-stream-prefix = sidecar.name
      }
    }
  }] }
}

resource "aws_ecs_task_definition" "this" {
  # checkov:skip=CKV_AWS_336: Next.js writes its cache and NestJS its uploads to the container's file system
  for_each = var.services

  family                   = "${var.name_prefix}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.cpu
  memory                   = each.value.memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  container_definitions    = jsonencode(concat([local.containers[each.key]], local.sidecars[each.key]))

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }

  # A rollback needs the previous revisions.
  skip_destroy = true

  lifecycle {
    # The image in it is the one that ran when the revision was created (live.tf).
    ignore_changes       = [container_definitions]
    replace_triggered_by = [terraform_data.declared[each.key]]

    precondition {
      condition     = length(setsubtract(local.read_secrets[each.key], local.secret_names)) == 0
      error_message = "Service ${each.key} uses secrets that are not declared: ${join(", ", setsubtract(local.read_secrets[each.key], local.secret_names))}. Add them to external_secrets or generated_secrets."
    }
  }
}

resource "aws_ecs_service" "this" {
  # checkov:skip=CKV_AWS_333: each environment decides: without NAT, a public address is the only route to the registry
  for_each = var.services

  name            = "${var.name_prefix}-${each.key}"
  cluster         = aws_ecs_cluster.this.id
  task_definition = "${aws_ecs_task_definition.this[each.key].arn_without_revision}:${max(aws_ecs_task_definition.this[each.key].revision, lookup(local.running_revisions, each.key, 0))}"
  desired_count   = each.value.desired_count
  # Do not wait: the image may not be pushed yet.
  wait_for_steady_state = false

  dynamic "capacity_provider_strategy" {
    for_each = { for provider, part in {
      FARGATE      = { base = each.value.capacity.fargate_base, weight = each.value.capacity.fargate_weight }
      FARGATE_SPOT = { base = 0, weight = each.value.capacity.spot_weight }
    } : provider => part if part.base > 0 || part.weight > 0 }
    content {
      capacity_provider = capacity_provider_strategy.key
      base              = capacity_provider_strategy.value.base
      weight            = capacity_provider_strategy.value.weight
    }
  }

  platform_version       = "LATEST"
  enable_execute_command = true

  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = var.health_check.grace_period

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.task_subnet_ids
    security_groups  = [each.value.security_group_id]
    assign_public_ip = var.assign_public_ip
  }

  dynamic "service_registries" {
    for_each = var.namespace == null ? [] : [aws_service_discovery_service.this[each.key].arn]
    content {
      registry_arn = service_registries.value
    }
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.this[each.key].arn
    container_name   = each.key
    container_port   = each.value.port
  }

  enable_ecs_managed_tags = true
  propagate_tags          = "SERVICE"

  # Autoscaling and the schedule change the count after the first apply; Terraform must not reset it. The scheduler's tag is
  # covered by the provider's `ignore_tags`.
  lifecycle {
    ignore_changes = [desired_count]
  }

  depends_on = [aws_lb_listener.http, aws_lb_listener.https, aws_iam_role_policy.execution, aws_iam_role_policy.task, aws_ecs_cluster_capacity_providers.this]
}
