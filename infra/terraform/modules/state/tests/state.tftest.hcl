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

run "a_lost_state_can_be_brought_back" {
  command = plan

  assert {
    condition     = aws_s3_bucket.this.bucket == "shop-terraform-state-123456789012" && aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "with the account in its name, and versions"
  }
}

run "nobody_else_reads_it" {
  command = plan

  assert {
    condition     = aws_s3_bucket_public_access_block.this.restrict_public_buckets && aws_s3_bucket_public_access_block.this.block_public_policy
    error_message = "no state is public: it has addresses and names"
  }
}

run "a_project_that_is_no_name" {
  command = plan
  variables {
    project = "My Shop"
  }
  expect_failures = [var.project]
}
