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
  repository_arns       = ["arn:aws:ecr:ap-northeast-1:123456789012:repository/team"]
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
  assert {
    condition     = aws_instance.this[0].maintenance_options[0].auto_recovery == "default" && aws_cloudwatch_metric_alarm.recover[0].metric_name == "StatusCheckFailed_System"
    error_message = "it is started on another machine when its own fails"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.errors.namespace == "team-test" && aws_cloudwatch_log_metric_filter.errors.metric_transformation[0].namespace == "team-test"
    error_message = "error lines are counted, and the alarm looks at the count"
  }
  assert {
    condition     = strcontains(local.user_data, "-p 80:3000 ")
    error_message = "readers come on port 80"
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
  assert {
    condition     = strcontains(local.user_data, "-p 3000:3000 ")
    error_message = "the load balancer comes on the application's port"
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

# What the alarm asks for is what the agent sends, in both phases, and nothing of it must be asked from EC2, which a
# private network does not reach: of the instance's metadata that is the id, the image and the type.
run "the_disk_alarm_has_data" {
  command = plan
  variables {
    phase = 2
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.disk.dimensions)) == toset(local.agent.metrics.aggregation_dimensions[0])
    error_message = "the agent sums up by other dimensions than the alarm has"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.disk.dimensions.Group == local.agent.metrics.metrics_collected.disk.append_dimensions.Group && aws_cloudwatch_metric_alarm.disk.dimensions.path == local.agent.metrics.metrics_collected.disk.resources[0]
    error_message = "the agent sends other values than the alarm has"
  }
  assert {
    condition     = length(setsubtract(keys(local.agent.metrics.append_dimensions), ["InstanceId", "ImageId", "InstanceType"])) == 0
    error_message = "the agent would have to ask EC2 for the instance's tags"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.disk.namespace == "CWAgent" && aws_cloudwatch_metric_alarm.disk.metric_name == "disk_used_percent"
    error_message = "the agent's own names"
  }
  expect_failures = [check.https]
}

run "phase_2_with_a_domain" {
  command = plan
  variables {
    phase  = 2
    domain = { name = "example.com", create_zone = true }
  }

  assert {
    condition     = length(aws_lb_listener.https) == 1 && aws_lb_listener.http[0].default_action[0].type == "redirect" && output.website_url == "https://example.com"
    error_message = "HTTPS under its own name"
  }
}

# What is deployed stays; another image in the code is taken.
run "the_version_is_a_parameter" {
  command = plan

  assert {
    condition     = aws_ssm_parameter.image.name == "/team/deploy/image" && strcontains(local.user_data, "--name /team/deploy/image ")
    error_message = "an instance starts what the parameter names"
  }
  assert {
    condition     = join("\n", jsondecode(aws_ssm_document.deploy.content).mainSteps[0].inputs.runCommand) == local.deploy_script
    error_message = "Run Command has another script than deploy.sh.tftpl, or not the whole of it"
  }
  assert {
    condition     = jsondecode(aws_ssm_document.deploy.content).mainSteps[0].action == "aws:runShellScript" && strcontains(local.deploy_script, "http://127.0.0.1:80/")
    error_message = "a step of Run Command that looks at the port of this phase"
  }
}
