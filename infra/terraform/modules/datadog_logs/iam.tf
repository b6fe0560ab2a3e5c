# Two roles: CloudWatch Logs writes lines to the stream; the stream reads the API key and stores undelivered lines.
data "aws_iam_policy_document" "subscription_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["logs.amazonaws.com"]
    }
    condition {
      test     = "StringLike"
      variable = "aws:SourceArn"
      values   = ["${local.arn}:logs:${local.region_account}:*"]
    }
  }
}

resource "aws_iam_role" "subscription" {
  name                 = "${var.name_prefix}-log-subscription"
  assume_role_policy   = data.aws_iam_policy_document.subscription_trust.json
  permissions_boundary = var.permissions_boundary
}

data "aws_iam_policy_document" "subscription" {
  statement {
    actions   = ["firehose:PutRecord", "firehose:PutRecordBatch"]
    resources = ["${local.arn}:firehose:${local.region_account}:deliverystream/${local.stream}"]
  }
}

resource "aws_iam_role_policy" "subscription" {
  name   = "put-log-lines"
  role   = aws_iam_role.subscription.id
  policy = data.aws_iam_policy_document.subscription.json
}

data "aws_iam_policy_document" "stream_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["firehose.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_iam_role" "stream" {
  name                 = "${var.name_prefix}-log-stream"
  assume_role_policy   = data.aws_iam_policy_document.stream_trust.json
  permissions_boundary = var.permissions_boundary
}

data "aws_iam_policy_document" "stream" {
  statement {
    sid       = "Key"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [var.api_key_secret_arn]
  }
  statement {
    sid       = "Undelivered"
    actions   = ["s3:AbortMultipartUpload", "s3:PutObject"]
    resources = ["${var.undelivered.bucket_arn}/${var.undelivered.prefix}/*"]
  }
  statement {
    sid       = "UndeliveredBucket"
    actions   = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
    resources = [var.undelivered.bucket_arn]
  }
  statement {
    sid       = "Log"
    actions   = ["logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.stream.arn}:*"]
  }
}

resource "aws_iam_role_policy" "stream" {
  name   = "deliver"
  role   = aws_iam_role.stream.id
  policy = data.aws_iam_policy_document.stream.json
}
