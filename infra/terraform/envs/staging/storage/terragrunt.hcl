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

# No versions of files are kept in staging.
inputs = {
  versioning = false
}
