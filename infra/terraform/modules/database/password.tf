# The password is generated during the apply, written to Secrets Manager through a write-only argument, and read back for the
# database and the connection string. It is therefore in no plan and no state, and an interrupted apply continues with the
# same password. Raising `password_version` sets a new one in the database, the secret and DATABASE_URL at once. Running
# tasks keep the old password until they are deployed again, so deploy the services afterwards.
ephemeral "aws_secretsmanager_random_password" "new" {
  password_length = 32
  # Letters and digits only, because the connection string does not escape it.
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret" "password" {
  # checkov:skip=CKV_AWS_149: encrypted with the AWS-managed Secrets Manager key; a customer-managed key costs money and can lock us out
  # checkov:skip=CKV2_AWS_57: a new password must reach DATABASE_URL in the same step, which Secrets Manager's rotation cannot do; password_version sets both
  name        = "${var.name_prefix}-database"
  description = "Password of ${var.username} in ${var.database_name}"
  # Deleted at once where the environment may be destroyed; elsewhere it can be restored for a week.
  recovery_window_in_days = var.allow_destroy ? 0 : 7
}

resource "aws_secretsmanager_secret_version" "password" {
  secret_id                = aws_secretsmanager_secret.password.id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.new.random_password
  secret_string_wo_version = var.password_version
}

ephemeral "aws_secretsmanager_secret_version" "password" {
  secret_id  = aws_secretsmanager_secret_version.password.secret_id
  version_id = aws_secretsmanager_secret_version.password.version_id
}
