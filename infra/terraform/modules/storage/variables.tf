variable "name_prefix" {
  description = "Begins the name of everything here, as in `bookmark-manager-staging`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name_prefix))
    error_message = "name_prefix has 3 to 32 small letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "purpose" {
  description = "What the bucket is for, in its name behind the prefix."
  type        = string
  default     = "files"
}

variable "versioning" {
  description = "Keep the former versions of files for 30 days."
  type        = bool
  default     = false
}

variable "infrequent_access_after_days" {
  description = "After how many days files move to cheaper storage; null: never."
  type        = number
  default     = null

  validation {
    condition     = var.infrequent_access_after_days == null ? true : var.infrequent_access_after_days >= 30
    error_message = "infrequent_access_after_days is at least 30: S3 takes nothing sooner."
  }
}

variable "delete_after_days" {
  description = "After how many days files are deleted; null: never."
  type        = number
  default     = null

  validation {
    condition     = var.delete_after_days == null ? true : var.delete_after_days > coalesce(var.infrequent_access_after_days, 0)
    error_message = "delete_after_days must be later than infrequent_access_after_days."
  }
}

variable "cors_origins" {
  description = "Websites whose pages may read and upload files, as `https://example.com`."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^https?://[^/*]+$", origin))])
    error_message = "cors_origins has origins with a scheme and no path, as https://example.com; `*` would let every website in."
  }
}

variable "endpoint_only_roles" {
  description = "Roles, by a pattern of their name, that reach the bucket only over this VPC endpoint; null: no such rule."
  type = object({
    role_pattern = string
    endpoint_id  = string
  })
  default = null
}

variable "cloudfront_reads" {
  description = "Lets CloudFront distributions of this account read files."
  type        = bool
  default     = false
}

variable "log_delivery" {
  description = "Lets load balancers and CloudFront of this account write their access logs."
  type        = bool
  default     = false
}

variable "force_destroy" {
  description = "Lets `destroy` delete the bucket with everything in it."
  type        = bool
  default     = false
}
