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

run "only_who_uses_the_database_reaches_it" {
  command = plan

  assert {
    condition     = keys(aws_vpc_security_group_ingress_rule.database) == ["api"]
    error_message = "web does not use the database"
  }
  assert {
    condition     = keys(aws_vpc_security_group_egress_rule.service_other) == ["api-27017"]
    error_message = "api asked for 27017"
  }
  assert {
    condition     = length(aws_instance.bastion) == 0 && length(aws_vpc_security_group_ingress_rule.alb_cloudfront) == 0 && length(aws_cloudtrail.this) == 0
    error_message = "what is optional is off"
  }
}

run "a_bastion_reaches_the_database" {
  command = plan
  variables {
    bastion = { subnet_id = "subnet-1" }
  }

  assert {
    condition     = keys(aws_vpc_security_group_ingress_rule.database) == ["api", "bastion"] && aws_instance.bastion[0].instance_type == "t3.nano"
    error_message = "the bastion is a way to the database"
  }
  assert {
    condition     = aws_instance.bastion[0].metadata_options[0].http_tokens == "required"
    error_message = "version 2 of the metadata service only"
  }
}

run "everything_optional" {
  command = plan
  variables {
    cloudtrail = true
    guardduty  = true
    aws_config = true
  }

  assert {
    condition     = length(aws_cloudtrail.this) + length(aws_guardduty_detector.this) + length(aws_config_configuration_recorder.this) == 3
    error_message = "each has its variable"
  }
}

run "nobody_allowed" {
  command = plan
  variables {
    allowed_cidr_blocks = []
  }
  expect_failures = [var.allowed_cidr_blocks]
}

run "no_network" {
  command = plan
  variables {
    allowed_cidr_blocks = ["203.0.113.400/32"]
  }
  expect_failures = [var.allowed_cidr_blocks]
}

run "no_port" {
  command = plan
  variables {
    services = { web = { port = 70000 } }
  }
  expect_failures = [var.services]
}

run "who_calls_whom_inside_the_network" {
  command = plan
  variables {
    services = {
      web = { port = 3000, calls = { API_URL = "api" } }
      api = { port = 4000 }
    }
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.call["web-api"].from_port == 4000 && aws_vpc_security_group_egress_rule.call["web-api"].to_port == 4000
    error_message = "web reaches the port of api"
  }
  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.call) == 1
    error_message = "and nobody else"
  }
}

run "a_call_to_nobody" {
  command = plan
  variables {
    services = { web = { port = 3000, calls = { API_URL = "api" } } }
  }
  expect_failures = [var.services]
}

run "only_cloudfront" {
  command = plan
  variables {
    allowed_cidr_blocks = []
    cloudfront_port     = 443
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.alb_cloudfront) == 1 && length(aws_vpc_security_group_ingress_rule.alb_http) + length(aws_vpc_security_group_ingress_rule.alb_https) == 0
    error_message = "nobody passes CloudFront by"
  }
}

run "everyone_past_cloudfront" {
  command = plan
  variables {
    allowed_cidr_blocks = ["0.0.0.0/0"]
    cloudfront_port     = 443
  }
  expect_failures = [var.allowed_cidr_blocks]
}

run "a_public_port_is_not_the_applications" {
  command = plan
  variables {
    services = { app = { port = 3000, public_port = 80 } }
  }

  assert {
    condition     = one(values(aws_vpc_security_group_ingress_rule.public)).from_port == 80 && one(values(aws_vpc_security_group_ingress_rule.public)).to_port == 80
    error_message = "readers come on port 80 only"
  }
}

# All rules that the module has, with everything that makes one; a rule that is declared and is not here fails
# tests/infrastructure.
run "nothing_comes_in_to_the_bastion" {
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
    error_message = "Session Manager needs no way in"
  }
  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.database) == 3 && length(aws_vpc_security_group_ingress_rule.call) == 1
    error_message = "every kind of rule is there to be looked at"
  }
}
