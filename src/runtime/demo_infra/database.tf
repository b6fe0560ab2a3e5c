# PostgreSQL, as the demo has it: no resource is real. Each takes about a fifth of the time that its like takes in AWS.

resource "terraform_data" "subnet_group" {
  input = {
    subnets = 2
  }
  provisioner "local-exec" {
    command = "../wait 2"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}

resource "terraform_data" "parameter_group" {
  input = {
    family          = "postgres17"
    max_connections = 80
  }
  provisioner "local-exec" {
    command = "../wait 3"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 2"
  }
}

resource "terraform_data" "instance" {
  input = {
    identifier            = "bookmark-manager-staging-db"
    class                 = "db.t4g.micro"
    engine_version        = "17.6"
    backup_retention_days = 7
  }
  depends_on = [terraform_data.subnet_group, terraform_data.parameter_group]
  provisioner "local-exec" {
    command = "../wait 45"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 25"
  }
}

resource "terraform_data" "secret" {
  input = {
    name = "bookmark-manager-staging-database"
  }
  depends_on = [terraform_data.instance]
  provisioner "local-exec" {
    command = "../wait 2"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}

resource "terraform_data" "replica" {
  input = {
    identifier = "bookmark-manager-staging-db-replica"
    class      = "db.t4g.micro"
  }
  depends_on = [terraform_data.instance]
  provisioner "local-exec" {
    command = "../wait 30"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 15"
  }
}
