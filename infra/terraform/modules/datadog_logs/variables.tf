variable "name_prefix" {
  description = "Prefix of every resource name, e.g. `bookmark-manager-staging`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name_prefix))
    error_message = "name_prefix must be 3 to 32 lowercase letters, digits and hyphens, start with a letter and not end with a hyphen."
  }
}

variable "environment" {
  description = "Value of Datadog's `env` tag on each line."
  type        = string
}

variable "log_groups" {
  description = "Log groups to forward, by short name. CloudWatch allows two subscription filters per log group."
  type        = map(string)

  validation {
    condition     = length(var.log_groups) > 0
    error_message = "log_groups is empty: there is nothing to forward."
  }
}

variable "site" {
  description = "Your Datadog site, as in the address of its web page (without `app.`): datadoghq.com, us3.datadoghq.com, datadoghq.eu …"
  type        = string
  default     = "datadoghq.com"

  validation {
    condition     = contains(["datadoghq.com", "us3.datadoghq.com", "us5.datadoghq.com", "datadoghq.eu", "ap1.datadoghq.com", "ap2.datadoghq.com", "ddog-gov.com"], var.site)
    error_message = "site must be a Datadog site: datadoghq.com, us3.datadoghq.com, us5.datadoghq.com, datadoghq.eu, ap1.datadoghq.com, ap2.datadoghq.com or ddog-gov.com."
  }
}

variable "api_key_secret_arn" {
  description = "ARN of the Secrets Manager secret with Datadog's API key as `{\"api_key\": \"…\"}`. Create it by hand in the same region, named `<name_prefix>-datadog`. Terraform never reads the key."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$", var.api_key_secret_arn))
    error_message = "api_key_secret_arn must be the ARN of a secret, not the key itself: aws secretsmanager describe-secret shows it."
  }
  validation {
    # The permissions boundary (module ci) allows the stream to read no other secret.
    condition     = strcontains(var.api_key_secret_arn, ":secret:${var.name_prefix}-datadog-")
    error_message = "The secret with Datadog's API key must be named ${var.name_prefix}-datadog: the stream may read no other."
  }
}

variable "undelivered" {
  description = "Bucket and prefix for lines that Datadog did not accept."
  type = object({
    bucket_arn = string
    prefix     = optional(string, "datadog-undelivered")
  })
}

variable "log_retention_days" {
  description = "Retention of the stream's own log, in days."
  type        = number
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of every role created here; null for none."
  type        = string
  default     = null
}
