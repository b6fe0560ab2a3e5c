# Which version runs is a parameter, so that every instance takes the same one: those that run, when they are told to start
# the application again, and those that an Auto Scaling group starts later.
#
#   aws ssm put-parameter --overwrite --name /minimal/deploy/image --value REGISTRY/minimal-app:TAG
#   aws ssm send-command --document-name minimal-deploy --targets Key=tag:Name,Values=minimal --max-concurrency 1 --max-errors 0
#
# One after the other; the first that does not become well stops the rest. A version before it is brought back the same way.
resource "aws_ssm_parameter" "image" {
  # checkov:skip=CKV2_AWS_34: the name of an image is no secret
  name        = "${var.parameter_path}/deploy/image"
  description = "Image that the instances run"
  type        = "String"
  value       = var.image

  # Deployments move it; another image in the code is taken.
  lifecycle {
    ignore_changes       = [value]
    replace_triggered_by = [terraform_data.image]
  }
}

resource "terraform_data" "image" {
  input = var.image
}

resource "aws_ssm_document" "deploy" {
  name            = "${var.name_prefix}-deploy"
  document_type   = "Command"
  document_format = "JSON"
  # One kind of instance only.
  target_type = "/AWS::EC2::Instance"

  content = jsonencode({
    schemaVersion = "2.2"
    description   = "Starts the application again, with the image that ${aws_ssm_parameter.image.name} names, and waits until it is well"
    mainSteps = [{
      action = "aws:runShellScript"
      name   = "deploy"
      inputs = {
        timeoutSeconds = "600"
        runCommand     = split("\n", local.deploy_script)
      }
    }]
  })
}

locals {
  deploy_script = templatefile("${path.module}/deploy.sh.tftpl", {
    url = "http://127.0.0.1:${var.phase == 1 ? 80 : var.port}${var.health_check_path}"
  })
}
