# Optional: Secrets Manager calls a function that sets a new password, by itself, every so many days.
# The function is AWS's own from its Serverless Application Repository; its ARN is the variable.
resource "aws_secretsmanager_secret_rotation" "password" {
  # checkov:skip=CKV_AWS_304: after 30 days unless the variable says otherwise
  count = var.rotation == null ? 0 : 1

  secret_id           = aws_secretsmanager_secret.password.id
  rotation_lambda_arn = var.rotation.function_arn

  rotation_rules {
    automatically_after_days = var.rotation.days
  }
}
