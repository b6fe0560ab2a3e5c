mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_region" {
    defaults = { name = "ap-northeast-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
  mock_data "aws_ssm_parameter" {
    defaults = { insecure_value = "ami-0123456789abcdef0" }
  }
}

variables {
  name_prefix         = "team-test"
  vpc_id              = "vpc-1"
  database_port       = 5432
  allowed_cidr_blocks = ["203.0.113.4/32"]
  services = {
    web = { port = 3000 }
    api = { port = 4000, uses_database = true, egress_ports = [27017] }
  }
}

run "only_database_users_reach_the_database" {
  command = plan

  assert {
    condition     = keys(aws_vpc_security_group_ingress_rule.database) == ["api"]
    error_message = "a service that does not use the database reaches it"
  }
  assert {
    condition     = keys(aws_vpc_security_group_egress_rule.service_other) == ["api-27017"]
    error_message = "api has no outbound rule for 27017"
  }
  assert {
    condition     = length(aws_instance.bastion) == 0 && length(aws_vpc_security_group_ingress_rule.alb_cloudfront) == 0 && length(aws_cloudtrail.this) == 0
    error_message = "an optional resource exists by default"
  }
}

run "bastion_reaches_the_database" {
  command = plan
  variables {
    bastion = { subnet_id = "subnet-1" }
  }

  assert {
    condition     = keys(aws_vpc_security_group_ingress_rule.database) == ["api", "bastion"] && aws_instance.bastion[0].instance_type == "t3.nano"
    error_message = "the bastion does not reach the database"
  }
  assert {
    condition     = aws_instance.bastion[0].metadata_options[0].http_tokens == "required"
    error_message = "the bastion allows version 1 of the instance metadata service"
  }
}

run "audit_records_can_be_enabled" {
  command = plan
  variables {
    cloudtrail = true
    guardduty  = true
    aws_config = true
  }

  assert {
    condition     = length(aws_cloudtrail.this) + length(aws_guardduty_detector.this) + length(aws_config_configuration_recorder.this) == 3
    error_message = "an enabled audit record is missing"
  }
}

run "empty_allow_list_is_rejected" {
  command = plan
  variables {
    allowed_cidr_blocks = []
  }
  expect_failures = [var.allowed_cidr_blocks]
}

run "invalid_cidr_block_is_rejected" {
  command = plan
  variables {
    allowed_cidr_blocks = ["203.0.113.400/32"]
  }
  expect_failures = [var.allowed_cidr_blocks]
}

run "invalid_port_is_rejected" {
  command = plan
  variables {
    services = { web = { port = 70000 } }
  }
  expect_failures = [var.services]
}

run "calls_open_the_port_of_the_called_service" {
  command = plan
  variables {
    services = {
      web = { port = 3000, calls = { API_URL = "api" } }
      api = { port = 4000 }
    }
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.call["web-api"].from_port == 4000 && aws_vpc_security_group_egress_rule.call["web-api"].to_port == 4000
    error_message = "web does not reach the port of api"
  }
  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.call) == 1
    error_message = "more than the declared call is allowed"
  }
}

run "call_to_an_unknown_service_is_rejected" {
  command = plan
  variables {
    services = { web = { port = 3000, calls = { API_URL = "api" } } }
  }
  expect_failures = [var.services]
}

run "only_cloudfront_reaches_the_load_balancer" {
  command = plan
  variables {
    allowed_cidr_blocks = []
    cloudfront_port     = 443
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.alb_cloudfront) == 1 && length(aws_vpc_security_group_ingress_rule.alb_http) + length(aws_vpc_security_group_ingress_rule.alb_https) == 0
    error_message = "the load balancer can be reached without CloudFront"
  }
}

run "open_load_balancer_behind_cloudfront_is_rejected" {
  command = plan
  variables {
    allowed_cidr_blocks = ["0.0.0.0/0"]
    cloudfront_port     = 443
  }
  expect_failures = [var.allowed_cidr_blocks]
}

run "public_port_leaves_the_application_port_closed" {
  command = plan
  variables {
    services = { app = { port = 3000, public_port = 80 } }
  }

  assert {
    condition     = one(values(aws_vpc_security_group_ingress_rule.public)).from_port == 80 && one(values(aws_vpc_security_group_ingress_rule.public)).to_port == 80
    error_message = "another port than 80 is public"
  }
}

# Covers every ingress rule of the module, with the variables that create it. tests/infrastructure fails if a declared rule is
# missing here.
run "bastion_has_no_inbound_rule" {
  command = apply
  variables {
    bastion = { subnet_id = "subnet-1" }
    services = {
      web = { port = 3000, uses_database = true, public_port = 80, calls = { API_URL = "api" } }
      api = { port = 4000, uses_database = true }
    }
  }

  assert {
    condition = alltrue([
      for rule in concat(
        values(aws_vpc_security_group_ingress_rule.alb_http), values(aws_vpc_security_group_ingress_rule.alb_https), aws_vpc_security_group_ingress_rule.alb_cloudfront,
        values(aws_vpc_security_group_ingress_rule.call), values(aws_vpc_security_group_ingress_rule.database),
        values(aws_vpc_security_group_ingress_rule.public), values(aws_vpc_security_group_ingress_rule.service),
      ) : rule.security_group_id != aws_security_group.bastion[0].id
    ])
    error_message = "the bastion has an inbound rule"
  }
  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.database) == 3 && length(aws_vpc_security_group_ingress_rule.call) == 1
    error_message = "a kind of rule has no instance in this test"
  }
}
