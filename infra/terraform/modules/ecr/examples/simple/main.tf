# An image repository for one service.
provider "aws" {
  region = "ap-northeast-1"
}

module "ecr" {
  source = "../.."

  name_prefix  = "shop-dev"
  repositories = ["web"]
  force_delete = true # also with images in it
}

output "repository_urls" {
  value = module.ecr.repository_urls
}
