mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "ap-northeast-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  name_prefix        = "team-test"
  cidr_block         = "10.0.0.0/16"
  availability_zones = ["ap-northeast-1a", "ap-northeast-1c"]
}

run "two_zones_without_nat" {
  command = plan

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_route.nat) == 0
    error_message = "no NAT gateway was asked for"
  }
  assert {
    condition     = aws_subnet.public["a"].cidr_block == "10.0.0.0/24" && aws_subnet.private["c"].cidr_block == "10.0.11.0/24"
    error_message = "subnets are not where they were"
  }
}

run "one_nat_for_all_zones" {
  command = plan
  variables {
    nat_gateways = 1
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["a"] && length(aws_route.nat) == 2
    error_message = "one gateway, and a route in each zone"
  }
}

run "a_nat_in_each_zone" {
  command = plan
  variables {
    nat_gateways = 2
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["a", "c"]
    error_message = "a gateway in each zone"
  }
}

run "endpoints" {
  command = plan
  variables {
    interface_endpoints = ["ecr.api", "logs"]
  }

  assert {
    condition     = aws_vpc_endpoint.interface["ecr.api"].service_name == "com.amazonaws.ap-northeast-1.ecr.api"
    error_message = "the name of an endpoint has its region"
  }
}

run "flow_logs_when_asked_for" {
  command = plan
  variables {
    flow_logs_retention_days = 14
  }

  assert {
    condition     = length(aws_flow_log.this) == 1
    error_message = "flow logs were asked for"
  }
}

run "no_network" {
  command = plan
  variables {
    cidr_block = "10.0.0.0/33"
  }
  expect_failures = [var.cidr_block]
}

run "bits_behind_the_mask" {
  command = plan
  variables {
    cidr_block = "10.0.0.1/16"
  }
  expect_failures = [var.cidr_block]
}

run "one_zone" {
  command = plan
  variables {
    availability_zones = ["ap-northeast-1a"]
  }
  expect_failures = [var.availability_zones]
}

run "too_many_nat_gateways" {
  command = plan
  variables {
    nat_gateways = 5
  }
  expect_failures = [var.nat_gateways]
}

run "no_such_gateway_endpoint" {
  command = plan
  variables {
    gateway_endpoints = ["logs"]
  }
  expect_failures = [var.gateway_endpoints]
}

run "bad_prefix" {
  command = plan
  variables {
    name_prefix = "Team_Test"
  }
  expect_failures = [var.name_prefix]
}
