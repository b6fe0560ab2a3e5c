data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  function_name = "${var.name_prefix}-ecs-scheduler"
}

# Code that is not a local file can only reach Lambda through a bucket.
resource "aws_s3_bucket" "code" {
  # checkov:skip=CKV_AWS_18: one public file of this repository; reads of it need no record
  # checkov:skip=CKV_AWS_21: the source is in version control
  # checkov:skip=CKV_AWS_144: the source is in version control
  # checkov:skip=CKV_AWS_145: encrypted with the S3-managed key; the content is public
  # checkov:skip=CKV2_AWS_61: one small file per version of the source
  # checkov:skip=CKV2_AWS_62: nothing consumes events of this bucket
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
  # checkov:skip=CKV_AWS_186: encrypted with the S3-managed key
  bucket         = aws_s3_bucket.code.id
  key            = "${sha256(local.source)}.zip"
  content_base64 = local.zip_base64
  content_type   = "application/zip"
}

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_158: the default encryption of CloudWatch Logs is enough; task counts are not secret
  # checkov:skip=CKV_AWS_338: each environment sets its own retention, as documented
  name              = "/aws/lambda/${local.function_name}"
  retention_in_days = var.log_retention_days
}

resource "aws_lambda_function" "this" {
  # checkov:skip=CKV_AWS_50: a function that makes only five kinds of ECS calls needs no tracing
  # checkov:skip=CKV_AWS_115: it is called twice a day
  # checkov:skip=CKV_AWS_116: Lambda makes three attempts within minutes; if all fail, the services stay as they were, and the monitoring module's alarm reports the errors
  # checkov:skip=CKV_AWS_117: it calls AWS APIs only
  # checkov:skip=CKV_AWS_173: no environment variable is a secret
  # checkov:skip=CKV_AWS_272: the code comes from this configuration; code signing would add no protection
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

  # The log group must exist first; otherwise Lambda creates one that never expires.
  depends_on = [aws_iam_role_policy.function, aws_cloudwatch_log_group.this]
}
