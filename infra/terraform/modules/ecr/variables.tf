variable "name_prefix" {
  description = "Begins the name of everything here, as in `bookmark-manager-staging`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name_prefix))
    error_message = "name_prefix has 3 to 32 small letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "repositories" {
  description = "Short names of the services whose images are kept."
  type        = set(string)
}

variable "keep_images" {
  description = "How many images each repository keeps: enough to roll back to."
  type        = number
  default     = 30

  validation {
    condition     = var.keep_images >= 2
    error_message = "keep_images is at least 2: with one there is nothing to roll back to."
  }
}

variable "mutable_tags" {
  description = "Whether a tag may be pushed again, as `:latest` is. Off, a rollback starts exactly what ran before; on, only a revision that names a digest or a tag that nobody moved does."
  type        = bool
  default     = false
}

variable "force_delete" {
  description = "Lets `destroy` delete a repository that still has images."
  type        = bool
  default     = false
}
