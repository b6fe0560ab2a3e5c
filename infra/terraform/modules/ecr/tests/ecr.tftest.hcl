mock_provider "aws" {}

variables {
  name_prefix  = "team-test"
  repositories = ["web"]
}

run "tags_do_not_move_by_themselves" {
  command = plan

  assert {
    condition     = aws_ecr_repository.this["web"].image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.this["web"].name == "team-test-web"
    error_message = "what was deployed can be told and brought back"
  }
}

run "tags_move_where_the_environment_says_so" {
  command = plan
  variables {
    mutable_tags = true
  }

  assert {
    condition     = aws_ecr_repository.this["web"].image_tag_mutability == "MUTABLE"
    error_message = ":latest is pushed again"
  }
}

run "nothing_to_roll_back_to" {
  command = plan
  variables {
    keep_images = 1
  }
  expect_failures = [var.keep_images]
}
