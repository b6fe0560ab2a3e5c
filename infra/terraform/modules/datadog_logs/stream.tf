# Log lines go to CloudWatch as ever, where the cockpit reads them, and from there a copy to Datadog: a subscription
# filter on each group, a stream of Firehose, and Datadog's address. (A router beside the task, FireLens, would send them
# to Datadog only, or each line twice from the task.) The key is in a secret that somebody made by hand; Firehose reads it
# when it sends, so that it is in no state, no plan and no definition.
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  arn    = "arn:${data.aws_partition.current.partition}"
  here   = "${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"
  stream = "${var.name_prefix}-datadog-logs"

  # Where each of Datadog's sites takes what Firehose sends; the older ones have another path.
  intake = "https://aws-kinesis-http-intake.logs.${var.site}/${contains(["datadoghq.com", "datadoghq.eu", "ddog-gov.com"], var.site) ? "v1/input" : "api/v2/logs?dd-protocol=aws-kinesis-firehose"}"
}

# What the stream says about itself: which key was refused, what was not delivered.
resource "aws_cloudwatch_log_group" "stream" {
  # checkov:skip=CKV_AWS_158: the key of CloudWatch Logs is enough; a key of our own costs and can lock us out
  # checkov:skip=CKV_AWS_338: how long is the environment's decision, as documented
  name              = "/aws/kinesisfirehose/${local.stream}"
  retention_in_days = var.log_retention_days
}

resource "aws_cloudwatch_log_stream" "stream" {
  name           = "delivery"
  log_group_name = aws_cloudwatch_log_group.stream.name
}

resource "aws_kinesis_firehose_delivery_stream" "this" {
  # checkov:skip=CKV_AWS_241: encrypted with the key of Firehose; a key of our own costs and can lock us out
  name        = local.stream
  destination = "http_endpoint"

  server_side_encryption {
    enabled = true
  }

  http_endpoint_configuration {
    name               = "Datadog"
    url                = local.intake
    role_arn           = aws_iam_role.stream.arn
    buffering_interval = 60
    buffering_size     = 4
    retry_duration     = 60
    # What Datadog did not take within a minute is kept as a file.
    s3_backup_mode = "FailedDataOnly"

    request_configuration {
      content_encoding = "GZIP"

      dynamic "common_attributes" {
        for_each = { env = var.environment }
        content {
          name  = common_attributes.key
          value = common_attributes.value
        }
      }
    }

    secrets_manager_configuration {
      enabled    = true
      secret_arn = var.api_key_secret_arn
      role_arn   = aws_iam_role.stream.arn
    }

    s3_configuration {
      role_arn            = aws_iam_role.stream.arn
      bucket_arn          = var.undelivered.bucket_arn
      prefix              = "${var.undelivered.prefix}/"
      error_output_prefix = "${var.undelivered.prefix}/!{firehose:error-output-type}/"
      compression_format  = "GZIP"
    }

    cloudwatch_logging_options {
      enabled         = true
      log_group_name  = aws_cloudwatch_log_group.stream.name
      log_stream_name = aws_cloudwatch_log_stream.stream.name
    }
  }

  depends_on = [aws_iam_role_policy.stream]
}

resource "aws_cloudwatch_log_subscription_filter" "this" {
  for_each = var.log_groups

  name            = "${local.stream}-${each.key}"
  log_group_name  = each.value
  filter_pattern  = "" # every line
  destination_arn = aws_kinesis_firehose_delivery_stream.this.arn
  role_arn        = aws_iam_role.subscription.arn

  depends_on = [aws_iam_role_policy.subscription]
}
