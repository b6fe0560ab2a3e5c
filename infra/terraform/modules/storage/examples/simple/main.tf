# A private bucket for uploads from one website, kept for two years.
provider "aws" {
  region = "ap-northeast-1"
}

module "files" {
  source = "../.."

  name_prefix                  = "shop-dev"
  versioning                   = true
  infrequent_access_after_days = 180
  delete_after_days            = 730
  cors_origins                 = ["https://shop.example.com"]
}

output "bucket_name" {
  value = module.files.bucket_name
}
