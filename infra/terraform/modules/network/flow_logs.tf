# Off by default: the cost depends on the traffic, and the specification's cost figures do not include flow logs.
resource "aws_cloudwatch_log_group" "flow" {
  # checkov:skip=CKV_AWS_158: the default encryption of CloudWatch Logs is enough for addresses and ports; a customer-managed key costs money and can lock us out
  # checkov:skip=CKV_AWS_338: each environment sets its own retention and pays for it
  count = var.flow_logs_retention_days == null ? 0 : 1

  name              = "/vpc/${var.name_prefix}/flow"
  retention_in_days = var.flow_logs_retention_days
}

data "aws_iam_policy_document" "flow_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["vpc-flow-logs.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "flow" {
  count = var.flow_logs_retention_days == null ? 0 : 1

  name                 = "${var.name_prefix}-flow-logs"
  assume_role_policy   = data.aws_iam_policy_document.flow_trust.json
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_role_policy" "flow" {
  count = var.flow_logs_retention_days == null ? 0 : 1

  name = "write"
  role = aws_iam_role.flow[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
      Resource = "${aws_cloudwatch_log_group.flow[0].arn}:*"
    }]
  })
}

resource "aws_flow_log" "this" {
  count = var.flow_logs_retention_days == null ? 0 : 1

  vpc_id          = aws_vpc.this.id
  traffic_type    = "REJECT" # rejected traffic answers most questions at a fraction of the cost
  iam_role_arn    = aws_iam_role.flow[0].arn
  log_destination = aws_cloudwatch_log_group.flow[0].arn

  tags = { Name = "${var.name_prefix}-flow" }
}
