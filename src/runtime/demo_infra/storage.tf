# Files of users, as the demo has it: no resource is real. Each takes about a fifth of the time that its like takes in AWS.

resource "terraform_data" "bucket_files" {
  input = {
    name       = "bookmark-manager-staging-files"
    versioning = true
  }
  provisioner "local-exec" {
    command = "../wait 4"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 3"
  }
}

resource "terraform_data" "bucket_policy" {
  input = {
    tls_only = true
  }
  depends_on = [terraform_data.bucket_files]
  provisioner "local-exec" {
    command = "../wait 2"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}

resource "terraform_data" "bucket_lifecycle" {
  input = {
    expire_after_days = 90
  }
  depends_on = [terraform_data.bucket_files]
  provisioner "local-exec" {
    command = "../wait 5"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 2"
  }
}
