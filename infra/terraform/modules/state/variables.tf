variable "project" {
  description = "Begins the bucket's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.project))
    error_message = "project has 3 to 32 small letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}
