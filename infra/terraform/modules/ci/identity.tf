# Without a stored key: GitHub proves which repository asks, and from where; AWS lends a role for an hour.
#
# These roles are made by a person and never by a workflow: a workflow's apply would change what it runs as. So they are in
# a unit of their own beside the bucket of states (envs/bootstrap), cannot be destroyed by a plan, and the applying role is
# denied every change of them.
data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  arn     = "arn:${data.aws_partition.current.partition}"
  # An assumed role is arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION.
  caller  = try(split("/", data.aws_caller_identity.current.arn)[1], "")
  of_here = flatten([for environment in values(var.environments) : [for kind in ["plan", "apply", "deploy"] : "${environment.name_prefix}-ci-${kind}"]])

  oidc_provider_arn = var.github.create_oidc_provider ? aws_iam_openid_connect_provider.github[0].arn : "${local.arn}:iam::${local.account}:oidc-provider/token.actions.githubusercontent.com"

  # What a job's token has as subject behind the repository. A job with `environment:` has that and nothing about its
  # branch: which branches may use an environment is a rule of the environment (README, "Workflows"). One without has its
  # branch, or says that it belongs to a pull request.
  subjects = merge([for name, environment in var.environments : {
    "${name}-plan"   = ["pull_request", "ref:refs/heads/${var.github.branch}"]
    "${name}-apply"  = ["environment:${name}"]
    "${name}-deploy" = ["environment:${name}"]
  }]...)
}

resource "terraform_data" "person" {
  input = local.of_here

  lifecycle {
    precondition {
      condition     = !contains(local.of_here, local.caller)
      error_message = "This runs as ${local.caller}, which is one of the roles that it would change. Apply envs/bootstrap/ci with a person's credentials."
    }
  }
}

# One for each account.
resource "aws_iam_openid_connect_provider" "github" {
  count = var.github.create_oidc_provider ? 1 : 0

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
  # AWS checks GitHub's certificate by its authority; the argument is still required by older endpoints.
  thumbprint_list = ["6938fd4d98bab03faadb97b34396831e3780aea1"]

  lifecycle {
    prevent_destroy = true
  }
}

data "aws_iam_policy_document" "trust" {
  # checkov:skip=CKV_AWS_358: the subject begins with a repository that a validation lets have no wildcard
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
