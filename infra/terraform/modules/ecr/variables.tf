variable "name_prefix" {
  description = "Prefix of every resource name, e.g. `bookmark-manager-staging`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name_prefix))
    error_message = "name_prefix must be 3 to 32 lowercase letters, digits and hyphens, start with a letter and not end with a hyphen."
  }
}

variable "repositories" {
  description = "Short names of the services to create a repository for."
  type        = set(string)
}

variable "keep_images" {
  description = "Number of images each repository keeps for rollbacks."
  type        = number
  default     = 30

  validation {
    condition     = var.keep_images >= 2
    error_message = "keep_images must be at least 2: with one image there is nothing to roll back to."
  }
}

variable "mutable_tags" {
  description = "Whether a tag may be pushed again, as with `:latest`. If false, a rollback starts exactly the image that ran before; if true, only for revisions that use a digest or a tag that never moved."
  type        = bool
  default     = false
}

variable "force_delete" {
  description = "Allow `destroy` to delete repositories that still contain images."
  type        = bool
  default     = false
}
