include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

include "unit" {
  path = "${dirname(find_in_parent_folders("root.hcl"))}/_units/database.hcl"
}
