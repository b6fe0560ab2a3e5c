# What the workflows in .github/workflows may do, without a stored key: GitHub proves which repository
# and branch asks, AWS lends a role for an hour.
data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  ci = var.github == null ? 0 : 1
  oidc_provider_arn = var.github == null ? null : (
    var.github.create_oidc_provider ? aws_iam_openid_connect_provider.github[0].arn : "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:oidc-provider/token.actions.githubusercontent.com"
  )
  here = "${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"
}

# One for each account: the first environment in it makes it, others refer to it.
resource "aws_iam_openid_connect_provider" "github" {
  count = (var.github == null ? false : var.github.create_oidc_provider) ? 1 : 0

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
  # AWS checks GitHub's certificate by its authority; the argument is still required by older endpoints.
  thumbprint_list = ["6938fd4d98bab03faadb97b34396831e3780aea1"]
}

data "aws_iam_policy_document" "ci_trust" {
  # checkov:skip=CKV_AWS_358: the subject begins with a repository that a validation lets have no wildcard
  for_each = var.github == null ? {} : { plan = var.github.plan_subjects, deploy = var.github.deploy_subjects }

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [local.oidc_provider_arn]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }
    condition {
      test     = "StringLike"
      variable = "token.actions.githubusercontent.com:sub"
      values   = [for subject in each.value : "repo:${var.github.repository}:${subject}"]
    }
  }
}

# Plans: reads everything, changes nothing, and reads no secret's value.
resource "aws_iam_role" "ci_plan" {
  count = local.ci

  name               = "${var.name_prefix}-ci-plan"
  assume_role_policy = data.aws_iam_policy_document.ci_trust["plan"].json
}

resource "aws_iam_role_policy_attachment" "ci_plan" {
  count = local.ci

  role       = aws_iam_role.ci_plan[0].name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/ReadOnlyAccess"
}

resource "aws_iam_role_policy" "ci_plan" {
  # checkov:skip=CKV_AWS_355: a Deny for every resource is meant
  count = local.ci

  name = "no-secrets"
  role = aws_iam_role.ci_plan[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "NoSecretValues"
      Effect   = "Deny"
      Action   = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:GetParameterHistory"]
      Resource = "arn:${data.aws_partition.current.partition}:ssm:${local.here}:parameter${var.parameter_path}/*"
    }]
  })
}

# Pushes images and deploys them, in this environment only.
resource "aws_iam_role" "ci_deploy" {
  count = local.ci

  name               = "${var.name_prefix}-ci-deploy"
  assume_role_policy = data.aws_iam_policy_document.ci_trust["deploy"].json
}

data "aws_iam_policy_document" "ci_deploy" {
  count = local.ci

  statement {
    sid       = "Login"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"] # this action knows no resource
  }
  statement {
    sid = "Push"
    actions = [
      "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages",
      "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
    ]
    resources = ["arn:${data.aws_partition.current.partition}:ecr:${local.here}:repository/${var.name_prefix}-*"]
  }
  statement {
    sid       = "Definitions"
    actions   = ["ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"]
    resources = ["*"] # these actions know no resource
  }
  statement {
    sid       = "Deploy"
    actions   = ["ecs:DescribeServices", "ecs:UpdateService"]
    resources = ["arn:${data.aws_partition.current.partition}:ecs:${local.here}:service/${var.cluster_name}/*"]
  }
  statement {
    sid       = "PassTaskRoles"
    actions   = ["iam:PassRole"]
    resources = ["arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:role/${var.name_prefix}-*"]
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "ci_deploy" {
  count = local.ci

  name   = "deploy"
  role   = aws_iam_role.ci_deploy[0].id
  policy = data.aws_iam_policy_document.ci_deploy[0].json
}
