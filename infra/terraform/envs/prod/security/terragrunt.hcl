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

# A public website, and a bastion for access to the database without a task, through Session Manager only.
inputs = {
  allowed_cidr_blocks = ["0.0.0.0/0"]

  bastion = {
    subnet_id     = dependency.network.outputs.private_subnet_ids[0]
    instance_type = "t3.nano"
  }
}
