# Ephemeral values cannot be mocked, so these tests request a random password and the caller identity from AWS: an emulator
# (`./dev test-infra` starts one) or a real account, in which nothing else happens.
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

run "rds_is_one_instance" {
  command = plan

  assert {
    condition     = length(aws_db_instance.this) == 1 && length(aws_rds_cluster.this) == 0 && length(aws_db_instance.replica) == 0
    error_message = "rds is not exactly one instance"
  }
  assert {
    condition     = length(aws_ssm_parameter.reader_endpoint) == 0 && aws_db_instance.this[0].auto_minor_version_upgrade
    error_message = "there is a reader, or minor versions are not upgraded although only the major one is given"
  }
  assert {
    condition     = output.identifier == "team-test-db"
    error_message = "the identifier is another one"
  }
}

run "rds_has_a_replica" {
  command = plan
  variables {
    read_replica = true
  }

  assert {
    condition     = aws_db_instance.replica[0].identifier == "team-test-db-replica"
    error_message = "the replica is missing"
  }
  assert {
    condition     = aws_ssm_parameter.reader_endpoint[0].name == "/team/test/db/reader-endpoint"
    error_message = "the replica's address is not a parameter"
  }
}

run "aurora_has_a_writer_and_a_reader" {
  command = plan
  variables {
    engine = "aurora"
  }

  assert {
    condition     = length(aws_rds_cluster_instance.this) == 2 && length(aws_db_instance.this) == 0
    error_message = "there are not two instances"
  }
  assert {
    condition     = aws_ssm_parameter.reader_endpoint[0].name == "/team/test/db/reader-endpoint"
    error_message = "the reader endpoint is not a parameter"
  }
  assert {
    condition     = aws_rds_cluster_instance.this["1"].availability_zone != aws_rds_cluster_instance.this["2"].availability_zone
    error_message = "the instances are not in two zones"
  }
  assert {
    condition     = output.identifier == "team-test-aurora"
    error_message = "the identifier is another one"
  }
}

run "production_is_protected" {
  command = plan
  variables {
    production          = true
    deletion_protection = true
  }

  assert {
    condition     = aws_db_instance.this[0].deletion_protection && !aws_db_instance.this[0].skip_final_snapshot
    error_message = "the database is not protected"
  }
}

run "allow_destroy_lifts_the_protection" {
  command = plan
  variables {
    production          = true
    deletion_protection = true
    allow_destroy       = true
  }

  assert {
    condition     = !aws_db_instance.this[0].deletion_protection && aws_db_instance.this[0].final_snapshot_identifier == "team-test-db-final"
    error_message = "the protection is still on, or the final snapshot is skipped"
  }
}

run "production_without_protection_is_rejected" {
  command = plan
  variables {
    production = true
  }
  expect_failures = [var.deletion_protection]
}

run "production_without_a_final_snapshot_is_rejected" {
  command = plan
  variables {
    production          = true
    deletion_protection = true
    skip_final_snapshot = true
  }
  expect_failures = [var.skip_final_snapshot]
}

run "production_with_few_backups_is_rejected" {
  command = plan
  variables {
    production            = true
    deletion_protection   = true
    backup_retention_days = 1
  }
  expect_failures = [var.backup_retention_days]
}

run "min_capacity_above_max_is_rejected" {
  command = plan
  variables {
    engine       = "aurora"
    min_capacity = 4
    max_capacity = 2
  }
  expect_failures = [var.min_capacity]
}

run "unknown_engine_is_rejected" {
  command = plan
  variables {
    engine = "mysql"
  }
  expect_failures = [var.engine]
}

run "single_subnet_is_rejected" {
  command = plan
  variables {
    subnet_ids = ["subnet-1"]
  }
  expect_failures = [var.subnet_ids]
}

run "reserved_username_is_rejected" {
  command = plan
  variables {
    username = "admin"
  }
  expect_failures = [var.username]
}

run "storage_limit_below_its_size_is_rejected" {
  command = plan
  variables {
    allocated_storage     = 100
    max_allocated_storage = 50
  }
  expect_failures = [var.max_allocated_storage]
}

run "pinned_minor_version_is_not_upgraded" {
  command = plan
  variables {
    engine_version = "17.6"
  }

  assert {
    condition     = aws_db_instance.this[0].engine_version == "17.6" && !aws_db_instance.this[0].auto_minor_version_upgrade
    error_message = "AWS would upgrade the minor version, and the next plan would try to downgrade it"
  }
  assert {
    condition     = aws_db_parameter_group.rds[0].family == "postgres17"
    error_message = "the parameter group's family is not that of the major version"
  }
}

# The first instance is removed after a failover to the second, which must stay as it was.
run "removing_the_first_aurora_instance_keeps_the_second" {
  command = plan
  variables {
    engine    = "aurora"
    instances = ["2"]
  }

  assert {
    condition     = keys(aws_rds_cluster_instance.this) == ["2"] && aws_rds_cluster_instance.this["2"].identifier == "team-test-aurora-2"
    error_message = "the second instance has another name or another address in the state"
  }
}

run "duplicate_aurora_instance_names_are_rejected" {
  command = plan
  variables {
    engine    = "aurora"
    instances = ["1", "1"]
  }
  expect_failures = [var.instances]
}
