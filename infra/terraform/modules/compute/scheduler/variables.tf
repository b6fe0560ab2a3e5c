variable "name_prefix" {
  description = "Prefix of every resource name, e.g. `bookmark-manager-staging`."
  type        = string
}

variable "cluster_name" {
  description = "Name of the ECS cluster whose services are started and stopped."
  type        = string
}

variable "cluster_arn" {
  description = "ARN of the cluster."
  type        = string
}

variable "schedule" {
  description = "When services start and stop, as cron or rate expressions of EventBridge Scheduler."
  type = object({
    start    = string
    stop     = string
    timezone = string
  })

  validation {
    condition     = alltrue([for expression in [var.schedule.start, var.schedule.stop] : can(regex("^(cron|rate)\\(.+\\)$", expression))])
    error_message = "schedule.start and schedule.stop must be expressions like cron(0 9 ? * MON-FRI *) or rate(12 hours)."
  }
}

variable "log_retention_days" {
  description = "Retention of the function's log, in days."
  type        = number
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of every role created here; null for none. A workflow's apply can only create roles that carry it."
  type        = string
  default     = null
}
