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

run "each_group_is_copied" {
  command = plan

  assert {
    condition     = [for filter in aws_cloudwatch_log_subscription_filter.this : filter.log_group_name] == ["/aws/ecs/team-test"]
    error_message = "one subscription a group"
  }
  assert {
    condition     = aws_kinesis_firehose_delivery_stream.this.http_endpoint_configuration[0].url == "https://aws-kinesis-http-intake.logs.datadoghq.com/v1/input"
    error_message = "where the first site takes it"
  }
}

# Only the secret's address is known here: the argument that would hold the key is empty.
run "the_key_is_read_when_it_is_needed" {
  command = plan

  assert {
    condition     = aws_kinesis_firehose_delivery_stream.this.http_endpoint_configuration[0].secrets_manager_configuration[0].enabled && aws_kinesis_firehose_delivery_stream.this.http_endpoint_configuration[0].secrets_manager_configuration[0].secret_arn == var.api_key_secret_arn
    error_message = "from Secrets Manager"
  }
  assert {
    condition     = aws_kinesis_firehose_delivery_stream.this.http_endpoint_configuration[0].access_key == null
    error_message = "no key in the state"
  }
}

run "another_site" {
  command = plan
  variables {
    site = "us5.datadoghq.com"
  }

  assert {
    condition     = aws_kinesis_firehose_delivery_stream.this.http_endpoint_configuration[0].url == "https://aws-kinesis-http-intake.logs.us5.datadoghq.com/api/v2/logs?dd-protocol=aws-kinesis-firehose"
    error_message = "the newer sites have another path"
  }
}

run "no_site_of_datadog" {
  command = plan
  variables {
    site = "datadog.example.com"
  }
  expect_failures = [var.site]
}

run "the_key_itself" {
  command = plan
  variables {
    api_key_secret_arn = "0123456789abcdef0123456789abcdef"
  }
  expect_failures = [var.api_key_secret_arn]
}

run "another_environments_key" {
  command = plan
  variables {
    api_key_secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:team-other-datadog-AbCdEf"
  }
  expect_failures = [var.api_key_secret_arn]
}

run "nothing_to_send" {
  command = plan
  variables {
    log_groups = {}
  }
  expect_failures = [var.log_groups]
}
