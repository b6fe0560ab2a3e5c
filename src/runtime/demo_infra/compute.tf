# What runs, as the demo has it: no resource is real. Each takes about a fifth of the time that its like takes in AWS.

resource "terraform_data" "cluster" {
  input = {
    name               = "bookmark-manager-staging-cluster"
    container_insights = true
  }
  provisioner "local-exec" {
    command = "../wait 3"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 3"
  }
}

resource "terraform_data" "load_balancer" {
  input = {
    name         = "bookmark-manager-staging"
    idle_timeout = 60
  }
  provisioner "local-exec" {
    command = "../wait 22"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 8"
  }
}

resource "terraform_data" "target_group_web" {
  input = {
    port         = 3000
    health_check = "/health"
  }
  depends_on = [terraform_data.load_balancer]
  provisioner "local-exec" {
    command = "../wait 2"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}

resource "terraform_data" "target_group_api" {
  input = {
    port         = 4000
    health_check = "/api/health"
  }
  depends_on = [terraform_data.load_balancer]
  provisioner "local-exec" {
    command = "../wait 2"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}

resource "terraform_data" "task_definition_web" {
  input = {
    cpu    = 256
    memory = 512
    image  = "web:latest"
  }
  triggers_replace = ["web:latest"]
  provisioner "local-exec" {
    command = "../wait 1"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}

resource "terraform_data" "task_definition_api" {
  input = {
    cpu    = 256
    memory = 512
    image  = "api:latest"
  }
  triggers_replace = ["api:latest"]
  provisioner "local-exec" {
    command = "../wait 1"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}

resource "terraform_data" "service_web" {
  input = {
    desired     = 1
    launch_type = "FARGATE"
  }
  depends_on = [terraform_data.cluster, terraform_data.target_group_web, terraform_data.task_definition_web]
  provisioner "local-exec" {
    command = "../wait 14"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 9"
  }
}

resource "terraform_data" "service_api" {
  input = {
    desired     = 1
    launch_type = "FARGATE"
  }
  depends_on = [terraform_data.cluster, terraform_data.target_group_api, terraform_data.task_definition_api]
  provisioner "local-exec" {
    command = "../wait 14"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 9"
  }
}

resource "terraform_data" "scaling_web" {
  input = {
    min = 1
    max = 4
  }
  depends_on = [terraform_data.service_web]
  provisioner "local-exec" {
    command = "../wait 2"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}

resource "terraform_data" "scaling_api" {
  input = {
    min = 1
    max = 4
  }
  depends_on = [terraform_data.service_api]
  provisioner "local-exec" {
    command = "../wait 2"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}

resource "terraform_data" "task_definition_worker" {
  input = {
    cpu    = 256
    memory = 512
    image  = "worker:latest"
  }
  triggers_replace = ["worker:latest"]
  provisioner "local-exec" {
    command = "../wait 1"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}

resource "terraform_data" "service_worker" {
  input = {
    desired     = 1
    launch_type = "FARGATE"
  }
  depends_on = [terraform_data.cluster, terraform_data.task_definition_worker]
  provisioner "local-exec" {
    command = "../wait 14"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 9"
  }
}

resource "terraform_data" "scaling_worker" {
  input = {
    min = 1
    max = 2
  }
  depends_on = [terraform_data.service_worker]
  provisioner "local-exec" {
    command = "../wait 2"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}
