variable "project" {
  description = "Prefix of the bucket's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.project))
    error_message = "project must be 3 to 32 lowercase letters, digits and hyphens, start with a letter and not end with a hyphen."
  }
}
