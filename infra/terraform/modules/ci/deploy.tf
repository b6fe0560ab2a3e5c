# The role that pushes images and deploys them, in its own environment only.
resource "aws_iam_role" "deploy" {
  for_each = var.environments

  name               = "${each.value.name_prefix}-ci-deploy"
  description        = "Images and deployments of ${each.key}, by workflows"
  assume_role_policy = data.aws_iam_policy_document.trust["${each.key}-deploy"].json

  lifecycle {
    prevent_destroy = true
  }
}

data "aws_iam_policy_document" "deploy" {
  for_each = var.environments

  statement {
    sid       = "Login"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"] # the action has no resource-level permissions
  }
  statement {
    sid = "Push"
    actions = [
      "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages",
      "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
    ]
    resources = [for name in each.value.repositories : "${local.arn}:ecr:${each.value.region}:${local.account}:repository/${name}"]
  }

  # ECS environments.
  dynamic "statement" {
    for_each = each.value.cluster_name == null ? [] : [1]
    content {
      sid       = "Definitions"
      actions   = ["ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"]
      resources = ["*"] # these actions have no resource-level permissions
    }
  }
  dynamic "statement" {
    for_each = each.value.cluster_name == null ? [] : [1]
    content {
      sid     = "DefinitionTags" # a new revision keeps the tags of the previous one
      actions = ["ecs:TagResource"]
      resources = flatten([for name in each.value.repositories : [
        "${local.arn}:ecs:${each.value.region}:${local.account}:task-definition/${name}", "${local.arn}:ecs:${each.value.region}:${local.account}:task-definition/${name}:*",
      ]])
      condition {
        test     = "StringEquals"
        variable = "ecs:CreateAction"
        values   = ["RegisterTaskDefinition"]
      }
    }
  }
  dynamic "statement" {
    for_each = each.value.cluster_name == null ? [] : [1]
    content {
      sid       = "Deploy"
      actions   = ["ecs:DescribeServices", "ecs:UpdateService"]
      resources = ["${local.arn}:ecs:${each.value.region}:${local.account}:service/${each.value.cluster_name}/*"]
    }
  }
  dynamic "statement" {
    for_each = each.value.cluster_name == null ? [] : [1]
    content {
      sid       = "PassTaskRoles"
      actions   = ["iam:PassRole"]
      resources = [for role in ["execution", "task"] : "${local.arn}:iam::${local.account}:role/${each.value.name_prefix}-${role}"]
      condition {
        test     = "StringEquals"
        variable = "iam:PassedToService"
        values   = ["ecs-tasks.amazonaws.com"]
      }
    }
  }

  # Environments on instances: a parameter names the version, and a Run Command document deploys it.
  dynamic "statement" {
    for_each = each.value.cluster_name == null ? [1] : []
    content {
      sid       = "Version"
      actions   = ["ssm:PutParameter", "ssm:GetParameter"]
      resources = ["${local.arn}:ssm:${each.value.region}:${local.account}:parameter${each.value.parameter_path}/deploy/image"]
    }
  }
  dynamic "statement" {
    for_each = each.value.cluster_name == null ? [1] : []
    content {
      sid       = "CommandDocument"
      actions   = ["ssm:SendCommand"]
      resources = ["${local.arn}:ssm:${each.value.region}:${local.account}:document/${each.value.name_prefix}-deploy"]
    }
  }
  dynamic "statement" {
    for_each = each.value.cluster_name == null ? [1] : []
    content {
      sid       = "CommandInstances"
      actions   = ["ssm:SendCommand"]
      resources = ["${local.arn}:ec2:${each.value.region}:${local.account}:instance/*"]
      condition {
        test     = "StringEquals"
        variable = "aws:ResourceTag/Name"
        values   = [each.value.name_prefix]
      }
    }
  }
  dynamic "statement" {
    for_each = each.value.cluster_name == null ? [1] : []
    content {
      sid       = "CommandResult"
      actions   = ["ssm:ListCommands"]
      resources = ["*"] # these actions have no resource-level permissions
    }
  }
}

resource "aws_iam_role_policy" "deploy" {
  for_each = var.environments

  name   = "deploy"
  role   = aws_iam_role.deploy[each.key].id
  policy = data.aws_iam_policy_document.deploy[each.key].json
}
