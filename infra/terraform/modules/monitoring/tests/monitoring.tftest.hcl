mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  name_prefix    = "team-test"
  parameter_path = "/team/test"
  services       = { web = { cluster_name = "c", service_name = "team-test-web" } }
}

run "services_have_three_alarms_each" {
  command = plan

  assert {
    condition     = join(" ", output.alarm_names) == "team-test-web-cpu team-test-web-errors team-test-web-memory"
    error_message = "there are not three alarms for the service"
  }
  assert {
    condition     = length(output.sidecars) == 0 && length(output.secrets) == 0
    error_message = "there is a Datadog agent or a Sentry DSN without being requested"
  }
}

run "all_alarms_exist" {
  command = plan
  variables {
    database                = { engine = "aurora", identifier = "team-test-aurora", max_connections = 400 }
    nat_gateway_ids         = { a = "nat-1" }
    scheduler_function_name = "team-test-ecs-scheduler"
    datadog                 = { environment = "test" }
    sentry                  = true
    budget                  = { monthly_usd = 100, environment_tag = "test" }
    alarm_emails            = ["team@example.com"]
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) == 8
    error_message = "there are not three alarms for the service, three for the database, one for NAT and one for the scheduler"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["db-connections"].threshold == 320
    error_message = "the threshold is not 80 % of the maximum number of connections"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["db-storage"].metric_name == "FreeLocalStorage"
    error_message = "the storage alarm of Aurora does not use the instances' local storage"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["nat-a-bytes"].metric_name == "BytesOutToSource" && aws_cloudwatch_metric_alarm.this["nat-a-bytes"].threshold == 10737418240 && aws_cloudwatch_metric_alarm.this["nat-a-bytes"].comparison_operator == "GreaterThanThreshold"
    error_message = "the alarm is not on more than 10 GiB a day of incoming traffic"
  }
  assert {
    condition     = output.sidecars[0].essential == false
    error_message = "the Datadog agent is essential"
  }
}

run "threshold_above_100_percent_is_rejected" {
  command = plan
  variables {
    thresholds = { task_cpu = 800 }
  }
  expect_failures = [var.thresholds]
}

run "invalid_email_is_rejected" {
  command = plan
  variables {
    alarm_emails = ["team"]
  }
  expect_failures = [var.alarm_emails]
}

run "budget_of_zero_is_rejected" {
  command = plan
  variables {
    budget = { monthly_usd = 0, environment_tag = "test" }
  }
  expect_failures = [var.budget]
}

run "health_check_is_created" {
  command = plan
  variables {
    health_checks = { web = { domain = "example.com", path = "/health" } }
  }

  assert {
    condition     = aws_route53_health_check.this["web"].fqdn == "example.com" && aws_route53_health_check.this["web"].type == "HTTPS"
    error_message = "the health check is missing"
  }
}

run "health_check_domain_with_a_scheme_is_rejected" {
  command = plan
  variables {
    health_checks = { web = { domain = "https://example.com", path = "/health" } }
  }
  expect_failures = [var.health_checks]
}

run "anomaly_alarms_exist" {
  command = plan
  variables {
    anomalies = { load_balancer = "app/team-test-alb/0123456789abcdef" }
  }

  assert {
    condition     = join(" ", keys(aws_cloudwatch_metric_alarm.anomaly)) == "5xx-unusual requests-unusual response-time-unusual"
    error_message = "there are no alarms on requests, response time and 5xx responses"
  }
  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.anomaly : alarm.threshold_metric_id == "band" && contains(alarm.metric_query[*].expression, "ANOMALY_DETECTION_BAND(seen, 2)")])
    error_message = "an alarm does not compare its metric with the expected band"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.anomaly["requests-unusual"].comparison_operator == "LessThanLowerOrGreaterThanUpperThreshold" && aws_cloudwatch_metric_alarm.anomaly["5xx-unusual"].comparison_operator == "GreaterThanUpperThreshold"
    error_message = "the alarm on requests does not fire in both directions, or one on failures does"
  }
  assert {
    condition     = contains(output.alarm_names, "team-test-5xx-unusual")
    error_message = "alarm_names does not contain them"
  }
}

run "anomaly_band_of_no_width_is_rejected" {
  command = plan
  variables {
    anomalies = { load_balancer = "app/team-test-alb/0123456789abcdef", width = 0 }
  }
  expect_failures = [var.anomalies]
}
