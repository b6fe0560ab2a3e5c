# The role for Terraform plans. It writes nothing but the state lock. It can read everything Terraform reads: to compare a
# parameter, the provider also fetches its value, which it drops because the arguments are write-only. Anyone who can push a
# branch can therefore read secrets with this role.
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

  # A plan locks its state with a file next to it, which is written and deleted at the end.
  statement {
    sid       = "StateLock"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    resources = ["${local.arn}:s3:::${var.state_bucket}/${each.value.state_prefix}/*.tflock"]
  }
  # Not part of ReadOnlyAccess: the password that the database module reads while planning.
  statement {
    sid       = "DatabasePassword"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["${local.arn}:secretsmanager:${each.value.region}:${local.account}:secret:${each.value.name_prefix}-database-*"]
  }
  statement {
    sid       = "NewPassword"
    actions   = ["secretsmanager:GetRandomPassword"]
    resources = ["*"] # the action has no resource-level permissions
  }
}

resource "aws_iam_role_policy" "plan" {
  for_each = var.environments

  name   = "plan"
  role   = aws_iam_role.plan[each.key].id
  policy = data.aws_iam_policy_document.plan[each.key].json
}
