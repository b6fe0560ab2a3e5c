# Access to the database without going through a task: Session Manager only, no inbound rule, no SSH key.
data "aws_ssm_parameter" "ami" {
  count = var.bastion == null ? 0 : 1

  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

resource "aws_security_group" "bastion" {
  count = var.bastion == null ? 0 : 1

  name        = "${var.name_prefix}-bastion"
  description = "Bastion: nothing comes in; Session Manager goes out over HTTPS"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name_prefix}-bastion" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_egress_rule" "bastion_https" {
  count = var.bastion == null ? 0 : 1

  security_group_id = aws_security_group.bastion[0].id
  description       = "Session Manager"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_iam_role" "bastion" {
  count = var.bastion == null ? 0 : 1

  name                 = "${var.name_prefix}-bastion"
  assume_role_policy   = data.aws_iam_policy_document.ec2_trust.json
  permissions_boundary = var.permissions_boundary
}

data "aws_iam_policy_document" "ec2_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

# Session Manager. AWS's managed policy for it (AmazonSSMManagedInstanceCore) can read every parameter of the account.
data "aws_iam_policy_document" "bastion" {
  statement {
    sid = "Agent"
    actions = [
      "ec2messages:AcknowledgeMessage", "ec2messages:DeleteMessage", "ec2messages:FailMessage", "ec2messages:GetEndpoint",
      "ec2messages:GetMessages", "ec2messages:SendReply",
      "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
    ]
    resources = ["*"] # these actions have no resource-level permissions
  }
  statement {
    sid       = "AgentIsThere"
    actions   = ["ssm:UpdateInstanceInformation"]
    resources = ["arn:${data.aws_partition.current.partition}:ec2:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:instance/*"]
  }
}

resource "aws_iam_role_policy" "bastion" {
  count = var.bastion == null ? 0 : 1

  name   = "agent"
  role   = aws_iam_role.bastion[0].id
  policy = data.aws_iam_policy_document.bastion.json
}

resource "aws_iam_instance_profile" "bastion" {
  count = var.bastion == null ? 0 : 1

  name = "${var.name_prefix}-bastion"
  role = aws_iam_role.bastion[0].name
}

resource "aws_instance" "bastion" {
  count = var.bastion == null ? 0 : 1

  # checkov:skip=CKV_AWS_126: no alarm uses the bastion's metrics, so detailed monitoring is not worth its price
  # checkov:skip=CKV_AWS_135: the smallest instance types do not support EBS optimization
  ami                    = data.aws_ssm_parameter.ami[0].insecure_value
  instance_type          = var.bastion.instance_type
  subnet_id              = var.bastion.subnet_id
  vpc_security_group_ids = [aws_security_group.bastion[0].id]
  iam_instance_profile   = aws_iam_instance_profile.bastion[0].name

  metadata_options {
    http_tokens   = "required"
    http_endpoint = "enabled"
  }

  root_block_device {
    encrypted   = true
    volume_type = "gp3"
    volume_size = 8
  }

  tags = { Name = "${var.name_prefix}-bastion", Role = "bastion" }

  lifecycle {
    # Weekly AMI releases must not replace the instance.
    ignore_changes = [ami]
  }
}
