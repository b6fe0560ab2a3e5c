# What wakes people, as the demo has it: no resource is real. Each takes about a fifth of the time that its like takes in AWS.

resource "terraform_data" "topic" {
  input = {
    name = "bookmark-manager-staging-alarms"
  }
  provisioner "local-exec" {
    command = "../wait 1"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}

resource "terraform_data" "alarm_5xx" {
  input = {
    threshold = 5
    periods   = 3
  }
  depends_on = [terraform_data.topic]
  provisioner "local-exec" {
    command = "../wait 1"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}

resource "terraform_data" "alarm_cpu" {
  input = {
    threshold = 80
    periods   = 3
  }
  depends_on = [terraform_data.topic]
  provisioner "local-exec" {
    command = "../wait 1"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}

resource "terraform_data" "alarm_database" {
  input = {
    threshold = 70
    metric    = "connections"
  }
  depends_on = [terraform_data.topic]
  provisioner "local-exec" {
    command = "../wait 1"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}

resource "terraform_data" "dashboard" {
  input = {
    widgets = 12
  }
  provisioner "local-exec" {
    command = "../wait 2"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}

resource "terraform_data" "alarm_worker" {
  input = {
    threshold = 10
    metric    = "queue-age"
  }
  depends_on = [terraform_data.topic]
  provisioner "local-exec" {
    command = "../wait 1"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "../wait 1"
  }
}
