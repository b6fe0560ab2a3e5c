# The role for Terraform applies. Its permissions equal docs/iam/ENVIRONMENT/infra.json, which is generated from the same
# table as the template here (tests/infrastructure/permissions.py). Roles that it creates must carry the boundary, so it
# cannot escalate its own permissions through them. It is denied every change to this module's own resources.
resource "aws_iam_role" "apply" {
  for_each = var.environments

  name                 = "${each.value.name_prefix}-ci-apply"
  description          = "Terraform applies of ${each.key}, by workflows"
  assume_role_policy   = data.aws_iam_policy_document.trust["${each.key}-apply"].json
  max_session_duration = 7200 # a first apply with Aurora and CloudFront takes almost an hour

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_iam_policy" "apply" {
  for_each = var.environments

  name        = "${each.value.name_prefix}-ci-apply"
  description = "What Terraform needs to make ${each.key}"
  policy = templatefile("${path.module}/infra.json.tftpl", {
    ACCOUNT      = local.account
    PREFIX       = each.value.name_prefix
    REGION       = each.value.region
    STATE_BUCKET = var.state_bucket
    STATE_PREFIX = each.value.state_prefix
  })
}

resource "aws_iam_role_policy_attachment" "apply" {
  for_each = var.environments

  role       = aws_iam_role.apply[each.key].name
  policy_arn = aws_iam_policy.apply[each.key].arn
}

# The permissions boundary of the environment's roles: the maximum that any of them can be allowed, whatever its own policy
# grants. It covers what the application, the scheduler, the instance's agents and the flow logs need, with no IAM actions
# and no parameters or secrets of other environments.
data "aws_iam_policy_document" "boundary" {
  for_each = var.environments

  # checkov:skip=CKV_AWS_111: a boundary grants nothing; it caps the roles' own policies, which name their resources
  # checkov:skip=CKV_AWS_356: a boundary grants nothing; it caps the roles' own policies, which name their resources
  # checkov:skip=CKV_AWS_107: a boundary grants nothing; the roles' own policies name the repositories they pull from
  # checkov:skip=CKV_AWS_108: a boundary grants nothing; the roles' own policies name the buckets and parameters they read
  statement {
    sid = "AtMost"
    actions = [
      "cloudwatch:PutMetricData", "cognito-idp:*", "config:*", "ec2:Describe*", "ec2messages:*", "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer", "ecs:DescribeServices", "ecs:ListServices",
      "ecs:TagResource", "ecs:UpdateService", "firehose:PutRecord", "firehose:PutRecordBatch", "lambda:InvokeFunction",
      "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents", "s3:AbortMultipartUpload", "s3:DeleteObject",
      "s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:PutObject",
      "ssm:UpdateInstanceInformation", "ssmmessages:*",
    ]
    resources = ["*"]
  }
  statement {
    sid       = "Parameters"
    actions   = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"]
    resources = ["${local.arn}:ssm:${each.value.region}:${local.account}:parameter${each.value.parameter_path}", "${local.arn}:ssm:${each.value.region}:${local.account}:parameter${each.value.parameter_path}/*"]
  }
  statement {
    sid       = "DatadogsKey" # read by the Firehose log stream (module datadog_logs)
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["${local.arn}:secretsmanager:${each.value.region}:${local.account}:secret:${each.value.name_prefix}-datadog-*"]
  }
}

resource "aws_iam_policy" "boundary" {
  for_each = var.environments

  name        = "${each.value.name_prefix}-boundary"
  description = "The most that a role of ${each.key} can be allowed"
  policy      = data.aws_iam_policy_document.boundary[each.key].json
}
