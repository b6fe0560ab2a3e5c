data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

data "aws_ssm_parameter" "ami" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${var.architecture}"
}

locals {
  region_account = "${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"

  user_data = templatefile("${path.module}/user_data.sh.tftpl", {
    name           = var.name_prefix
    region         = data.aws_region.current.name
    version        = aws_ssm_parameter.image.name
    port           = var.port
    published      = var.phase == 1 ? 80 : var.port
    parameter_path = var.parameter_path
    agent          = jsonencode(local.agent)
  })

  agent = {
    agent = { metrics_collection_interval = 60 }
    metrics = {
      # Only dimensions from the instance metadata. For the Auto Scaling group's name the agent would have to read the
      # instance's tags from EC2, which is not reachable from a private network without NAT, and the alarm would have no data.
      append_dimensions = { InstanceId = "$${aws:InstanceId}" }
      # The alarm needs one value for all instances, independent of the device name: that of the fullest disk.
      aggregation_dimensions = [keys(local.disk_dimensions)]
      metrics_collected = {
        disk = { measurement = ["used_percent"], resources = [local.disk_dimensions.path], drop_device = true, append_dimensions = { Group = local.disk_dimensions.Group } }
        mem  = { measurement = ["mem_used_percent"], append_dimensions = { Group = local.disk_dimensions.Group } }
      }
    }
    logs = { logs_collected = { files = { collect_list = [
      { file_path = "/var/log/app.log", log_group_name = aws_cloudwatch_log_group.this.name, log_stream_name = "{instance_id}/app" },
      { file_path = "/var/log/messages", log_group_name = aws_cloudwatch_log_group.this.name, log_stream_name = "{instance_id}/system" },
    ] } } }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_158: the default encryption of CloudWatch Logs is enough; a customer-managed key costs money and can lock us out
  # checkov:skip=CKV_AWS_338: 30 days, as documented
  name              = "/ec2/${var.name_prefix}"
  retention_in_days = var.log_retention_days
}

# Phase 1: one instance in a public subnet. Visitors reach the website directly; operators connect through Session Manager
# only, as there is no SSH key and no open SSH port.
resource "aws_instance" "this" {
  # checkov:skip=CKV_AWS_88: in phase 1 the instance itself is the website
  # checkov:skip=CKV_AWS_126: the agent measures what the alarms need every minute
  count = var.phase == 1 ? 1 : 0

  ami                         = data.aws_ssm_parameter.ami.insecure_value
  instance_type               = var.instance_type
  subnet_id                   = var.public_subnet_ids[0]
  vpc_security_group_ids      = [var.security_group_id]
  associate_public_ip_address = true
  iam_instance_profile        = aws_iam_instance_profile.this.name
  user_data                   = local.user_data
  user_data_replace_on_change = false
  ebs_optimized               = true
  disable_api_termination     = var.deletion_protection && !var.allow_destroy

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 2 # one more hop for the container
  }

  # The same as the alarm instance-recover; also AWS's default.
  maintenance_options {
    auto_recovery = "default"
  }

  root_block_device {
    encrypted   = true
    volume_type = "gp3"
    volume_size = var.disk_gb
  }

  tags = { Name = var.name_prefix }

  lifecycle {
    # Weekly AMI releases must not replace the instance.
    ignore_changes = [ami]
  }
}
