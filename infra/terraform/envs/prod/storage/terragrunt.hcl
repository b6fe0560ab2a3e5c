include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

include "unit" {
  path = "${dirname(find_in_parent_folders("root.hcl"))}/_units/storage.hcl"
}

locals {
  env = include.root.locals.env
}

inputs = {
  versioning = true

  infrequent_access_after_days = 180
  delete_after_days            = 730
  cors_origins                 = ["https://${local.env.domain.name}", "https://www.${local.env.domain.name}"]
}
