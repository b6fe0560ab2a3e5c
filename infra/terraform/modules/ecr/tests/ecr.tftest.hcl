mock_provider "aws" {}

variables {
  name_prefix  = "team-test"
  repositories = ["web"]
}

run "tags_are_immutable_by_default" {
  command = plan

  assert {
    condition     = aws_ecr_repository.this["web"].image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.this["web"].name == "team-test-web"
    error_message = "tags are mutable"
  }
}

run "tags_can_be_mutable" {
  command = plan
  variables {
    mutable_tags = true
  }

  assert {
    condition     = aws_ecr_repository.this["web"].image_tag_mutability == "MUTABLE"
    error_message = "tags are immutable"
  }
}

run "keeping_a_single_image_is_rejected" {
  command = plan
  variables {
    keep_images = 1
  }
  expect_failures = [var.keep_images]
}
