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

run "services_only" {
  command = plan

  assert {
    condition     = join(" ", output.alarm_names) == "team-test-web-cpu team-test-web-errors team-test-web-memory"
    error_message = "three alarms a service"
  }
  assert {
    condition     = length(output.sidecars) == 0 && length(output.secrets) == 0
    error_message = "no agent and no Sentry were asked for"
  }
}

run "everything" {
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
    error_message = "three of the service, three of the database, NAT, scheduler"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["db-connections"].threshold == 320
    error_message = "80 % of what the database allows"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["db-storage"].metric_name == "FreeLocalStorage"
    error_message = "Aurora's volume does not fill up, its instances' storage does"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["nat-a-bytes"].metric_name == "BytesOutToSource" && aws_cloudwatch_metric_alarm.this["nat-a-bytes"].threshold == 10737418240 && aws_cloudwatch_metric_alarm.this["nat-a-bytes"].comparison_operator == "GreaterThanThreshold"
    error_message = "more than 10 GiB a day that the gateway brings in"
  }
  assert {
    condition     = output.sidecars[0].essential == false
    error_message = "the application goes on without its agent"
  }
}

run "per_cent_above_a_hundred" {
  command = plan
  variables {
    thresholds = { task_cpu = 800 }
  }
  expect_failures = [var.thresholds]
}

run "no_address" {
  command = plan
  variables {
    alarm_emails = ["team"]
  }
  expect_failures = [var.alarm_emails]
}

run "no_money" {
  command = plan
  variables {
    budget = { monthly_usd = 0, environment_tag = "test" }
  }
  expect_failures = [var.budget]
}

run "asked_from_outside" {
  command = plan
  variables {
    health_checks = { web = { domain = "example.com", path = "/health" } }
  }

  assert {
    condition     = aws_route53_health_check.this["web"].fqdn == "example.com" && aws_route53_health_check.this["web"].type == "HTTPS"
    error_message = "a health check was asked for"
  }
}

run "a_health_check_of_a_url" {
  command = plan
  variables {
    health_checks = { web = { domain = "https://example.com", path = "/health" } }
  }
  expect_failures = [var.health_checks]
}

run "what_is_unusual" {
  command = plan
  variables {
    anomalies = { load_balancer = "app/team-test-alb/0123456789abcdef" }
  }

  assert {
    condition     = join(" ", keys(aws_cloudwatch_metric_alarm.anomaly)) == "5xx-unusual requests-unusual response-time-unusual"
    error_message = "requests, response time and answers 5xx"
  }
  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.anomaly : alarm.threshold_metric_id == "band" && contains(alarm.metric_query[*].expression, "ANOMALY_DETECTION_BAND(seen, 2)")])
    error_message = "each is compared with the usual band"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.anomaly["requests-unusual"].comparison_operator == "LessThanLowerOrGreaterThanUpperThreshold" && aws_cloudwatch_metric_alarm.anomaly["5xx-unusual"].comparison_operator == "GreaterThanUpperThreshold"
    error_message = "requests both ways, failures upwards only"
  }
  assert {
    condition     = contains(output.alarm_names, "team-test-5xx-unusual")
    error_message = "they are among the alarms"
  }
}

run "nothing_is_unusual" {
  command = plan
  variables {
    anomalies = { load_balancer = "app/team-test-alb/0123456789abcdef", width = 0 }
  }
  expect_failures = [var.anomalies]
}
