# Ephemeral values cannot be mocked, so these tests ask AWS for a random password and who they are: an emulator
# (`./dev test-infra` starts one), or an account to which nothing is done but that.
provider "aws" {
  region                      = "ap-northeast-1"
  skip_metadata_api_check     = true
  skip_credentials_validation = true
  max_retries                 = 2
}

variables {
  name_prefix           = "team-test"
  engine                = "rds"
  subnet_ids            = ["subnet-1", "subnet-2"]
  availability_zones    = ["ap-northeast-1a", "ap-northeast-1c"]
  security_group_id     = "sg-1"
  parameter_path        = "/team/test"
  database_name         = "teamdb"
  max_connections       = 80
  backup_retention_days = 7
  log_retention_days    = 7
  production            = false
  deletion_protection   = false
}

run "one_instance" {
  command = plan

  assert {
    condition     = length(aws_db_instance.this) == 1 && length(aws_rds_cluster.this) == 0 && length(aws_db_instance.replica) == 0
    error_message = "rds is one instance"
  }
  assert {
    condition     = length(aws_ssm_parameter.reader_endpoint) == 0 && aws_db_instance.this[0].auto_minor_version_upgrade
    error_message = "nothing to read from beside it; a major version gets its minor ones"
  }
  assert {
    condition     = output.identifier == "team-test-db"
    error_message = "its name"
  }
}

run "a_replica" {
  command = plan
  variables {
    read_replica = true
  }

  assert {
    condition     = aws_db_instance.replica[0].identifier == "team-test-db-replica"
    error_message = "a replica was asked for"
  }
  assert {
    condition     = aws_ssm_parameter.reader_endpoint[0].name == "/team/test/db/reader-endpoint"
    error_message = "its address is a parameter"
  }
}

run "aurora" {
  command = plan
  variables {
    engine = "aurora"
  }

  assert {
    condition     = length(aws_rds_cluster_instance.this) == 2 && length(aws_db_instance.this) == 0
    error_message = "a writer and a reader"
  }
  assert {
    condition     = aws_ssm_parameter.reader_endpoint[0].name == "/team/test/db/reader-endpoint"
    error_message = "the readers' address is a parameter"
  }
  assert {
    condition     = aws_rds_cluster_instance.this["1"].availability_zone != aws_rds_cluster_instance.this["2"].availability_zone
    error_message = "in two zones"
  }
  assert {
    condition     = output.identifier == "team-test-aurora"
    error_message = "its name"
  }
}

run "protected" {
  command = plan
  variables {
    production          = true
    deletion_protection = true
  }

  assert {
    condition     = aws_db_instance.this[0].deletion_protection && !aws_db_instance.this[0].skip_final_snapshot
    error_message = "production is protected"
  }
}

run "on_the_way_to_a_destroy" {
  command = plan
  variables {
    production          = true
    deletion_protection = true
    allow_destroy       = true
  }

  assert {
    condition     = !aws_db_instance.this[0].deletion_protection && aws_db_instance.this[0].final_snapshot_identifier == "team-test-db-final"
    error_message = "the protection is lifted, a last snapshot is still made"
  }
}

run "production_without_protection" {
  command = plan
  variables {
    production = true
  }
  expect_failures = [var.deletion_protection]
}

run "production_without_a_last_snapshot" {
  command = plan
  variables {
    production          = true
    deletion_protection = true
    skip_final_snapshot = true
  }
  expect_failures = [var.skip_final_snapshot]
}

run "production_with_few_backups" {
  command = plan
  variables {
    production            = true
    deletion_protection   = true
    backup_retention_days = 1
  }
  expect_failures = [var.backup_retention_days]
}

run "least_above_most" {
  command = plan
  variables {
    engine       = "aurora"
    min_capacity = 4
    max_capacity = 2
  }
  expect_failures = [var.min_capacity]
}

run "no_such_engine" {
  command = plan
  variables {
    engine = "mysql"
  }
  expect_failures = [var.engine]
}

run "one_subnet" {
  command = plan
  variables {
    subnet_ids = ["subnet-1"]
  }
  expect_failures = [var.subnet_ids]
}

run "a_reserved_name" {
  command = plan
  variables {
    username = "admin"
  }
  expect_failures = [var.username]
}

run "storage_that_cannot_grow" {
  command = plan
  variables {
    allocated_storage     = 100
    max_allocated_storage = 50
  }
  expect_failures = [var.max_allocated_storage]
}

run "a_minor_version_is_meant" {
  command = plan
  variables {
    engine_version = "17.6"
  }

  assert {
    condition     = aws_db_instance.this[0].engine_version == "17.6" && !aws_db_instance.this[0].auto_minor_version_upgrade
    error_message = "AWS would raise it, and the next plan would want it back"
  }
  assert {
    condition     = aws_db_parameter_group.rds[0].family == "postgres17"
    error_message = "the family is of the major version"
  }
}

# The first is taken out, after a failover to the second: the second is what it was.
run "aurora_without_its_first_instance" {
  command = plan
  variables {
    engine    = "aurora"
    instances = ["2"]
  }

  assert {
    condition     = keys(aws_rds_cluster_instance.this) == ["2"] && aws_rds_cluster_instance.this["2"].identifier == "team-test-aurora-2"
    error_message = "the second keeps its name and its address in the state"
  }
}

run "aurora_with_two_of_a_name" {
  command = plan
  variables {
    engine    = "aurora"
    instances = ["1", "1"]
  }
  expect_failures = [var.instances]
}
