# Files that Next.js builds (/_next/static/*) and images. Only CloudFront may read them.
module "static" {
  source = "../modules/storage"

  name_prefix                  = var.name_prefix
  purpose                      = "static"
  versioning                   = true
  infrequent_access_after_days = var.static_infrequent_access_after_days
  cloudfront_reads             = true
  force_destroy                = var.allow_destroy
}
