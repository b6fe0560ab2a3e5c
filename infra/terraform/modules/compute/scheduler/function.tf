data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  function_name = "${var.name_prefix}-ecs-scheduler"
}

# Lambda takes code that is no file from a bucket only.
resource "aws_s3_bucket" "code" {
  # checkov:skip=CKV_AWS_18: one public file of this repository; nobody needs to know who read it
  # checkov:skip=CKV_AWS_21: the source is in version control
  # checkov:skip=CKV_AWS_144: the source is in version control
  # checkov:skip=CKV_AWS_145: encrypted with the key of S3; the content is public
  # checkov:skip=CKV2_AWS_61: one small file for each version of the source
  # checkov:skip=CKV2_AWS_62: nothing waits for an event of this bucket
  bucket        = "${local.function_name}-${data.aws_caller_identity.current.account_id}"
  force_destroy = true
}

resource "aws_s3_bucket_public_access_block" "code" {
  bucket                  = aws_s3_bucket.code.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_object" "code" {
  # checkov:skip=CKV_AWS_186: encrypted with the key of S3
  bucket         = aws_s3_bucket.code.id
  key            = "${sha256(local.source)}.zip"
  content_base64 = local.zip_base64
  content_type   = "application/zip"
}

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_158: the key of CloudWatch Logs is enough; counts are no secret
  # checkov:skip=CKV_AWS_338: how long is the environment's decision, as documented
  name              = "/aws/lambda/${local.function_name}"
  retention_in_days = var.log_retention_days
}

resource "aws_lambda_function" "this" {
  # checkov:skip=CKV_AWS_50: a function that only makes five kinds of calls of ECS needs no tracing
  # checkov:skip=CKV_AWS_115: it is called twice a day
  # checkov:skip=CKV_AWS_116: Lambda tries three times within minutes, and then the services are as they were; an alarm counts errors where the module monitoring has one
  # checkov:skip=CKV_AWS_117: it only calls AWS
  # checkov:skip=CKV_AWS_173: no variable is a secret
  # checkov:skip=CKV_AWS_272: code comes from this configuration; a signing profile guards against nobody more
  function_name = local.function_name
  description   = "Starts and stops the services of ${var.cluster_name}: {\"action\": \"start\" or \"stop\"}"
  role          = aws_iam_role.function.arn

  runtime       = "nodejs22.x"
  handler       = "index.handler"
  architectures = ["arm64"]
  timeout       = 60
  memory_size   = 256

  s3_bucket = aws_s3_object.code.bucket
  s3_key    = aws_s3_object.code.key

  environment {
    variables = { CLUSTER = var.cluster_name }
  }

  # The log group is made first, or Lambda makes one without an end to its retention.
  depends_on = [aws_iam_role_policy.function, aws_cloudwatch_log_group.this]
}
