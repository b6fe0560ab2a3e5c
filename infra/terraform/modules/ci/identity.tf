# GitHub Actions authenticates through OIDC, without stored keys: the token identifies the repository and the branch or
# environment of the job, and AWS issues role credentials for an hour.
#
# A person creates these roles, never a workflow, because a workflow's apply could otherwise change the permissions it runs
# with. They therefore live in their own unit next to the state bucket (envs/bootstrap), no plan can destroy them, and the
# applying role is denied every change to them.
data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  arn     = "arn:${data.aws_partition.current.partition}"
  # An assumed role is arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION.
  caller    = try(split("/", data.aws_caller_identity.current.arn)[1], "")
  own_roles = flatten([for environment in values(var.environments) : [for kind in ["plan", "apply", "deploy"] : "${environment.name_prefix}-ci-${kind}"]])

  oidc_provider_arn = var.github.create_oidc_provider ? aws_iam_openid_connect_provider.github[0].arn : "${local.arn}:iam::${local.account}:oidc-provider/token.actions.githubusercontent.com"

  # The part of a token's subject that follows the repository. For a job with `environment:` it is the environment, without
  # the branch; the environment's own rule limits the branches (README, "Workflows"). For any other job it is the branch, or
  # `pull_request`.
  subjects = merge([for name, environment in var.environments : {
    "${name}-plan"   = ["pull_request", "ref:refs/heads/${var.github.branch}"]
    "${name}-apply"  = ["environment:${name}"]
    "${name}-deploy" = ["environment:${name}"]
  }]...)
}

resource "terraform_data" "person" {
  input = local.own_roles

  lifecycle {
    precondition {
      condition     = !contains(local.own_roles, local.caller)
      error_message = "This runs as ${local.caller}, which is one of the roles it would change. Apply envs/bootstrap/ci with a person's credentials."
    }
  }
}

# One per account.
resource "aws_iam_openid_connect_provider" "github" {
  count = var.github.create_oidc_provider ? 1 : 0

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
  # AWS verifies GitHub's certificate through its CA; older endpoints still require this argument.
  thumbprint_list = ["6938fd4d98bab03faadb97b34396831e3780aea1"]

  lifecycle {
    prevent_destroy = true
  }
}

data "aws_iam_policy_document" "trust" {
  # checkov:skip=CKV_AWS_358: the subject starts with a repository, and a validation rejects wildcards in it
  for_each = local.subjects

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
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = [for subject in each.value : "repo:${var.github.repository}:${subject}"]
    }
  }
}
