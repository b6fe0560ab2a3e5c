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

run "subnets_have_no_nat_by_default" {
  command = plan

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_route.nat) == 0
    error_message = "there is a NAT gateway without being requested"
  }
  assert {
    condition     = aws_subnet.public["a"].cidr_block == "10.0.0.0/24" && aws_subnet.private["c"].cidr_block == "10.0.11.0/24"
    error_message = "the subnets have moved"
  }
}

run "zones_share_one_nat_gateway" {
  command = plan
  variables {
    nat_gateways = 1
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["a"] && length(aws_route.nat) == 2
    error_message = "there is not one gateway with a route in each zone"
  }
}

run "each_zone_has_a_nat_gateway" {
  command = plan
  variables {
    nat_gateways = 2
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["a", "c"]
    error_message = "not every zone has its own gateway"
  }
}

run "endpoint_names_contain_the_region" {
  command = plan
  variables {
    interface_endpoints = ["ecr.api", "logs"]
  }

  assert {
    condition     = aws_vpc_endpoint.interface["ecr.api"].service_name == "com.amazonaws.ap-northeast-1.ecr.api"
    error_message = "the service name of an endpoint does not contain the region"
  }
}

run "flow_logs_are_created" {
  command = plan
  variables {
    flow_logs_retention_days = 14
  }

  assert {
    condition     = length(aws_flow_log.this) == 1
    error_message = "the flow log is missing"
  }
}

run "invalid_cidr_block_is_rejected" {
  command = plan
  variables {
    cidr_block = "10.0.0.0/33"
  }
  expect_failures = [var.cidr_block]
}

run "host_bits_are_rejected" {
  command = plan
  variables {
    cidr_block = "10.0.0.1/16"
  }
  expect_failures = [var.cidr_block]
}

run "single_zone_is_rejected" {
  command = plan
  variables {
    availability_zones = ["ap-northeast-1a"]
  }
  expect_failures = [var.availability_zones]
}

run "more_nat_gateways_than_zones_are_rejected" {
  command = plan
  variables {
    nat_gateways = 5
  }
  expect_failures = [var.nat_gateways]
}

run "unknown_gateway_endpoint_is_rejected" {
  command = plan
  variables {
    gateway_endpoints = ["logs"]
  }
  expect_failures = [var.gateway_endpoints]
}

run "invalid_prefix_is_rejected" {
  command = plan
  variables {
    name_prefix = "Team_Test"
  }
  expect_failures = [var.name_prefix]
}
