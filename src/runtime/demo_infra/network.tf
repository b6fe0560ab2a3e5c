# The network of staging, as the demo has it: no resource is real. Each takes about a fifth of the time that its like takes in AWS.

resource "terraform_data" "vpc" {
  input = {
    cidr_block    = "10.0.0.0/16"
    dns_hostnames = true
  }
  provisioner "local-exec" {
    command = "../wait 4"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 2"
  }
}

resource "terraform_data" "internet_gateway" {
  input = {
    vpc = terraform_data.vpc.id
  }
  provisioner "local-exec" {
    command = "../wait 3"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 2"
  }
}

resource "terraform_data" "subnet_public" {
  input = {
    count       = 2
    cidr_blocks = ["10.0.0.0/24", "10.0.1.0/24"]
  }
  depends_on = [terraform_data.vpc]
  provisioner "local-exec" {
    command = "../wait 2"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}

resource "terraform_data" "subnet_private" {
  input = {
    count       = 2
    cidr_blocks = ["10.0.10.0/24", "10.0.11.0/24"]
  }
  depends_on = [terraform_data.vpc]
  provisioner "local-exec" {
    command = "../wait 2"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}

resource "terraform_data" "route_table" {
  input = {
    routes = ["0.0.0.0/0"]
  }
  depends_on = [terraform_data.internet_gateway]
  provisioner "local-exec" {
    command = "../wait 2"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}

resource "terraform_data" "endpoint_ecr" {
  input = {
    service = "ecr.api"
  }
  depends_on = [terraform_data.subnet_private]
  provisioner "local-exec" {
    command = "../wait 12"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 4"
  }
}

resource "terraform_data" "endpoint_logs" {
  input = {
    service = "logs"
  }
  depends_on = [terraform_data.subnet_private]
  provisioner "local-exec" {
    command = "../wait 12"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 4"
  }
}

resource "terraform_data" "endpoint_s3" {
  input = {
    service = "s3"
    kind    = "Gateway"
  }
  depends_on = [terraform_data.route_table]
  provisioner "local-exec" {
    command = "../wait 4"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 2"
  }
}
