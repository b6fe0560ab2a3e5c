# What may talk to what, as the demo has it: no resource is real. Each takes about a fifth of the time that its like takes in AWS.

resource "terraform_data" "group_load_balancer" {
  input = {
    ports = [80, 443]
  }
  provisioner "local-exec" {
    command = "../wait 3"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 2"
  }
}

resource "terraform_data" "group_service" {
  input = {
    ports = [3000, 4000]
  }
  depends_on = [terraform_data.group_load_balancer]
  provisioner "local-exec" {
    command = "../wait 3"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 2"
  }
}

resource "terraform_data" "group_database" {
  input = {
    ports = [5432]
  }
  depends_on = [terraform_data.group_service]
  provisioner "local-exec" {
    command = "../wait 3"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 2"
  }
}

resource "terraform_data" "firewall" {
  input = {
    rules = ["common", "known-bad-inputs", "sql"]
  }
  provisioner "local-exec" {
    command = "../wait 6"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 3"
  }
}
