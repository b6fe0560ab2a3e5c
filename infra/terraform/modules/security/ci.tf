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

# Plans: changes nothing. It must read what Terraform reads, and to compare a parameter the provider asks for its value
# (which it then drops, as the arguments are write-only); so who may push a branch could read secrets with this role. Where
# that is too much, give `plan_subjects` an environment of the repository with reviewers.
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

data "aws_iam_policy_document" "ci_plan" {
  count = local.ci

  # What ReadOnlyAccess has not: the password that the module database hands on while planning.
  statement {
    sid       = "DatabasePassword"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["arn:${data.aws_partition.current.partition}:secretsmanager:${local.here}:secret:${var.name_prefix}-*"]
  }
  statement {
    sid       = "NewPassword"
    actions   = ["secretsmanager:GetRandomPassword"]
    resources = ["*"] # this action knows no resource
  }
}

resource "aws_iam_role_policy" "ci_plan" {
  count = local.ci

  name   = "plan"
  role   = aws_iam_role.ci_plan[0].id
  policy = data.aws_iam_policy_document.ci_plan[0].json
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
