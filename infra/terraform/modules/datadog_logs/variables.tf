variable "name_prefix" {
  description = "Begins the name of everything here, as in `bookmark-manager-staging`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name_prefix))
    error_message = "name_prefix has 3 to 32 small letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "environment" {
  description = "What Datadog shows as `env` of each line."
  type        = string
}

variable "log_groups" {
  description = "Groups whose lines are sent, by short name. CloudWatch allows two subscriptions a group."
  type        = map(string)

  validation {
    condition     = length(var.log_groups) > 0
    error_message = "log_groups is empty: there is nothing to send."
  }
}

variable "site" {
  description = "Your site of Datadog, as the address of its web page has it behind `app.` or in full: datadoghq.com, us3.datadoghq.com, datadoghq.eu …"
  type        = string
  default     = "datadoghq.com"

  validation {
    condition     = contains(["datadoghq.com", "us3.datadoghq.com", "us5.datadoghq.com", "datadoghq.eu", "ap1.datadoghq.com", "ap2.datadoghq.com", "ddog-gov.com"], var.site)
    error_message = "site is one of Datadog's: datadoghq.com, us3.datadoghq.com, us5.datadoghq.com, datadoghq.eu, ap1.datadoghq.com, ap2.datadoghq.com or ddog-gov.com."
  }
}

variable "api_key_secret_arn" {
  description = "The secret of Secrets Manager that holds Datadog's key as `{\"api_key\": \"…\"}`, made by hand in the same region and called `<name_prefix>-datadog`. Only its ARN is known here."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$", var.api_key_secret_arn))
    error_message = "api_key_secret_arn is the ARN of a secret, and not the key itself: aws secretsmanager describe-secret shows it."
  }
  validation {
    # The boundary of roles that a workflow makes (module ci) lets the stream read no other.
    condition     = strcontains(var.api_key_secret_arn, ":secret:${var.name_prefix}-datadog-")
    error_message = "The secret with Datadog's key is called ${var.name_prefix}-datadog, as the stream may read no other."
  }
}

variable "undelivered" {
  description = "The bucket, and the folder in it, for lines that Datadog did not take."
  type = object({
    bucket_arn = string
    prefix     = optional(string, "datadog-undelivered")
  })
}

variable "log_retention_days" {
  description = "How long the stream's own log is kept."
  type        = number
}

variable "permissions_boundary" {
  description = "ARN of the policy that limits every role made here; null: none."
  type        = string
  default     = null
}
