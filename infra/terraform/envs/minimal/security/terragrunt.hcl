include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

include "unit" {
  path = "${dirname(find_in_parent_folders("root.hcl"))}/_units/security.hcl"
}

locals {
  env = include.root.locals.env
}

# A public website.
inputs = {
  allowed_cidr_blocks = ["0.0.0.0/0"]
}
