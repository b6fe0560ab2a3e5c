# Repositories of images, as the demo has it: no resource is real. Each takes about a fifth of the time that its like takes in AWS.

resource "terraform_data" "repository_web" {
  input = {
    name         = "bookmark-manager-staging-web"
    mutable_tags = true
  }
  provisioner "local-exec" {
    command = "../wait 1"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}

resource "terraform_data" "repository_api" {
  input = {
    name         = "bookmark-manager-staging-api"
    mutable_tags = true
  }
  provisioner "local-exec" {
    command = "../wait 1"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}

resource "terraform_data" "lifecycle_web" {
  input = {
    keep_images = 10
  }
  depends_on = [terraform_data.repository_web]
  provisioner "local-exec" {
    command = "../wait 1"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}

resource "terraform_data" "lifecycle_api" {
  input = {
    keep_images = 10
  }
  depends_on = [terraform_data.repository_api]
  provisioner "local-exec" {
    command = "../wait 1"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}
