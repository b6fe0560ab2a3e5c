mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012", arn = "arn:aws:iam::123456789012:user/somebody" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  github       = { repository = "example/app" }
  state_bucket = "states"
  environments = {
    test = {
      name_prefix    = "team-test"
      region         = "ap-northeast-1"
      cluster_name   = "team-test-cluster"
      repositories   = ["team-test-web"]
      parameter_path = "/team/test"
      state_prefix   = "test"
    }
  }
}

run "what_changes_something_is_lent_to_an_environments_job_only" {
  command = plan

  assert {
    condition     = local.subjects["test-apply"] == ["environment:test"] && local.subjects["test-deploy"] == ["environment:test"]
    error_message = "a job with an environment has it as subject"
  }
  assert {
    condition     = local.subjects["test-plan"] == ["pull_request", "ref:refs/heads/main"]
    error_message = "a job without has its event or its branch"
  }
}

run "run_as_one_of_its_own_roles" {
  command = plan

  override_data {
    target = data.aws_caller_identity.current
    values = { account_id = "123456789012", arn = "arn:aws:sts::123456789012:assumed-role/team-test-ci-apply/workflow" }
  }
  expect_failures = [terraform_data.person]
}

run "every_repository" {
  command = plan
  variables {
    github = { repository = "example/*" }
  }
  expect_failures = [var.github]
}

run "every_branch" {
  command = plan
  variables {
    github = { repository = "example/app", branch = "*" }
  }
  expect_failures = [var.github]
}

run "nothing_to_deploy" {
  command = plan
  variables {
    environments = {
      test = { name_prefix = "team-test", region = "ap-northeast-1", repositories = [], parameter_path = "/team/test", state_prefix = "test" }
    }
  }
  expect_failures = [var.environments]
}
