# The password is made while applying, goes to Secrets Manager through a write-only argument, and is read
# back from there for the database and the connection string. So it is in no plan and no state, and an apply
# that breaks off half-way goes on with the same password. `password_version` makes a new one, for the database, the secret and
# DATABASE_URL at once; running tasks have the old one until they are deployed again, so a deployment follows.
ephemeral "aws_secretsmanager_random_password" "new" {
  password_length = 32
  # Letters and digits only: it stands in a connection string unescaped.
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret" "password" {
  # checkov:skip=CKV_AWS_149: encrypted with the key of Secrets Manager; a key of our own costs and can lock us out
  # checkov:skip=CKV2_AWS_57: a new password must reach DATABASE_URL in the same step, which Secrets Manager by itself cannot do: password_version sets both
  name        = "${var.name_prefix}-database"
  description = "Password of ${var.username} in ${var.database_name}"
  # Nothing is left behind where an environment may be destroyed; elsewhere there is a week to regret.
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
