# Ephemeral values cannot be mocked, so these tests ask AWS for a random password and who they are: an emulator
# (`./dev test-infra` starts one), or an account to which nothing is done but that.
provider "aws" {
  region                      = "ap-northeast-1"
  skip_metadata_api_check     = true
  skip_credentials_validation = true
  max_retries                 = 2
}

variables {
  name_prefix           = "team-test"
  cluster_name          = "team-test-cluster"
  vpc_id                = "vpc-1"
  alb_subnet_ids        = ["subnet-1", "subnet-2"]
  alb_security_group_id = "sg-1"
  task_subnet_ids       = ["subnet-1", "subnet-2"]
  assign_public_ip      = true
  repository_arns       = ["arn:aws:ecr:ap-northeast-1:123456789012:repository/web"]
  parameter_path        = "/team/test"
  log_retention_days    = 7
  expect_https          = false
  health_check          = { interval = 30, unhealthy_threshold = 3 }
  services = {
    web = { image = "x/web:1", port = 3000, cpu = 256, memory = 512, health_check_path = "/health", security_group_id = "sg-2" }
    api = { image = "x/api:1", port = 4000, cpu = 256, memory = 512, health_check_path = "/api/health", security_group_id = "sg-3", path_patterns = ["/api/*"] }
  }
}

run "http_without_a_certificate" {
  command = plan

  assert {
    condition     = length(aws_lb_listener.https) == 0 && aws_lb_listener.http.default_action[0].type == "forward"
    error_message = "HTTP is answered where there is no HTTPS"
  }
  assert {
    condition     = output.https == "off: no domain and no certificate"
    error_message = "the output says why there is none"
  }
}

# A warning in the plan, not a failure; a test can only see it as one.
run "a_plan_says_so" {
  command = plan
  variables {
    expect_https = true
  }
  expect_failures = [check.https]
}

run "https_with_a_certificate" {
  command = plan
  variables {
    certificate_arn = "arn:aws:acm:ap-northeast-1:123456789012:certificate/1"
  }

  assert {
    condition     = aws_lb_listener.http.default_action[0].redirect[0].status_code == "HTTP_301" && startswith(aws_lb_listener.https[0].ssl_policy, "ELBSecurityPolicy-TLS13")
    error_message = "HTTP redirects to HTTPS"
  }
}

run "a_domain_that_is_not_delegated_yet" {
  command = plan
  variables {
    domain = { name = "example.com", create_zone = true, delegated = false }
  }

  assert {
    condition     = length(aws_lb_listener.https) == 0
    error_message = "no certificate yet, so no HTTPS"
  }
}

run "a_schedule" {
  command = plan
  variables {
    schedule = { start = "cron(0 9 ? * MON-FRI *)", stop = "cron(0 22 ? * MON-FRI *)", timezone = "Asia/Tokyo" }
  }

  assert {
    condition     = output.scheduler_function_name == "team-test-ecs-scheduler"
    error_message = "the function's name"
  }
}

run "most_below_least" {
  command = plan
  variables {
    services = {
      web = { image = "x/web:1", port = 3000, cpu = 256, memory = 512, health_check_path = "/health", security_group_id = "sg-2", autoscaling = { min = 5, max = 2 } }
    }
  }
  expect_failures = [var.services]
}

run "a_size_that_fargate_has_not" {
  command = plan
  variables {
    services = {
      web = { image = "x/web:1", port = 3000, cpu = 256, memory = 4096, health_check_path = "/health", security_group_id = "sg-2" }
    }
  }
  expect_failures = [var.services]
}

run "nobody_answers_the_rest" {
  command = plan
  variables {
    services = {
      api = { image = "x/api:1", port = 4000, cpu = 256, memory = 512, health_check_path = "/api/health", security_group_id = "sg-3", path_patterns = ["/api/*"] }
    }
  }
  expect_failures = [var.services]
}

run "a_secret_that_nobody_makes" {
  command = plan
  variables {
    services = {
      web = { image = "x/web:1", port = 3000, cpu = 256, memory = 512, health_check_path = "/health", security_group_id = "sg-2", secrets = ["API_KEY"] }
    }
  }
  expect_failures = [aws_ecs_task_definition.this]
}

run "services_find_each_other" {
  command = plan
  variables {
    namespace = "team-test.internal"
    services = {
      web = { image = "x/web:1", port = 3000, cpu = 256, memory = 512, health_check_path = "/health", security_group_id = "sg-2", calls = { API_URL = "api" } }
      api = { image = "x/api:1", port = 4000, cpu = 256, memory = 512, health_check_path = "/api/health", security_group_id = "sg-3", path_patterns = ["/api/*"] }
    }
  }

  assert {
    condition     = contains(local.containers["web"].environment, { name = "API_URL", value = "http://api.team-test.internal:4000" })
    error_message = "web is told where api is, inside the network"
  }
  assert {
    condition     = keys(aws_service_discovery_service.this) == ["api", "web"]
    error_message = "each service has a name"
  }
}

run "a_grant_of_everything" {
  command = plan
  variables {
    task_grants = { All = { actions = ["*"], resources = ["arn:aws:s3:::x"] } }
  }
  expect_failures = [var.task_grants]
}

run "log_groups_as_documented" {
  command = plan
  variables {
    sidecars               = [{ name = "agent", image = "x/agent:1", cpu = 64, memory_reservation = 128, secrets = { KEY = "arn:aws:ssm:ap-northeast-1:123456789012:parameter/k" } }]
    sidecar_log_group_name = "/ecs/agent"
    services = {
      web = { image = "x/web:1", port = 3000, cpu = 256, memory = 512, health_check_path = "/health", security_group_id = "sg-2", log_group_name = "/aws/ecs/team" }
    }
  }

  assert {
    condition     = aws_cloudwatch_log_group.service["web"].name == "/aws/ecs/team" && local.sidecars["web"][0].logConfiguration.options["awslogs-group"] == "/ecs/agent"
    error_message = "the names that were given"
  }
  assert {
    condition     = local.sidecars["web"][0].essential == false && local.sidecars["web"][0].secrets[0].name == "KEY"
    error_message = "a sidecar is typed, and does not end the task"
  }
}

run "a_call_with_no_namespace" {
  command = plan
  variables {
    services = {
      web = { image = "x/web:1", port = 3000, cpu = 256, memory = 512, health_check_path = "/health", security_group_id = "sg-2", calls = { API_URL = "api" } }
      api = { image = "x/api:1", port = 4000, cpu = 256, memory = 512, health_check_path = "/api/health", security_group_id = "sg-3", path_patterns = ["/api/*"] }
    }
  }
  expect_failures = [var.namespace]
}

run "who_uses_the_database_reads_its_parameters" {
  command = plan
  variables {
    database_secrets = { DATABASE_URL = "arn:aws:ssm:ap-northeast-1:123456789012:parameter/team/test/DATABASE_URL" }
    services = {
      web = { image = "x/web:1", port = 3000, cpu = 256, memory = 512, health_check_path = "/health", security_group_id = "sg-2", uses_database = true }
      api = { image = "x/api:1", port = 4000, cpu = 256, memory = 512, health_check_path = "/api/health", security_group_id = "sg-3", path_patterns = ["/api/*"] }
    }
  }

  assert {
    condition     = [for secret in local.containers["web"].secrets : secret.name] == ["DATABASE_URL"] && length(local.containers["api"].secrets) == 0
    error_message = "one variable of the service decides"
  }
}

run "the_first_plan_takes_the_codes_image" {
  command = plan

  assert {
    condition     = local.containers["web"].image == "x/web:1" && local.containers["web"].dockerLabels["cockpit.declared-image"] == "x/web:1"
    error_message = "nothing runs yet"
  }
}

run "a_domain_without_a_zone" {
  command = plan
  variables {
    domain = { name = "example.com" }
  }
  expect_failures = [var.domain]
}

run "a_schedule_against_autoscaling" {
  command = plan
  variables {
    schedule = { start = "cron(0 9 ? * MON-FRI *)", stop = "cron(0 22 ? * MON-FRI *)", timezone = "Asia/Tokyo" }
    services = {
      web = { image = "x/web:1", port = 3000, cpu = 256, memory = 512, health_check_path = "/health", security_group_id = "sg-2", autoscaling = { min = 1, max = 2 } }
    }
  }
  expect_failures = [var.schedule]
}

run "an_old_policy_of_tls" {
  command = plan
  variables {
    ssl_policy = "ELBSecurityPolicy-2016-08"
  }
  expect_failures = [var.ssl_policy]
}

run "a_retention_that_cloudwatch_has_not" {
  command = plan
  variables {
    log_retention_days = 8
  }
  expect_failures = [var.log_retention_days]
}
