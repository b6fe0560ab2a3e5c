mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
  mock_data "aws_region" {
    defaults = { name = "us-east-1" }
  }
}

variables {
  name_prefix        = "team-test"
  environment        = "production"
  log_groups         = { service = "/aws/ecs/team-test" }
  api_key_secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:team-test-datadog-AbCdEf"
  undelivered        = { bucket_arn = "arn:aws:s3:::team-test-logs-123456789012" }
  log_retention_days = 7
}

run "each_log_group_is_forwarded" {
  command = plan

  assert {
    condition     = [for filter in aws_cloudwatch_log_subscription_filter.this : filter.log_group_name] == ["/aws/ecs/team-test"]
    error_message = "there is not one subscription filter per log group"
  }
  assert {
    condition     = aws_kinesis_firehose_delivery_stream.this.http_endpoint_configuration[0].url == "https://aws-kinesis-http-intake.logs.datadoghq.com/v1/input"
    error_message = "the intake is not that of datadoghq.com"
  }
}

# Only the secret's ARN is known; the argument for the key itself stays empty.
run "api_key_is_read_from_secrets_manager" {
  command = plan

  assert {
    condition     = aws_kinesis_firehose_delivery_stream.this.http_endpoint_configuration[0].secrets_manager_configuration[0].enabled && aws_kinesis_firehose_delivery_stream.this.http_endpoint_configuration[0].secrets_manager_configuration[0].secret_arn == var.api_key_secret_arn
    error_message = "the stream does not read the key from Secrets Manager"
  }
  assert {
    condition     = aws_kinesis_firehose_delivery_stream.this.http_endpoint_configuration[0].access_key == null
    error_message = "the key is an argument of the stream, and so in the state"
  }
}

run "newer_sites_use_another_path" {
  command = plan
  variables {
    site = "us5.datadoghq.com"
  }

  assert {
    condition     = aws_kinesis_firehose_delivery_stream.this.http_endpoint_configuration[0].url == "https://aws-kinesis-http-intake.logs.us5.datadoghq.com/api/v2/logs?dd-protocol=aws-kinesis-firehose"
    error_message = "the intake is not that of the newer site"
  }
}

run "unknown_site_is_rejected" {
  command = plan
  variables {
    site = "datadog.example.com"
  }
  expect_failures = [var.site]
}

run "api_key_instead_of_an_arn_is_rejected" {
  command = plan
  variables {
    api_key_secret_arn = "0123456789abcdef0123456789abcdef"
  }
  expect_failures = [var.api_key_secret_arn]
}

run "secret_of_another_environment_is_rejected" {
  command = plan
  variables {
    api_key_secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:team-other-datadog-AbCdEf"
  }
  expect_failures = [var.api_key_secret_arn]
}

run "empty_log_groups_are_rejected" {
  command = plan
  variables {
    log_groups = {}
  }
  expect_failures = [var.log_groups]
}
