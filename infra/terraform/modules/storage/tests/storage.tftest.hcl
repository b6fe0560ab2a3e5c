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

run "plain" {
  command = plan

  assert {
    condition     = aws_s3_bucket.this.bucket == "team-test-files-123456789012" && length(aws_s3_bucket_cors_configuration.this) == 0
    error_message = "a bucket with the account in its name, and no CORS"
  }
}

# "Disabled" is for buckets that never had versions: one that had some could not go back.
run "versions_can_be_turned_off_again" {
  command = plan

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Suspended"
    error_message = "turned off is Suspended"
  }
}

run "logs_are_delivered" {
  command = plan
  variables {
    log_delivery = true
  }

  assert {
    condition     = aws_s3_bucket_ownership_controls.this.rule[0].object_ownership == "BucketOwnerPreferred" && length(data.aws_elb_service_account.current) == 1
    error_message = "CloudFront and load balancers may write"
  }
}

run "ages" {
  command = plan
  variables {
    infrequent_access_after_days = 180
    delete_after_days            = 730
  }

  assert {
    condition     = one(aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration[*].days) == 730
    error_message = "deleted after two years"
  }
}

run "deleted_before_moved" {
  command = plan
  variables {
    infrequent_access_after_days = 180
    delete_after_days            = 90
  }
  expect_failures = [var.delete_after_days]
}

run "moved_too_soon" {
  command = plan
  variables {
    infrequent_access_after_days = 7
  }
  expect_failures = [var.infrequent_access_after_days]
}

run "every_website" {
  command = plan
  variables {
    cors_origins = ["*"]
  }
  expect_failures = [var.cors_origins]
}
