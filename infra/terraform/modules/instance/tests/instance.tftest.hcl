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

run "phase_1_is_one_public_instance" {
  command = plan

  assert {
    condition     = aws_instance.this[0].associate_public_ip_address && length(aws_lb.this) == 0 && length(aws_autoscaling_group.this) == 0
    error_message = "there is not one instance with a public address"
  }
  assert {
    condition     = aws_instance.this[0].maintenance_options[0].auto_recovery == "default" && aws_cloudwatch_metric_alarm.recover[0].metric_name == "StatusCheckFailed_System"
    error_message = "no alarm recovers the instance when its hardware fails"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.errors.namespace == "team-test" && aws_cloudwatch_log_metric_filter.errors.metric_transformation[0].namespace == "team-test"
    error_message = "the alarm does not use the metric that counts error lines"
  }
  assert {
    condition     = strcontains(local.user_data, "-p 80:3000 ")
    error_message = "the application is not published on port 80"
  }
}

run "phase_2_is_a_group_behind_a_load_balancer" {
  command = plan
  variables {
    phase = 2
  }

  assert {
    condition     = length(aws_instance.this) == 0 && aws_autoscaling_group.this[0].min_size == 2 && aws_autoscaling_group.this[0].max_size == 4
    error_message = "the group does not have two to four instances"
  }
  assert {
    condition     = strcontains(local.user_data, "-p 3000:3000 ")
    error_message = "the application is not published on its own port"
  }
  # Without a certificate, the plan warns that there is HTTP only.
  expect_failures = [check.https]
}

run "unknown_phase_is_rejected" {
  command = plan
  variables {
    phase = 3
  }
  expect_failures = [var.phase]
}

run "scaling_max_below_min_is_rejected" {
  command = plan
  variables {
    scaling = { min = 5, max = 4 }
  }
  expect_failures = [var.scaling]
}

run "image_without_a_tag_is_rejected" {
  command = plan
  variables {
    image = "team"
  }
  expect_failures = [var.image]
}

# The agent sends the metric that the alarm uses, in both phases, without calling EC2, which a private network does not reach.
# The instance metadata provides the instance's ID, image and type only.
run "disk_alarm_uses_the_agents_metric" {
  command = plan
  variables {
    phase = 2
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.disk.dimensions)) == toset(local.agent.metrics.aggregation_dimensions[0])
    error_message = "the agent aggregates by other dimensions than the alarm uses"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.disk.dimensions.Group == local.agent.metrics.metrics_collected.disk.append_dimensions.Group && aws_cloudwatch_metric_alarm.disk.dimensions.path == local.agent.metrics.metrics_collected.disk.resources[0]
    error_message = "the agent sends other dimension values than the alarm uses"
  }
  assert {
    condition     = length(setsubtract(keys(local.agent.metrics.append_dimensions), ["InstanceId", "ImageId", "InstanceType"])) == 0
    error_message = "the agent would have to read the instance's tags from EC2"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.disk.namespace == "CWAgent" && aws_cloudwatch_metric_alarm.disk.metric_name == "disk_used_percent"
    error_message = "the alarm does not use the agent's namespace and metric names"
  }
  expect_failures = [check.https]
}

run "phase_2_has_https_with_a_domain" {
  command = plan
  variables {
    phase  = 2
    domain = { name = "example.com", create_zone = true }
  }

  assert {
    condition     = length(aws_lb_listener.https) == 1 && aws_lb_listener.http[0].default_action[0].type == "redirect" && output.website_url == "https://example.com"
    error_message = "the website's URL is not HTTPS under its domain"
  }
}

# Terraform keeps the deployed image and only replaces it when the code declares another one.
run "image_is_a_parameter" {
  command = plan

  assert {
    condition     = aws_ssm_parameter.image.name == "/team/deploy/image" && strcontains(local.user_data, "--name /team/deploy/image ")
    error_message = "the instance does not read its image from the parameter"
  }
  assert {
    condition     = join("\n", jsondecode(aws_ssm_document.deploy.content).mainSteps[0].inputs.runCommand) == local.deploy_script
    error_message = "the Run Command document does not contain the whole of deploy.sh.tftpl"
  }
  assert {
    condition     = jsondecode(aws_ssm_document.deploy.content).mainSteps[0].action == "aws:runShellScript" && strcontains(local.deploy_script, "http://127.0.0.1:80/")
    error_message = "the Run Command document does not check the port of this phase"
  }
}
