mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "ap-northeast-1" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
  mock_data "aws_ssm_parameter" {
    defaults = { insecure_value = "ami-0123456789abcdef0" }
  }
}

variables {
  name_prefix           = "team-test"
  phase                 = 1
  vpc_id                = "vpc-1"
  public_subnet_ids     = ["subnet-1", "subnet-2"]
  private_subnet_ids    = ["subnet-3", "subnet-4"]
  security_group_id     = "sg-1"
  alb_security_group_id = "sg-2"
  image                 = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/team:1"
  port                  = 3000
  parameter_path        = "/team"
  alarm_topic_arn       = "arn:aws:sns:ap-northeast-1:123456789012:team-alarms"
}

run "phase_1" {
  command = plan

  assert {
    condition     = aws_instance.this[0].associate_public_ip_address && length(aws_lb.this) == 0 && length(aws_autoscaling_group.this) == 0
    error_message = "one instance with an address"
  }
}

run "phase_2" {
  command = plan
  variables {
    phase = 2
  }

  assert {
    condition     = length(aws_instance.this) == 0 && aws_autoscaling_group.this[0].min_size == 2 && aws_autoscaling_group.this[0].max_size == 4
    error_message = "a group of two to four"
  }
  # Without a certificate, the plan says that there is HTTP only.
  expect_failures = [check.https]
}

run "phase_3" {
  command = plan
  variables {
    phase = 3
  }
  expect_failures = [var.phase]
}

run "most_below_least" {
  command = plan
  variables {
    scaling = { min = 5, max = 4 }
  }
  expect_failures = [var.scaling]
}

run "an_image_without_a_tag" {
  command = plan
  variables {
    image = "team"
  }
  expect_failures = [var.image]
}
