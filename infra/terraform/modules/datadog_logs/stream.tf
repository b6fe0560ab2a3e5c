# Log lines stay in CloudWatch, where the cockpit reads them; a copy goes to Datadog through a subscription filter on each log
# group and a Firehose stream to Datadog's intake. (A FireLens sidecar would send the lines to Datadog only, or send each
# line twice from the task.) The API key is in a secret created by hand; Firehose reads it when it delivers, so it is in no
# state, no plan and no task definition.
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  arn            = "arn:${data.aws_partition.current.partition}"
  region_account = "${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"
  stream         = "${var.name_prefix}-datadog-logs"

  # The intake URL for Firehose of each Datadog site; the older sites use another path.
  intake = "https://aws-kinesis-http-intake.logs.${var.site}/${contains(["datadoghq.com", "datadoghq.eu", "ddog-gov.com"], var.site) ? "v1/input" : "api/v2/logs?dd-protocol=aws-kinesis-firehose"}"
}

# The stream's own log: rejected API keys and failed deliveries.
resource "aws_cloudwatch_log_group" "stream" {
  # checkov:skip=CKV_AWS_158: the default encryption of CloudWatch Logs is enough; a customer-managed key costs money and can lock us out
  # checkov:skip=CKV_AWS_338: each environment sets its own retention, as documented
  name              = "/aws/kinesisfirehose/${local.stream}"
  retention_in_days = var.log_retention_days
}

resource "aws_cloudwatch_log_stream" "stream" {
  name           = "delivery"
  log_group_name = aws_cloudwatch_log_group.stream.name
}

resource "aws_kinesis_firehose_delivery_stream" "this" {
  # checkov:skip=CKV_AWS_241: encrypted with the Firehose-owned key; a customer-managed key costs money and can lock us out
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
    # Lines that Datadog does not accept within a minute are stored in the bucket.
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
