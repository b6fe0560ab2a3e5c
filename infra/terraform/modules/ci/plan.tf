# Plans: changes nothing but the lock of a state. It must read what Terraform reads, and to compare a parameter the provider
# asks for its value (which it then drops, as the arguments are write-only); so who may push a branch could read secrets
# with this role.
resource "aws_iam_role" "plan" {
  for_each = var.environments

  name               = "${each.value.name_prefix}-ci-plan"
  description        = "Terraform plans of ${each.key}, by workflows"
  assume_role_policy = data.aws_iam_policy_document.trust["${each.key}-plan"].json

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_iam_role_policy_attachment" "plan" {
  for_each = var.environments

  role       = aws_iam_role.plan[each.key].name
  policy_arn = "${local.arn}:iam::aws:policy/ReadOnlyAccess"
}

data "aws_iam_policy_document" "plan" {
  for_each = var.environments

  # A plan holds the lock of its state: a file beside it that is written, and deleted at the end.
  statement {
    sid       = "StateLock"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    resources = ["${local.arn}:s3:::${var.state_bucket}/${each.value.state_prefix}/*.tflock"]
  }
  # What ReadOnlyAccess has not: the password that the module database hands on while planning.
  statement {
    sid       = "DatabasePassword"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["${local.arn}:secretsmanager:${each.value.region}:${local.account}:secret:${each.value.name_prefix}-database-*"]
  }
  statement {
    sid       = "NewPassword"
    actions   = ["secretsmanager:GetRandomPassword"]
    resources = ["*"] # this action knows no resource
  }
}

resource "aws_iam_role_policy" "plan" {
  for_each = var.environments

  name   = "plan"
  role   = aws_iam_role.plan[each.key].id
  policy = data.aws_iam_policy_document.plan[each.key].json
}
