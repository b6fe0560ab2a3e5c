mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  project = "shop"
}

run "lost_state_can_be_restored" {
  command = plan

  assert {
    condition     = aws_s3_bucket.this.bucket == "shop-terraform-state-123456789012" && aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "the bucket's name does not contain the account, or versioning is off"
  }
}

run "state_is_private" {
  command = plan

  assert {
    condition     = aws_s3_bucket_public_access_block.this.restrict_public_buckets && aws_s3_bucket_public_access_block.this.block_public_policy
    error_message = "the bucket is not fully blocked from public access"
  }
}

run "invalid_project_is_rejected" {
  command = plan
  variables {
    project = "My Shop"
  }
  expect_failures = [var.project]
}
