# Ephemeral values cannot be mocked, so these tests request a random password and the caller identity from AWS: an emulator
# (`./dev test-infra` starts one) or a real account, in which nothing else happens.
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

run "http_is_forwarded_without_a_certificate" {
  command = plan

  assert {
    condition     = length(aws_lb_listener.https) == 0 && aws_lb_listener.http.default_action[0].type == "forward"
    error_message = "HTTP is not forwarded although there is no HTTPS listener"
  }
  assert {
    condition     = output.https == "off: no domain and no certificate"
    error_message = "the output does not give the reason why HTTPS is off"
  }
}

# A warning in a plan, which a test reports as a failure.
run "plan_warns_without_https" {
  command = plan
  variables {
    expect_https = true
  }
  expect_failures = [check.https]
}

run "https_is_on_with_a_certificate" {
  command = plan
  variables {
    certificate_arn = "arn:aws:acm:ap-northeast-1:123456789012:certificate/1"
  }

  assert {
    condition     = aws_lb_listener.http.default_action[0].redirect[0].status_code == "HTTP_301" && startswith(aws_lb_listener.https[0].ssl_policy, "ELBSecurityPolicy-TLS13")
    error_message = "HTTP does not redirect to HTTPS"
  }
}

run "https_is_off_until_the_domain_is_delegated" {
  command = plan
  variables {
    domain = { name = "example.com", create_zone = true, delegated = false }
  }

  assert {
    condition     = length(aws_lb_listener.https) == 0
    error_message = "there is an HTTPS listener before the certificate can be validated"
  }
}

run "schedule_creates_the_function" {
  command = plan
  variables {
    schedule = { start = "cron(0 9 ? * MON-FRI *)", stop = "cron(0 22 ? * MON-FRI *)", timezone = "Asia/Tokyo" }
  }

  assert {
    condition     = output.scheduler_function_name == "team-test-ecs-scheduler"
    error_message = "the function has another name"
  }
}

run "autoscaling_max_below_min_is_rejected" {
  command = plan
  variables {
    services = {
      web = { image = "x/web:1", port = 3000, cpu = 256, memory = 512, health_check_path = "/health", security_group_id = "sg-2", autoscaling = { min = 5, max = 2 } }
    }
  }
  expect_failures = [var.services]
}

run "unsupported_fargate_size_is_rejected" {
  command = plan
  variables {
    services = {
      web = { image = "x/web:1", port = 3000, cpu = 256, memory = 4096, health_check_path = "/health", security_group_id = "sg-2" }
    }
  }
  expect_failures = [var.services]
}

run "services_without_a_default_are_rejected" {
  command = plan
  variables {
    services = {
      api = { image = "x/api:1", port = 4000, cpu = 256, memory = 512, health_check_path = "/api/health", security_group_id = "sg-3", path_patterns = ["/api/*"] }
    }
  }
  expect_failures = [var.services]
}

run "undeclared_secret_is_rejected" {
  command = plan
  variables {
    services = {
      web = { image = "x/web:1", port = 3000, cpu = 256, memory = 512, health_check_path = "/health", security_group_id = "sg-2", secrets = ["API_KEY"] }
    }
  }
  expect_failures = [aws_ecs_task_definition.this]
}

run "services_get_internal_urls" {
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
    error_message = "web does not get the internal URL of api"
  }
  assert {
    condition     = keys(aws_service_discovery_service.this) == ["api", "web"]
    error_message = "not every service has a private DNS name"
  }
}

run "wildcard_grant_is_rejected" {
  command = plan
  variables {
    task_grants = { All = { actions = ["*"], resources = ["arn:aws:s3:::x"] } }
  }
  expect_failures = [var.task_grants]
}

run "log_group_names_can_be_given" {
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
    error_message = "the log groups have other names than the given ones"
  }
  assert {
    condition     = local.sidecars["web"][0].essential == false && local.sidecars["web"][0].secrets[0].name == "KEY"
    error_message = "the sidecar is missing or essential"
  }
}

run "call_without_a_namespace_is_rejected" {
  command = plan
  variables {
    services = {
      web = { image = "x/web:1", port = 3000, cpu = 256, memory = 512, health_check_path = "/health", security_group_id = "sg-2", calls = { API_URL = "api" } }
      api = { image = "x/api:1", port = 4000, cpu = 256, memory = 512, health_check_path = "/api/health", security_group_id = "sg-3", path_patterns = ["/api/*"] }
    }
  }
  expect_failures = [var.namespace]
}

run "database_users_read_its_parameters" {
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
    error_message = "uses_database does not decide who reads the database's parameters"
  }
}

run "first_plan_uses_the_declared_image" {
  command = plan

  assert {
    condition     = local.containers["web"].image == "x/web:1" && local.containers["web"].dockerLabels["cockpit.declared-image"] == "x/web:1"
    error_message = "the image is not the declared one although nothing runs yet"
  }
}

run "domain_without_a_zone_is_rejected" {
  command = plan
  variables {
    domain = { name = "example.com" }
  }
  expect_failures = [var.domain]
}

run "schedule_with_autoscaling_is_rejected" {
  command = plan
  variables {
    schedule = { start = "cron(0 9 ? * MON-FRI *)", stop = "cron(0 22 ? * MON-FRI *)", timezone = "Asia/Tokyo" }
    services = {
      web = { image = "x/web:1", port = 3000, cpu = 256, memory = 512, health_check_path = "/health", security_group_id = "sg-2", autoscaling = { min = 1, max = 2 } }
    }
  }
  expect_failures = [var.schedule]
}

run "old_tls_policy_is_rejected" {
  command = plan
  variables {
    ssl_policy = "ELBSecurityPolicy-2016-08"
  }
  expect_failures = [var.ssl_policy]
}

run "unsupported_log_retention_is_rejected" {
  command = plan
  variables {
    log_retention_days = 8
  }
  expect_failures = [var.log_retention_days]
}
