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

run "apply_and_deploy_roles_trust_environment_jobs_only" {
  command = plan

  assert {
    condition     = local.subjects["test-apply"] == ["environment:test"] && local.subjects["test-deploy"] == ["environment:test"]
    error_message = "the subject of a job with an environment is not the environment"
  }
  assert {
    condition     = local.subjects["test-plan"] == ["pull_request", "ref:refs/heads/main"]
    error_message = "the subject of a job without an environment is not its event or branch"
  }
}

run "running_as_one_of_its_own_roles_is_rejected" {
  command = plan

  override_data {
    target = data.aws_caller_identity.current
    values = { account_id = "123456789012", arn = "arn:aws:sts::123456789012:assumed-role/team-test-ci-apply/workflow" }
  }
  expect_failures = [terraform_data.person]
}

run "repository_wildcard_is_rejected" {
  command = plan
  variables {
    github = { repository = "example/*" }
  }
  expect_failures = [var.github]
}

run "branch_wildcard_is_rejected" {
  command = plan
  variables {
    github = { repository = "example/app", branch = "*" }
  }
  expect_failures = [var.github]
}

run "environment_without_repositories_is_rejected" {
  command = plan
  variables {
    environments = {
      test = { name_prefix = "team-test", region = "ap-northeast-1", repositories = [], parameter_path = "/team/test", state_prefix = "test" }
    }
  }
  expect_failures = [var.environments]
}
