# Created once per account, by a person: the bucket for states and the roles of the workflows. Its own state stays local: it is
# small, and `terraform import` can restore it.
locals {
  project     = "cockpit"
  environment = "shared"
  account_id  = "123456789012"
  region      = "ap-northeast-1"
  state       = "local"
  boundary    = null

  state_bucket = "cockpit-terraform-state-${local.account_id}"

  # Set your own repository: its workflows may plan, apply and deploy.
  github = {
    repository = "example/bookmark-manager"
    branch     = "main"
  }

  # Keyed by GitHub environment, whose protection rules define the allowed branch and the reviewers.
  environments = {
    staging = {
      name_prefix    = "bookmark-manager-staging"
      region         = "ap-northeast-1"
      cluster_name   = "bookmark-manager-staging-cluster"
      repositories   = ["bookmark-manager-staging-web", "bookmark-manager-staging-api"]
      parameter_path = "/bookmark-manager/staging"
      state_prefix   = "staging"
    }
    prod = {
      name_prefix    = "bookmark-manager-prod"
      region         = "ap-northeast-1"
      cluster_name   = "bookmark-manager-prod-cluster"
      repositories   = ["bookmark-manager-prod-web", "bookmark-manager-prod-api"]
      parameter_path = "/bookmark-manager/prod"
      state_prefix   = "prod"
    }
    pantri = {
      name_prefix    = "pantri"
      region         = "us-east-1"
      cluster_name   = "pantri"
      repositories   = ["pantri-service"]
      parameter_path = "/pantri/prod"
      state_prefix   = "env:/prod/pantri"
    }
    minimal = {
      name_prefix    = "minimal"
      region         = "ap-northeast-1"
      repositories   = ["minimal-app"]
      parameter_path = "/minimal"
      state_prefix   = "minimal"
    }
  }
}
