# A parameter names the version to run, so that every instance uses the same one: running instances when the application is
# restarted, and instances that the Auto Scaling group starts later.
#
#   aws ssm put-parameter --overwrite --name /minimal/deploy/image --value REGISTRY/minimal-app:TAG
#   aws ssm send-command --document-name minimal-deploy --targets Key=tag:Name,Values=minimal --max-concurrency 1 --max-errors 0
#
# Instances are deployed one after the other; the first one that does not become healthy stops the deployment. A rollback to
# an earlier version works the same way.
resource "aws_ssm_parameter" "image" {
  # checkov:skip=CKV2_AWS_34: an image's name is not secret
  name        = "${var.parameter_path}/deploy/image"
  description = "Image that the instances run"
  type        = "String"
  value       = var.image

  # Deployments change the value; Terraform only resets it when the code declares another image.
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
  # EC2 instances only.
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
