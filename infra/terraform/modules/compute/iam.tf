# Three least-privilege roles: the execution role starts a task (image, logs, secrets), the task role belongs to the
# application, and the scheduler's role is in its own folder.
data "aws_iam_policy_document" "task_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
    # Only for tasks of this account: prevents the confused deputy problem.
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_iam_role" "execution" {
  name                 = "${var.name_prefix}-execution"
  assume_role_policy   = data.aws_iam_policy_document.task_trust.json
  permissions_boundary = var.permissions_boundary
}

data "aws_iam_policy_document" "execution" {
  statement {
    sid       = "RegistryLogin"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"] # the action has no resource-level permissions
  }
  statement {
    sid       = "Pull"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = var.repository_arns
  }
  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = [for group in concat(values(aws_cloudwatch_log_group.service), aws_cloudwatch_log_group.sidecars) : "${group.arn}:*"]
  }
  dynamic "statement" {
    for_each = length(local.secret_names) + length(var.sidecar_secrets) > 0 ? [1] : []
    content {
      sid       = "Secrets"
      actions   = ["ssm:GetParameters"]
      resources = concat(values(local.secrets), values(var.sidecar_secrets))
    }
  }
}

resource "aws_iam_role_policy" "execution" {
  name   = "start-tasks"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

resource "aws_iam_role" "task" {
  name                 = "${var.name_prefix}-task"
  assume_role_policy   = data.aws_iam_policy_document.task_trust.json
  permissions_boundary = var.permissions_boundary
}

data "aws_iam_policy_document" "task" {
  statement {
    sid = "Exec"
    actions = [
      "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
    ]
    resources = ["*"] # these actions have no resource-level permissions
  }
  dynamic "statement" {
    for_each = length(var.file_buckets) > 0 ? [1] : []
    content {
      sid       = "Files"
      actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
      resources = [for bucket in var.file_buckets : "arn:${data.aws_partition.current.partition}:s3:::${bucket}/*"]
    }
  }
  dynamic "statement" {
    for_each = var.task_grants
    content {
      sid       = statement.key
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }
  dynamic "statement" {
    for_each = length(var.file_buckets) > 0 ? [1] : []
    content {
      sid       = "ListFiles"
      actions   = ["s3:ListBucket"]
      resources = [for bucket in var.file_buckets : "arn:${data.aws_partition.current.partition}:s3:::${bucket}"]
    }
  }
}

resource "aws_iam_role_policy" "task" {
  name   = "application"
  role   = aws_iam_role.task.id
  policy = data.aws_iam_policy_document.task.json
}
