mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  name_prefix = "team-test"
}

run "bucket_has_the_account_in_its_name" {
  command = plan

  assert {
    condition     = aws_s3_bucket.this.bucket == "team-test-files-123456789012" && length(aws_s3_bucket_cors_configuration.this) == 0
    error_message = "the bucket's name does not contain the account, or it has CORS rules"
  }
}

# "Disabled" is only possible for buckets that never had versioning.
run "versioning_can_be_turned_off_again" {
  command = plan

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Suspended"
    error_message = "versioning is not suspended"
  }
}

run "log_delivery_is_allowed" {
  command = plan
  variables {
    log_delivery = true
  }

  assert {
    condition     = aws_s3_bucket_ownership_controls.this.rule[0].object_ownership == "BucketOwnerPreferred" && length(data.aws_elb_service_account.current) == 1
    error_message = "CloudFront or load balancers may not write their logs"
  }
}

run "files_move_and_expire" {
  command = plan
  variables {
    infrequent_access_after_days = 180
    delete_after_days            = 730
  }

  assert {
    condition     = one(aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration[*].days) == 730
    error_message = "files are not deleted after two years"
  }
}

run "deletion_before_the_move_is_rejected" {
  command = plan
  variables {
    infrequent_access_after_days = 180
    delete_after_days            = 90
  }
  expect_failures = [var.delete_after_days]
}

run "move_before_30_days_is_rejected" {
  command = plan
  variables {
    infrequent_access_after_days = 7
  }
  expect_failures = [var.infrequent_access_after_days]
}

run "cors_wildcard_is_rejected" {
  command = plan
  variables {
    cors_origins = ["*"]
  }
  expect_failures = [var.cors_origins]
}
