# The bucket for state, made once for an account. Its own state stays local.
locals {
  project     = "cockpit"
  environment = "shared"
  account_id  = "123456789012"
  region      = "ap-northeast-1"
  state       = "local"
}
