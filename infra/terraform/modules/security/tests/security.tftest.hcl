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
  cluster_name        = "team-test-cluster"
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
    condition     = length(aws_instance.bastion) == 0 && length(aws_iam_role.ci_deploy) == 0 && length(aws_cloudtrail.this) == 0
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
    github     = { repository = "example/app", create_oidc_provider = true }
    cloudtrail = true
    guardduty  = true
    aws_config = true
  }

  assert {
    condition     = length(aws_cloudtrail.this) + length(aws_guardduty_detector.this) + length(aws_config_configuration_recorder.this) + length(aws_iam_role.ci_plan) == 4
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

run "every_repository" {
  command = plan
  variables {
    github = { repository = "example/*" }
  }
  expect_failures = [var.github]
}
