variable "name_prefix" {
  description = "Prefix of every resource name, e.g. `bookmark-manager-staging`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name_prefix))
    error_message = "name_prefix must be 3 to 32 lowercase letters, digits and hyphens, start with a letter and not end with a hyphen."
  }
}

variable "purpose" {
  description = "Purpose of the bucket; follows the prefix in its name."
  type        = string
  default     = "files"
}

variable "versioning" {
  description = "Keep noncurrent versions of files for 30 days."
  type        = bool
  default     = false
}

variable "infrequent_access_after_days" {
  description = "Days until files move to Standard-IA storage; null for never."
  type        = number
  default     = null

  validation {
    condition     = var.infrequent_access_after_days == null ? true : var.infrequent_access_after_days >= 30
    error_message = "infrequent_access_after_days must be at least 30, the minimum of S3."
  }
}

variable "delete_after_days" {
  description = "Days until files are deleted; null for never."
  type        = number
  default     = null

  validation {
    condition     = var.delete_after_days == null ? true : var.delete_after_days > coalesce(var.infrequent_access_after_days, 0)
    error_message = "delete_after_days must be later than infrequent_access_after_days."
  }
}

variable "cors_origins" {
  description = "Origins whose pages may read and upload files, e.g. `https://example.com`."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^https?://[^/*]+$", origin))])
    error_message = "cors_origins must contain origins with a scheme and no path, e.g. https://example.com; `*` would allow every website."
  }
}

variable "endpoint_only_roles" {
  description = "Roles, by name pattern, that may reach the bucket only through this VPC endpoint; null for no such rule."
  type = object({
    role_pattern = string
    endpoint_id  = string
  })
  default = null
}

variable "cloudfront_reads" {
  description = "Allow CloudFront distributions of this account to read files."
  type        = bool
  default     = false
}

variable "log_delivery" {
  description = "Allow load balancers and CloudFront of this account to write their access logs."
  type        = bool
  default     = false
}

variable "force_destroy" {
  description = "Allow `destroy` to delete the bucket with everything in it."
  type        = bool
  default     = false
}
